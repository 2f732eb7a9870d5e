//! What may change a group's size.

use super::alarm::{Alarm, Missing, Rule, Side};

/// A metric of the group, as averages of a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Metric {
    /// Percent, over the instances that are warm.
    Cpu,
    /// Requests a minute for each instance that serves.
    RequestsPerTarget,
}

/// How a policy answers.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Answer {
    /// So many more or fewer; then, once they are there, a pause in which simple policies are deaf.
    Simple { change: i32, cooldown_secs: u32 },
    /// By how far the metric is above the threshold: (from, instances), ascending. What still warms
    /// up counts as answered already.
    Step {
        threshold: f64,
        steps: Vec<(f64, i32)>,
    },
    /// As many as bring the metric back to the target.
    Track { target: f64 },
}

/// An alarm and what it sets off.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) metric: Metric,
    pub(crate) alarm: Alarm,
    pub(crate) answer: Answer,
}

/// A time at which the group's floor and size are set, seconds from the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scheduled {
    pub(crate) at_secs: u32,
    pub(crate) min_size: u32,
    /// Also the desired size; none leaves it.
    pub(crate) desired: Option<u32>,
}

impl Policy {
    /// A policy that an alarm on CPU sets off.
    pub(crate) fn on_cpu(rule: Rule, answer: Answer) -> Self {
        Self {
            metric: Metric::Cpu,
            alarm: Alarm::new(rule),
            answer,
        }
    }

    /// The two alarms that AWS makes for target tracking: three minutes above the target, and fifteen
    /// below nine tenths of it.
    pub(crate) fn tracking(metric: Metric, target: f64) -> [Self; 2] {
        let alarm = |side, threshold, periods| {
            Alarm::new(Rule {
                side,
                threshold,
                period_secs: 60,
                periods,
                missing: Missing::Ignore,
            })
        };
        [
            Self {
                metric,
                alarm: alarm(Side::Above, target, 3),
                answer: Answer::Track { target },
            },
            Self {
                metric,
                alarm: alarm(Side::Below, target * 0.9, 15),
                answer: Answer::Track { target },
            },
        ]
    }
}
