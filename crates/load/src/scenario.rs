//! Scenarios: what comes to a server, when, and what it must withstand. Plain TOML files.
//!
//! The ones in `crates/load/scenarios/` are known by name; any other is read from its path.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

mod quick;
mod schedule;

pub(crate) use schedule::{Pace, Schedule};

/// The scenarios that come with the generator, by name.
const KNOWN: [(&str, &str); 7] = [
    ("browse", include_str!("../scenarios/browse.toml")),
    ("checkout", include_str!("../scenarios/checkout.toml")),
    ("contest", include_str!("../scenarios/contest.toml")),
    ("mixed", include_str!("../scenarios/mixed.toml")),
    ("overload", include_str!("../scenarios/overload.toml")),
    ("rush", include_str!("../scenarios/rush.toml")),
    ("soak", include_str!("../scenarios/soak.toml")),
];

/// Most connections: a process may not open more files on most systems.
const CONNECTIONS_MAX: usize = 50_000;

/// Most arrivals of one scenario; each leaves some twenty bytes behind.
const ARRIVALS_MAX: f64 = 50e6;

/// A load to put on a server, and what is expected of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// How many connections buyers have. An arrival that finds none free waits, and its wait counts.
    pub connections: usize,
    /// From how many addresses they come, where the server is on this machine.
    #[serde(default = "one")]
    pub sources: u8,
    /// Whether arrivals wait for answers.
    #[serde(default, rename = "loop")]
    pub kind: Loop,
    /// What is on sale.
    #[serde(default)]
    pub sale: Sale,
    /// What buyers come for, and in which proportion.
    pub mix: BTreeMap<Journey, f64>,
    /// What becomes of those who check out.
    #[serde(default)]
    pub checkout: Checkout,
    /// What happens, one after the other.
    pub phases: Vec<Phase>,
    /// What the server must withstand.
    #[serde(default)]
    pub limits: Limits,
}

const fn one() -> u8 {
    1
}

/// Whether arrivals wait for answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loop {
    /// They come at their own time, and a wait counts from there: as people do.
    #[default]
    Open,
    /// Each connection asks again when it is answered: as Apache Bench does. Rates mean nothing.
    Closed,
}

/// What is on sale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sale {
    /// Events, made for the run.
    pub events: u32,
    /// Tickets of each.
    pub tickets: u32,
    /// How long a reservation is held for payment, in seconds; 0: it is bought at once.
    pub hold_seconds: u32,
    /// How demand is spread over the events: 0 evenly, 1 by Zipf's law, the first the most wanted.
    pub zipf: f64,
}

impl Default for Sale {
    fn default() -> Self {
        Self {
            events: 1,
            tickets: 10_000_000,
            hold_seconds: 0,
            zipf: 0.0,
        }
    }
}

/// What a buyer comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Journey {
    /// The first page of events.
    List,
    /// An event.
    Detail,
    /// An event's grades and what is left of them.
    Seats,
    /// The reservations of somebody who came before.
    Mine,
    /// One ticket.
    Reserve,
    /// One ticket, held, then paid for or not.
    Checkout,
}

/// What becomes of those who check out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkout {
    /// Of a hundred, how many have a card that is declined first and pay with another.
    pub declined_percent: f64,
    /// Of a hundred, how many never come back.
    pub walks_away_percent: f64,
}

/// One phase. It has exactly one of `rate`, `times_carried`, `burst` and `climb`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Phase {
    /// What happens.
    pub name: String,
    /// How long; of a climb, each rung.
    pub seconds: f64,
    /// Arrivals a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// What `rate` has become at the end; the same if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Arrivals a second, in multiples of what the climb before it carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_carried: Option<f64>,
    /// This many arrivals at the first instant, and no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
    /// Ever higher rates, until the server does not keep up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub climb: Option<Climb>,
}

/// A search for the highest rate that is carried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Climb {
    /// Arrivals a second on the first rung.
    pub from: f64,
    /// By how much each rung is above the one before.
    pub factor: f64,
    /// A rung is carried if no answer is an error or a refusal for load, and of a hundred
    /// reservations (of all answers, where nobody reserves) 99 take no longer than this.
    pub p99_ms: f64,
    /// How many rungs there are at most.
    #[serde(default = "rungs")]
    pub rungs: i32,
}

const fn rungs() -> i32 {
    40
}

/// What the server must withstand; what is left out is not judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Answers that are neither success nor a refusal that the contract foresees, and no answers.
    pub errors_max: Option<u64>,
    /// Refusals because of load.
    pub overloaded_max: Option<u64>,
    /// By request: the 99th percentile of its successes outside climbs, in milliseconds.
    pub p99_ms: BTreeMap<Request, f64>,
    /// The longest wait for any answer outside climbs, in milliseconds.
    pub longest_ms: Option<f64>,
    /// The median wait of who was refused because of load, in milliseconds.
    pub overloaded_p50_ms: Option<f64>,
    /// Of a hundred that were done a second at what the server carries (`times_carried = 1`), how
    /// many are done when more come.
    pub sold_percent_min: Option<f64>,
    /// How long after the last phase began until nobody is refused for load any more, and 99 of 100
    /// are served in the time that the climb allows, in seconds.
    pub recovery_secs_max: Option<f64>,
    /// Of a hundred reads that could come from a cache, how many did.
    pub cache_hits_percent_min: Option<f64>,
    /// Whether all tickets were sold, to the last.
    pub sells_out: bool,
}

/// One request of a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// `GET /api/events`.
    List,
    /// `GET /api/events/{id}`.
    Detail,
    /// `GET /api/events/{id}/seats`.
    Seats,
    /// `GET /api/reservations/user/{id}`.
    Mine,
    /// `POST /api/reservations`.
    Reserve,
    /// `POST /api/reservations/{id}/payment`.
    Pay,
}

impl Request {
    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Detail => "detail",
            Self::Seats => "seats",
            Self::Mine => "mine",
            Self::Reserve => "reserve",
            Self::Pay => "pay",
        }
    }
}

impl Scenario {
    /// The names of those that come with the generator.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(name, _)| *name)
    }

    /// The scenario of this name, or in the file at this path.
    pub fn find(name: &str) -> anyhow::Result<Self> {
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let text = match known {
            Some((_, text)) => (*text).to_owned(),
            None if Path::new(name).exists() => {
                std::fs::read_to_string(name).with_context(|| format!("reading {name}"))?
            }
            None => bail!(
                "there is neither a scenario nor a file {name}; known are {}",
                Self::known().collect::<Vec<_>>().join(", ")
            ),
        };
        Self::parse(&text).with_context(|| format!("the scenario {name}"))
    }

    /// Reads a scenario.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let scenario: Self = toml::from_str(text)?;
        scenario.validate()?;
        Ok(scenario)
    }

    fn validate(&self) -> anyhow::Result<()> {
        let connections = 1..=CONNECTIONS_MAX;
        ensure!(
            connections.contains(&self.connections),
            "connections: 1 to {CONNECTIONS_MAX}"
        );
        ensure!(self.sources > 0, "buyers come from somewhere");
        ensure!(self.sale.events > 0, "nothing is on sale");
        let weights = || self.mix.values();
        ensure!(
            weights().all(|weight| *weight >= 0.0) && weights().sum::<f64>() > 0.0,
            "nobody comes for anything"
        );
        let pays = self.mix.contains_key(&Journey::Checkout);
        ensure!(
            pays == (self.sale.hold_seconds > 0),
            "tickets are held where buyers check out, and only there"
        );
        ensure!(!self.phases.is_empty(), "nothing happens");
        let mut can_multiply = false;
        let mut arrivals = 0.0;
        for phase in &self.phases {
            phase
                .validate(can_multiply)
                .with_context(|| format!("the phase {:?}", phase.name))?;
            can_multiply |= phase.climb.is_some();
            arrivals += phase.arrivals_about();
        }
        ensure!(
            arrivals < ARRIVALS_MAX,
            "more arrivals than can be remembered"
        );
        Ok(())
    }
}

impl Phase {
    fn validate(&self, can_multiply: bool) -> anyhow::Result<()> {
        let ways = [
            self.rate.is_some(),
            self.times_carried.is_some(),
            self.burst.is_some(),
            self.climb.is_some(),
        ];
        let ways = ways.into_iter().filter(|way| *way).count();
        ensure!(
            ways == 1,
            "one of rate, times_carried, burst and climb, and not {ways}"
        );
        ensure!(
            self.times_carried.is_none() || can_multiply,
            "times_carried without a climb before it"
        );
        ensure!(self.to.is_none() || self.rate.is_some(), "to without rate");
        let figures = [self.rate, self.to, self.times_carried];
        ensure!(
            figures.into_iter().flatten().all(|figure| figure >= 0.0),
            "a rate below nothing"
        );
        if let Some(climb) = self.climb {
            ensure!(
                climb.from > 0.0 && climb.factor > 1.0 && climb.p99_ms > 0.0,
                "a climb leads up"
            );
        }
        ensure!(self.seconds > 0.0, "it takes no time");
        Duration::try_from_secs_f64(self.seconds)?;
        Ok(())
    }

    /// How many come, roughly: what a climb comes to is not known.
    fn arrivals_about(&self) -> f64 {
        let from = self.rate.unwrap_or(0.0);
        f64::midpoint(from, self.to.unwrap_or(from)) * self.seconds
            + f64::from(self.burst.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_comes_along_is_sound_and_has_its_name() {
        for name in Scenario::known() {
            assert_eq!(Scenario::find(name).unwrap().name, name);
        }
    }

    #[test]
    fn only_a_scenario_that_overloads_may_turn_buyers_away() {
        for name in Scenario::known().filter(|name| *name != "overload") {
            let limits = Scenario::find(name).unwrap().limits;
            assert_eq!(limits.overloaded_max, Some(0), "{name}");
        }
    }

    #[test]
    fn a_scenario_that_makes_no_sense_is_refused_with_a_reason() {
        let rush = include_str!("../scenarios/rush.toml");
        for (from, to, reason) in [
            ("rate = 100", "rate = -1", "below nothing"),
            ("rate = 100", "ratte = 100", "ratte"),
            ("rate = 100", "rate = 100\nburst = 5", "and not 2"),
            ("rate = 100", "times_carried = 2", "without a climb"),
            ("connections = ", "connections = 999", "1 to"),
            ("reserve = ", "checkout = 1, reserve = ", "check out"),
        ] {
            assert!(rush.contains(from), "{from}");
            let wrong = rush.replacen(from, to, 1);
            let error = format!("{:#}", Scenario::parse(&wrong).unwrap_err());
            assert!(error.contains(reason), "{error} does not say {reason}");
        }
    }

    #[test]
    fn a_scenario_that_nobody_knows_is_told_which_are() {
        let error = Scenario::find("rushh").unwrap_err().to_string();

        assert!(error.contains("rush, soak"), "{error}");
    }
}
