//! What the generator itself costs, and how busy the machine is, as Linux counts it.

use std::fs;

use serde::{Deserialize, Serialize};

/// Clock ticks a second in `/proc`; the same on every Linux that programs see.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time, in seconds since some beginning; 0 on systems that do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Of this process.
    pub(crate) own_s: f64,
    /// Of everything on this machine, over all its cores.
    pub(crate) machine_s: f64,
}

impl Usage {
    /// As it stands now.
    pub(crate) fn now() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            own_s: own(&read("/proc/self/stat")),
            machine_s: machine(&read("/proc/stat")),
        }
    }
}

/// Cores in use on average; 0 on systems that do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cores {
    /// By the generator.
    pub generator: f64,
    /// By everything.
    pub machine: f64,
}

impl Cores {
    /// In use from the one moment to the other, which is so many seconds later.
    pub(crate) fn between(begin: Usage, end: Usage, seconds: f64) -> Self {
        Self {
            generator: (end.own_s - begin.own_s) / seconds,
            machine: (end.machine_s - begin.machine_s) / seconds,
        }
    }

    /// In use over both of two times, of so many seconds each.
    pub(crate) fn over(self, seconds: f64, other: Self, other_seconds: f64) -> Self {
        let all = (seconds + other_seconds).max(f64::EPSILON);
        let mean = |one: f64, two: f64| (one * seconds + two * other_seconds) / all;
        Self {
            generator: mean(self.generator, other.generator),
            machine: mean(self.machine, other.machine),
        }
    }
}

/// User and system time: the 14th and 15th field, counted behind the name, which may have blanks.
fn own(stat: &str) -> f64 {
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS_PER_SECOND
}

/// Everything in the first line but idle time and the wait for disks; guests' time is in it twice.
fn machine(stat: &str) -> f64 {
    let line = stat.lines().next().unwrap_or_default();
    let ticks = line.split_whitespace().skip(1).take(8).enumerate();
    let busy = ticks.filter(|(index, _)| *index != 3 && *index != 4);
    busy.filter_map(|(_, field)| field.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_as_linux_writes_it() {
        let stat = "42 (a (strange) name) S 1 42 42 0 -1 4194560 500 0 0 0 150 50 0 0 20 0";
        assert!((own(stat) - 2.0).abs() < 1e-9);

        let stat = "cpu  100 0 200 5000 300 0 50 50 10 0\ncpu0 1 2 3\n";
        assert!((machine(stat) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn cores_over_two_times_are_those_of_each_second() {
        let at = |own_s, machine_s| Usage { own_s, machine_s };
        let busy = Cores::between(at(1.0, 2.0), at(2.0, 6.0), 2.0);
        let idle = Cores::between(at(2.0, 6.0), at(2.0, 6.0), 6.0);

        let both = busy.over(2.0, idle, 6.0);

        assert!((busy.generator - 0.5).abs() < 1e-9 && (busy.machine - 2.0).abs() < 1e-9);
        assert!((both.generator - 0.125).abs() < 1e-9 && (both.machine - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_system_that_does_not_tell_costs_nothing() {
        assert!(own("").abs() < f64::EPSILON);
        assert!(machine("").abs() < f64::EPSILON);
    }
}
