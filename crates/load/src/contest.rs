//! Far more buyers than tickets, all at the same instant, and a verdict on what they were told.
//!
//! A contest puts an event on sale, or comes to one, opens every buyer's connection, opens the doors,
//! and then compares the server's own ledger with the answers. It needs a server, and nothing but its
//! API.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::ensure;

use self::stage::Stage;
use crate::client::Client;
use crate::target::Target;

mod buyers;
pub mod check;
mod hall;
mod ledger;
mod report;
mod stage;
mod till;
mod violation;
mod wire;

pub use hall::{Assigned, Hall};
pub use report::Report;
pub use violation::Violation;

/// A contest to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server is, as `http://host:port`.
    pub url: String,
    /// The token that may create events and list reservations, if the server wants one.
    pub admin_token: Option<String>,
    /// The event that is sold; `None`: one is put on sale. It has one grade. Others may have bought,
    /// and may go on buying: their reservations are theirs, and no seat may be sold twice.
    pub event: Option<u64>,
    /// How many tickets are put on sale, where none are yet.
    pub tickets: u32,
    /// How many buyers come.
    pub buyers: u32,
    /// How many tickets each wants; drawn from the seed.
    pub quantity: RangeInclusive<u32>,
    /// How buyers come to numbered seats; `None`: the tickets have none.
    pub assigned: Option<Assigned>,
    /// Whether buyers have to pay for what they reserved.
    pub pays: bool,
    /// How many of a hundred who should pay never do.
    pub abandon_percent: u8,
    /// How many of a hundred who got tickets give them back at once.
    pub cancel_percent: u8,
    /// What quantities and cancellations are drawn from.
    pub seed: u64,
    /// How long each request may take.
    pub timeout: Duration,
    /// How long the server's reads may lag behind the sale before they are held against it.
    ///
    /// An event's page comes from caches, which are told of a sale a few times a second.
    pub settle_max: Duration,
    /// The most connections; where there are more buyers, they share.
    pub connections_max: u32,
    /// Whether to draw a progress bar on standard error, if that is a terminal.
    pub show_progress: bool,
}

impl Default for Options {
    /// 1,000 buyers for 100 tickets, one each, on a server of this machine.
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8080".to_owned(),
            admin_token: None,
            event: None,
            tickets: 100,
            buyers: 1_000,
            quantity: 1..=1,
            assigned: None,
            pays: false,
            abandon_percent: 0,
            cancel_percent: 0,
            seed: 1,
            timeout: Duration::from_secs(30),
            settle_max: Duration::from_secs(3),
            connections_max: 2_000,
            show_progress: false,
        }
    }
}

impl Options {
    fn validate(&self) -> anyhow::Result<()> {
        ensure!(self.tickets > 0, "a contest needs tickets");
        ensure!(self.buyers > 0, "a contest needs buyers");
        ensure!(self.connections_max > 0, "a contest needs connections");
        ensure!(
            !self.quantity.is_empty() && *self.quantity.start() > 0,
            "nobody buys no tickets"
        );
        if self.event.is_none() {
            self.ensure_fits(self.hall())?;
        }
        ensure!(
            self.cancel_percent <= 100,
            "no more than 100 of 100 can cancel"
        );
        ensure!(
            self.abandon_percent <= 100,
            "no more than 100 of 100 can stay away"
        );
        ensure!(
            self.pays || self.abandon_percent == 0,
            "where nobody pays nobody can leave it"
        );
        Ok(())
    }

    /// Whether everybody who wants numbered seats finds a row that is long enough.
    fn ensure_fits(&self, hall: Option<Hall>) -> anyhow::Result<()> {
        let longest = hall.map_or(u32::MAX, |hall| hall.seats_per_row);
        ensure!(
            *self.quantity.end() <= longest,
            "a row of {longest} seats is too short"
        );
        Ok(())
    }

    /// How long a reservation of the contest's own event is held for payment.
    fn hold_secs(&self) -> u32 {
        if self.pays {
            till::hold_secs(self.abandon_percent)
        } else {
            0
        }
    }

    /// The hall of the contest's own event, if its seats have numbers.
    fn hall(&self) -> Option<Hall> {
        self.assigned.map(|_| Hall::of(self.tickets))
    }
}

/// Holds the contest and checks it.
///
/// Errors are about a contest that could not be held; a server that sells wrongly is a matter of
/// the report.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    options.validate()?;
    let target = Target::resolve(&options.url).await?;
    let mut organizer = Client::new(target.clone(), options.timeout);
    if let Some(token) = &options.admin_token {
        organizer = organizer.with_bearer(token)?;
    }
    let stage = match options.event {
        Some(event) => Stage::on(&mut organizer, event, &options).await?,
        None => Stage::new(&mut organizer, &options).await?,
    };
    let rush = buyers::rush(&options, &target, &stage).await?;
    let (ledger, violations) =
        ledger::settled(&mut organizer, &stage, &options, &rush.attempts).await?;
    Ok(Report::new(&stage, &options, &rush, &ledger, violations))
}
