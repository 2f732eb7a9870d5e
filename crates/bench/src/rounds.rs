//! Every contender in turn, again and again.
//!
//! A shared machine is now fast and now slow. So contenders are not measured one after the other
//! but in rounds, and what counts is the ratio within a round; of several rounds, the median.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use load::closed::{self, Options, Until};
use load::latency::Summary;
use load::report::Cores;
use serde::Serialize;

use crate::Plan;
use crate::contender::Contender;
use crate::groups::Groups;

/// How long an answer may take before it counts as lost.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// The middle of several figures, and the least and the greatest of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of no figures, all three are 0.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Self {
                median: 0.0,
                min: 0.0,
                max: 0.0,
            };
        };
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Self { median, min, max }
    }
}

/// What one contender showed with one number of connections.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) connections: usize,
    /// Counted successes a second, of the rounds.
    pub(crate) per_second: Spread,
    /// The same, divided by another contender's of the same round; by its name.
    pub(crate) ratios: BTreeMap<String, Spread>,
    /// The waits of all rounds together for a success.
    pub(crate) latency: Summary,
    /// The same for any other answer, where there was one.
    pub(crate) refusal_latency: Option<Summary>,
    /// Every answer by status, warm-up included.
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) lost: u64,
    pub(crate) is_clean: bool,
    pub(crate) example: Option<String>,
    /// Cores in use meanwhile, of all rounds together.
    pub(crate) cores: Cores,
    /// What its nodes counted meanwhile, warm-up included.
    pub(crate) groups: Groups,
}

/// Measures everything that the plan asks for.
pub(crate) async fn run(plan: &Plan, contenders: &[Contender]) -> anyhow::Result<Vec<Measured>> {
    let mut results = Vec::new();
    // Numbers go into keys and buyers' names, so no load may begin where another began.
    let mut load_number = 0_u64;
    for &connections in &plan.connections {
        let mut reports: HashMap<&str, Vec<closed::Report>> = HashMap::new();
        let mut groups: HashMap<&str, Groups> = HashMap::new();
        for round in 1..=plan.rounds {
            for contender in contenders {
                eprintln!(
                    "{connections} connections, round {round}: {}",
                    contender.name
                );
                load_number += 1;
                let before = counted(contender).await?;
                let report = measure(plan, contender, connections, load_number << 40).await?;
                let counted = counted(contender).await?.since(&before);
                groups.entry(&contender.name).or_default().add(&counted);
                reports.entry(&contender.name).or_default().push(report);
            }
        }
        results.extend(contenders.iter().map(|one| Measured {
            groups: groups.get(one.name.as_str()).copied().unwrap_or_default(),
            ..summarize(one, connections, &reports)
        }));
    }
    Ok(results)
}

async fn counted(contender: &Contender) -> anyhow::Result<Groups> {
    if contender.counts_groups {
        Groups::count(&contender.urls).await
    } else {
        Ok(Groups::default())
    }
}

async fn measure(
    plan: &Plan,
    contender: &Contender,
    connections: usize,
    first_number: u64,
) -> anyhow::Result<closed::Report> {
    let options = Options {
        urls: contender.urls.clone(),
        connections,
        until: Until::Elapsed(plan.time()),
        warm_up: plan.warm_up(),
        timeout: TIMEOUT,
    };
    let request = contender.request.clone();
    closed::run(options, move |number, writer| {
        request(first_number + number, writer);
    })
    .await
}

fn summarize(
    contender: &Contender,
    connections: usize,
    reports: &HashMap<&str, Vec<closed::Report>>,
) -> Measured {
    let own = reports
        .get(contender.name.as_str())
        .map_or(&[][..], Vec::as_slice);
    let mut all = closed::Report::default();
    for report in own {
        all.merge(report);
    }
    let ratios = contender.compared_with.iter().filter_map(|other| {
        let others = reports.get(other.as_str())?;
        let of_rounds = own
            .iter()
            .zip(others)
            .map(|(a, b)| ratio(a.throughput(), b.throughput()));
        Some((other.clone(), Spread::of(of_rounds)))
    });
    Measured {
        name: contender.name.clone(),
        connections,
        per_second: Spread::of(own.iter().map(closed::Report::throughput)),
        ratios: ratios.collect(),
        latency: all.latencies.summary(),
        refusal_latency: all.refusal_latencies.summary_of_any(),
        is_clean: all.is_clean_but_for(contender.refuses_with),
        statuses: all.statuses,
        lost: all.lost,
        example: all.example,
        cores: all.cores,
        groups: Groups::default(),
    }
}

/// 0 where there is nothing to compare with, rather than a figure that JSON cannot hold.
fn ratio(one: f64, other: f64) -> f64 {
    if other > 0.0 { one / other } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_figures() {
        assert_eq!(
            Spread::of([3.0, 1.0, 2.0]),
            Spread {
                median: 2.0,
                min: 1.0,
                max: 3.0
            }
        );
        assert_eq!(
            Spread::of([4.0, 1.0, 2.0, 3.0]),
            Spread {
                median: 2.5,
                min: 1.0,
                max: 4.0
            }
        );
        assert_eq!(
            Spread::of([]),
            Spread {
                median: 0.0,
                min: 0.0,
                max: 0.0
            }
        );
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let report = |time: u64| {
            let mut report = closed::Report {
                time: Duration::from_secs(time),
                ..Default::default()
            };
            report.latencies.record(Duration::from_millis(1));
            report.counted_successes = 1;
            report.statuses.insert(201, 1);
            report
        };
        // The machine became half as fast, and the ratio stayed the same.
        let reports = HashMap::from([
            ("ours", vec![report(2), report(4)]),
            ("bare", vec![report(1), report(2)]),
        ]);
        let ours = Contender::reserving("ours", Vec::new(), vec![1], 1).compared_with(&["bare"]);

        let result = summarize(&ours, 8, &reports);

        assert_eq!(
            result.ratios["bare"],
            Spread {
                median: 0.5,
                min: 0.5,
                max: 0.5
            }
        );
        assert!(result.is_clean);
    }
}
