//! One connection, and what buyers do over it.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::answer::{Asked, Verdict, judge};
use super::{Fate, Sample, Tally, micros_since};
use crate::scenario::{Checkout, Journey, Request, Scenario};
use crate::target::Target;
use crate::wire::{Connection, RequestWriter};

/// What buyers find, and what they come for.
pub(super) struct World {
    events: Vec<u64>,
    /// By how much of all demand the events up to each are wanted.
    demand: Vec<f64>,
    journeys: Vec<(Journey, f64)>,
    checkout: Checkout,
    seed: u64,
}

impl World {
    pub(super) fn new(scenario: &Scenario, events: Vec<u64>, seed: u64) -> Self {
        let shares = (1..=events.len()).map(|rank| (rank as f64).powf(-scenario.sale.zipf));
        let demand = running_sums(shares);
        let weights = running_sums(scenario.mix.values().copied());
        Self {
            events,
            demand,
            journeys: scenario.mix.keys().copied().zip(weights).collect(),
            checkout: scenario.checkout,
            seed,
        }
    }

    /// The event that the draw falls on.
    fn event(&self, draw: f64) -> u64 {
        let last = self.events.len() - 1;
        self.events[self.demand.partition_point(|sum| *sum <= draw).min(last)]
    }

    fn journey(&self, draw: f64) -> Journey {
        let last = self.journeys.len() - 1;
        let index = self.journeys.partition_point(|(_, sum)| *sum <= draw);
        self.journeys[index.min(last)].0
    }
}

/// Sums up to each share, as parts of their total.
fn running_sums(shares: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums: Vec<f64> = shares
        .map(|share| {
            sum += share;
            sum
        })
        .collect();
    for part in &mut sums {
        *part /= sum;
    }
    sums
}

/// Numbers between 0 and 1 that follow from the seed and the arrival's number alone.
///
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (`SplitMix64`): a new
/// one for each arrival costs nothing.
struct Draws(u64);

impl Draws {
    fn of(seed: u64, number: u64) -> Self {
        Self(seed.wrapping_mul(0xd129_0d3a_93ca_a4bd) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// One answer, or the lack of one.
pub(super) struct Seen {
    at: Instant,
    wait: Duration,
    request: Request,
    verdict: Verdict,
    cache_hit: Option<bool>,
    is_answered: bool,
    /// Whether the card is good, where one was asked to pay.
    is_good_card: bool,
}

impl Seen {
    /// Adds it to what was seen.
    pub(super) fn record(self, tally: &mut Tally, run_began: Instant) {
        let Verdict {
            fate,
            error,
            reservation,
        } = self.verdict;
        tally.samples.push(Sample {
            at_us: micros_since(run_began, self.at),
            wait_us: u32::try_from(self.wait.as_micros()).unwrap_or(u32::MAX),
            request: self.request,
            fate,
        });
        tally.note_cache(self.cache_hit);
        if self.request == Request::Reserve {
            tally.reserved += u64::from(reservation.is_some());
            let is_unknown = !self.is_answered || error.as_deref() == Some(OUTCOME_UNKNOWN);
            tally.unknown += u64::from(is_unknown);
        }
        if self.request == Request::Pay {
            tally.paid += u64::from(self.is_good_card && fate == Fate::Done);
            tally.maybe_paid += u64::from(fate == Fate::Failed);
        }
        if let Some(error) = error {
            *tally.errors.entry(error).or_default() += 1;
        }
    }
}

/// An answer after which a reservation may or may not exist.
const OUTCOME_UNKNOWN: &str = "504 OUTCOME_UNKNOWN";

/// A connection and its turn of buyers.
pub(super) struct Buyer {
    target: Target,
    world: Arc<World>,
    source: Option<Ipv4Addr>,
    timeout: Duration,
    connection: Option<Connection>,
    user_id: String,
}

impl Buyer {
    pub(super) fn new(
        target: Target,
        world: Arc<World>,
        source: Option<Ipv4Addr>,
        timeout: Duration,
    ) -> Self {
        Self {
            target,
            world,
            source,
            timeout,
            connection: None,
            user_id: String::new(),
        }
    }

    /// Opens the connection and reads an event, so that the server has accepted it.
    pub(super) async fn look_around(&mut self) -> anyhow::Result<()> {
        let event_id = self.world.events[0];
        let asked = Asked::Detail { event_id };
        let path = format!("/api/events/{event_id}");
        let (verdict, ..) = self
            .ask(asked, |writer| writer.begin("GET", path).no_body())
            .await;
        ensure!(
            verdict.fate == Fate::Done,
            "{}",
            verdict.error.unwrap_or_default()
        );
        Ok(())
    }

    /// Does what the buyer of this number came for at this instant; tells of every answer.
    pub(super) async fn come(&mut self, number: u64, at: Instant, mut tell: impl FnMut(Seen)) {
        let world = Arc::clone(&self.world);
        let mut draws = Draws::of(world.seed, number);
        let journey = world.journey(draws.next());
        let event_id = world.event(draws.next());
        self.user_id.clear();
        let _ = write!(self.user_id, "load-{number}");
        match journey {
            Journey::List => {
                let seen = self.read(Request::List, Asked::List, at, "/api/events");
                tell(seen.await);
            }
            Journey::Detail => {
                let path = format!("/api/events/{event_id}");
                let asked = Asked::Detail { event_id };
                tell(self.read(Request::Detail, asked, at, &path).await);
            }
            Journey::Seats => {
                let path = format!("/api/events/{event_id}/seats");
                tell(self.read(Request::Seats, Asked::Seats, at, &path).await);
            }
            Journey::Mine => {
                let path = format!("/api/reservations/user/load-{}", number / 2);
                tell(self.read(Request::Mine, Asked::Mine, at, &path).await);
            }
            Journey::Reserve => tell(self.reserve(number, event_id, at).await),
            Journey::Checkout => self.check_out(number, event_id, at, &mut draws, tell).await,
        }
    }

    async fn read(&mut self, request: Request, asked: Asked<'_>, at: Instant, path: &str) -> Seen {
        let answer = self
            .ask(asked, |writer| writer.begin("GET", path).no_body())
            .await;
        seen(request, at, answer)
    }

    async fn reserve(&mut self, number: u64, event_id: u64, at: Instant) -> Seen {
        let user_id = std::mem::take(&mut self.user_id);
        let asked = Asked::Reserve {
            event_id,
            user_id: &user_id,
        };
        let answer = self
            .ask(asked, |writer| {
                writer
                    .begin("POST", "/api/reservations")
                    .header("idempotency-key", format_args!("load-{number}"))
                    .body(format_args!(
                        r#"{{"eventId":{event_id},"userId":"load-{number}","quantity":1,"seatType":"R"}}"#
                    ));
            })
            .await;
        self.user_id = user_id;
        seen(Request::Reserve, at, answer)
    }

    /// Holds a ticket; then pays, is declined and pays again, or never comes back.
    async fn check_out(
        &mut self,
        number: u64,
        event_id: u64,
        at: Instant,
        draws: &mut Draws,
        mut tell: impl FnMut(Seen),
    ) {
        let held = self.reserve(number, event_id, at).await;
        let (reservation, is_held) = (held.verdict.reservation.clone(), held.verdict.fate);
        tell(held);
        let (Some(reservation), Fate::Done) = (reservation, is_held) else {
            return;
        };
        let Checkout {
            declined_percent,
            walks_away_percent,
        } = self.world.checkout;
        if draws.next() * 100.0 < walks_away_percent {
            return;
        }
        if draws.next() * 100.0 < declined_percent {
            tell(self.pay(number, &reservation, false).await);
        }
        tell(self.pay(number, &reservation, true).await);
    }

    async fn pay(&mut self, number: u64, reservation: &str, is_good: bool) -> Seen {
        let token = if is_good { "tok_ok" } else { "tok_declined" };
        let at = Instant::now();
        let answer = self
            .ask(Asked::Pay { is_good }, |writer| {
                writer
                    .begin(
                        "POST",
                        format_args!("/api/reservations/{reservation}/payment"),
                    )
                    .header("idempotency-key", format_args!("load-{number}-{token}"))
                    .body(format_args!(r#"{{"method":"CARD","token":"{token}"}}"#));
            })
            .await;
        Seen {
            is_good_card: is_good,
            ..seen(Request::Pay, at, answer)
        }
    }

    /// Sends a request and judges its answer: the verdict, whether it came from a cache, and
    /// whether there was an answer at all.
    async fn ask(
        &mut self,
        asked: Asked<'_>,
        build: impl FnOnce(&mut RequestWriter<'_>),
    ) -> (Verdict, Option<bool>, bool) {
        let timeout = self.timeout;
        let exchange = async {
            let mut connection = match self.connection.take() {
                Some(connection) if connection.is_idle() => connection,
                // The server has closed it meanwhile, or it was lost with an answer.
                _ => self.open().await?,
            };
            let status = connection.exchange(&self.target, build).await?;
            Ok::<_, std::io::Error>((status, connection))
        };
        match tokio::time::timeout(timeout, exchange).await {
            Err(_) => (
                Verdict::failed("no answer: timed out".to_owned()),
                None,
                false,
            ),
            Ok(Err(error)) => {
                let reason = format!("no answer: {}", error.kind());
                (Verdict::failed(reason), None, false)
            }
            Ok(Ok((status, connection))) => {
                let verdict = judge(asked, status, connection.body());
                let cache_hit = connection.cache_hit();
                if !connection.is_closing() {
                    self.connection = Some(connection);
                }
                (verdict, cache_hit, true)
            }
        }
    }

    async fn open(&self) -> std::io::Result<Connection> {
        match self.source {
            Some(source) => Connection::open_from(&self.target, source).await,
            None => Connection::open(&self.target).await,
        }
    }
}

fn seen(request: Request, at: Instant, answer: (Verdict, Option<bool>, bool)) -> Seen {
    let (verdict, cache_hit, is_answered) = answer;
    Seen {
        at,
        wait: at.elapsed(),
        request,
        verdict,
        cache_hit,
        is_answered,
        is_good_card: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(zipf: f64) -> World {
        let mut scenario = Scenario::find("mixed").unwrap();
        scenario.sale.zipf = zipf;
        World::new(&scenario, (1..=10).collect(), 1)
    }

    fn share(count: impl Fn(&mut Draws) -> bool) -> f64 {
        let hits = (0..20_000).filter(|number| count(&mut Draws::of(1, *number)));
        hits.count() as f64 / 20_000.0
    }

    #[test]
    fn journeys_come_in_the_proportion_of_the_mix() {
        let world = world(0.0);

        let details = share(|draws| world.journey(draws.next()) == Journey::Detail);
        let buyers = share(|draws| world.journey(draws.next()) == Journey::Reserve);

        assert!((details - 0.5).abs() < 0.015, "{details}");
        assert!((buyers - 0.05).abs() < 0.01, "{buyers}");
    }

    #[test]
    fn demand_is_even_or_follows_the_law_of_zipf() {
        let first = |zipf| {
            let world = world(zipf);
            share(|draws| world.event(draws.next()) == 1)
        };

        assert!((first(0.0) - 0.1).abs() < 0.01);
        // One over the tenth harmonic number.
        assert!((first(1.0) - 0.341).abs() < 0.015);
    }
}
