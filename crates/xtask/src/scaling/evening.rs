//! The evening that the reference tells of, and the policies that live through it.

use super::alarm::{Missing, Rule, Side};
use super::group::{Bounds, CpuModel, Group, Second};
use super::policy::{Answer, Metric, Policy, Scheduled};

/// The name of what the modules do by default.
pub(crate) const OURS: &str = "ours: all together";

/// The evening begins at half past six.
pub(crate) const BEGINS_SECS: u32 = 18 * 3600 + 1800;
/// And ends at nine.
pub(crate) const LENGTH_SECS: u32 = 9_000;
/// When the sale opens, seconds from the beginning.
const OPENS_SECS: u32 = 1_800;

/// From the decision until an instance serves: boot, packages, image, and two good health checks.
const LAUNCH_SECS: u32 = 150;

/// What our modules say; read from what Terraform makes of them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Numbers {
    pub(crate) cpu_high: Rule,
    pub(crate) cpu_low: Rule,
    pub(crate) steps: Vec<(f64, i32)>,
    pub(crate) remove: i32,
    pub(crate) cooldown_secs: u32,
    pub(crate) requests_per_minute: f64,
    pub(crate) warmup_secs: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// Instances at an opening, and how long before and after it they are the fewest.
    pub(crate) opening: (u32, u32, u32),
}

/// Requests a second through the evening. The story's "then quiet" is taken as 20.
fn requests(now: u32) -> f64 {
    match BEGINS_SECS + now {
        ..68_400 => 100.0,
        68_400..70_200 => 5_000.0,
        70_200..72_000 => 1_000.0,
        72_000.. => 20.0,
    }
}

/// CPU by requests a second and instance, through the story's own points: 50 at 30 %, 2,500 at 85 %;
/// idle at 5 %, and straight on beyond, so that an instance is full at 3,168.
fn cpu(requests: f64) -> f64 {
    if requests < 50.0 {
        5.0 + requests * 25.0 / 50.0
    } else {
        30.0 + (requests - 50.0) * 55.0 / 2_450.0
    }
}

/// The requests a second that an instance can answer: where [`cpu`] reaches 100 %.
pub(crate) const INSTANCE_FULL: f64 = 50.0 + 70.0 * 2_450.0 / 55.0;

/// What an evening came to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) seconds: Vec<Second>,
    pub(crate) hot_secs: usize,
    pub(crate) beyond_capacity: f64,
    pub(crate) instance_hours: f64,
}

/// A policy to compare.
struct Contender {
    name: &'static str,
    bounds: Bounds,
    policies: Vec<Policy>,
    schedule: Vec<Scheduled>,
}

/// Lives through the evening, its load taken so many times, under each policy.
pub(crate) fn outcomes(numbers: &Numbers, times: f64) -> Vec<Outcome> {
    contenders(numbers)
        .into_iter()
        .map(|contender| replay(contender, times, cpu))
        .collect()
}

fn replay(contender: Contender, times: f64, cpu: CpuModel) -> Outcome {
    let Contender {
        name,
        bounds,
        policies,
        schedule,
    } = contender;
    let mut group = Group::new(bounds, 2, policies, schedule);
    let seconds: Vec<Second> = (0..LENGTH_SECS)
        .map(|now| group.second(now, requests(now) * times, cpu))
        .collect();
    let beyond = |(now, second): (u32, &Second)| {
        (requests(now) * times - f64::from(second.serving) * INSTANCE_FULL).max(0.0)
    };
    Outcome {
        name,
        hot_secs: seconds.iter().filter(|second| second.cpu > 70.0).count(),
        beyond_capacity: (0..).zip(&seconds).map(beyond).sum(),
        instance_hours: seconds
            .iter()
            .map(|second| f64::from(second.running))
            .sum::<f64>()
            / 3_600.0,
        seconds,
    }
}

fn rule(side: Side, (threshold, periods, period_secs): (f64, usize, u32)) -> Rule {
    Rule {
        side,
        threshold,
        period_secs,
        periods,
        missing: Missing::Ignore,
    }
}

/// The reference's own: over 70 % for 2 x 120 s, two more; under 20 % for five minutes, one less;
/// 300 s of cooldown.
fn reference() -> Vec<Policy> {
    vec![
        Policy::on_cpu(
            rule(Side::Above, (70.0, 2, 120)),
            Answer::Simple {
                change: 2,
                cooldown_secs: 300,
            },
        ),
        Policy::on_cpu(
            rule(Side::Below, (20.0, 1, 300)),
            Answer::Simple {
                change: -1,
                cooldown_secs: 300,
            },
        ),
    ]
}

fn contenders(numbers: &Numbers) -> Vec<Contender> {
    let bounds = Bounds {
        min: numbers.min,
        max: numbers.max,
        launch_secs: LAUNCH_SECS,
        warmup_secs: numbers.warmup_secs,
    };
    let steps = vec![
        Policy::on_cpu(
            numbers.cpu_high.clone(),
            Answer::Step {
                threshold: numbers.cpu_high.threshold,
                steps: numbers.steps.clone(),
            },
        ),
        Policy::on_cpu(
            numbers.cpu_low.clone(),
            Answer::Simple {
                change: numbers.remove,
                cooldown_secs: numbers.cooldown_secs,
            },
        ),
    ];
    let tracking =
        Policy::tracking(Metric::RequestsPerTarget, numbers.requests_per_minute).to_vec();
    let (instances, before_secs, after_secs) = numbers.opening;
    let calendar = vec![
        Scheduled {
            at_secs: OPENS_SECS - before_secs,
            min_size: instances,
            desired: Some(instances),
        },
        Scheduled {
            at_secs: OPENS_SECS + after_secs,
            min_size: numbers.min,
            desired: None,
        },
    ];
    let contender = |name, policies, schedule| Contender {
        name,
        bounds,
        policies,
        schedule,
    };
    vec![
        contender("the reference's policy", reference(), vec![]),
        contender("ours: steps", steps.clone(), vec![]),
        contender("ours: target tracking", tracking.clone(), vec![]),
        contender("ours: warm-up alone", vec![], calendar.clone()),
        contender(OURS, [steps, tracking].concat(), calendar),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_goes_through_the_storys_points() {
        assert!((cpu(50.0) - 30.0).abs() < 1e-9);
        assert!((cpu(2_500.0) - 85.0).abs() < 1e-9);
        assert!((cpu(INSTANCE_FULL) - 100.0).abs() < 1e-9);
        assert!(
            (cpu(1_250.0) - 57.0).abs() < 1.0,
            "the story says 60 % with four instances"
        );
    }

    #[test]
    fn the_references_policy_cannot_have_made_its_story() {
        let contender = Contender {
            name: "the reference's policy",
            bounds: Bounds {
                min: 2,
                max: 20,
                launch_secs: LAUNCH_SECS,
                warmup_secs: 0,
            },
            policies: reference(),
            schedule: vec![],
        };

        let evening = replay(contender, 1.0, cpu);

        let size_at = |hour: usize, minute: usize| {
            evening.seconds[(hour * 60 + minute) * 60 - BEGINS_SECS as usize].desired
        };
        assert_eq!(size_at(19, 2), 2, "the alarm needs four minutes, not two");
        assert_eq!(size_at(19, 5), 4);
        assert_eq!(size_at(19, 30), 4, "at 57 % nothing calls for six");
        assert_eq!(size_at(19, 59), 4, "at 34 % nothing calls for fewer");
    }
}
