//! What the generator itself costs, and how busy the machine is, as Linux counts it.

use std::fs;

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
    fn a_system_that_does_not_tell_costs_nothing() {
        assert!(own("").abs() < f64::EPSILON);
        assert!(machine("").abs() < f64::EPSILON);
    }
}
