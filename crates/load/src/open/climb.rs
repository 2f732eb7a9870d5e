//! The search for the highest rate that is carried.

use super::crowd::Crowd;
use super::{Evening, Fate, Sample, Stretch};
use crate::latency::Latencies;
use crate::scenario::{Climb, Pace, Phase, Request};

/// How often a rung is tried: on a shared machine a neighbour can cost one of them.
const TRIES: u32 = 2;

/// Rung after rung, until one is not carried; the rate of the last one that was.
pub(super) async fn climb(
    evening: &mut Evening<'_>,
    crowd: &mut Crowd,
    phase: &Phase,
    climb: Climb,
) -> anyhow::Result<Option<f64>> {
    let mut carried = None;
    for rung in 0..climb.rungs {
        let rate = climb.from * climb.factor.powi(rung);
        let pace = Pace {
            seconds: phase.seconds,
            from: rate,
            to: rate,
            burst: 0,
        };
        let mut is_carried = false;
        for _ in 0..TRIES {
            let (began_us, ended_us) = evening.send(crowd, &[pace]).await?;
            is_carried = holds(&crowd.samples_since(began_us), climb.p99_ms);
            evening.stretches.push(Stretch {
                name: format!("{}: {rate:.0} a second", phase.name),
                rate: Some(rate),
                began_us,
                ended_us,
                rung: Some(is_carried),
            });
            if is_carried {
                carried = Some(rate);
                break;
            }
        }
        if !is_carried {
            break;
        }
    }
    Ok(carried)
}

/// Whether everybody was answered, nobody refused for load, and 99 of 100 in time.
fn holds(samples: &[Sample], p99_ms: f64) -> bool {
    let is_fine = |sample: &Sample| matches!(sample.fate, Fate::Done | Fate::Refused);
    if !samples.iter().all(is_fine) {
        return false;
    }
    let is_sale = |sample: &Sample| sample.request == Request::Reserve;
    let reserves = samples.iter().any(is_sale);
    let mut waits = Latencies::new();
    for sample in samples.iter().filter(|sample| !reserves || is_sale(sample)) {
        waits.record_us(sample.wait_us.into());
    }
    waits.count() > 0 && waits.summary().p99_us as f64 <= p99_ms * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(wait_us: u32, request: Request, fate: Fate) -> Sample {
        Sample {
            at_us: 0,
            wait_us,
            request,
            fate,
        }
    }

    #[test]
    fn a_rung_is_carried_when_buyers_are_served_in_time() {
        let slow_read = sample(900_000, Request::Detail, Fate::Done);
        let quick_sale = sample(9_000, Request::Reserve, Fate::Done);

        assert!(holds(&[slow_read, quick_sale], 100.0));
        assert!(!holds(&[slow_read], 100.0));
        assert!(!holds(&[quick_sale], 5.0));
    }

    #[test]
    fn a_rung_with_one_error_or_without_answers_is_not_carried() {
        let sale = sample(10, Request::Reserve, Fate::Done);

        for fate in [Fate::Failed, Fate::Overloaded] {
            assert!(!holds(&[sale, sample(10, Request::Detail, fate)], 100.0));
        }
        assert!(!holds(&[], 100.0));
    }
}
