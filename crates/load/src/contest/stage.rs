//! What a contest sells: an event of its own, or one that is on sale already.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use hyper::StatusCode;

use super::wire::{self, EventBody, Grade, Seats};
use super::{Hall, Options};
use crate::client::Client;

/// An event, its one grade, and who the contest's buyers are.
pub(super) struct Stage {
    pub(super) event_id: u64,
    pub(super) grade: String,
    /// What a ticket costs, in minor units.
    pub(super) price: u64,
    /// How many tickets there are, whoever has them.
    pub(super) tickets: u32,
    /// The rows, where buyers want numbered seats.
    pub(super) hall: Option<Hall>,
    hold_secs: u32,
    /// What the names of the contest's buyers begin with; nobody else's do.
    pub(super) buyers: String,
    /// Whether others may have bought, and may go on buying.
    pub(super) is_shared: bool,
}

impl Stage {
    /// Puts an event on sale.
    pub(super) async fn new(organizer: &mut Client, options: &Options) -> anyhow::Result<Self> {
        let (hall, hold_secs) = (options.hall(), options.hold_secs());
        let event = wire::NewEvent {
            event_name: format!("Contest of {} for {}", options.buyers, options.tickets),
            event_date: "2099-12-31T19:00:00",
            seat_types: [wire::NewGrade {
                seat_type: wire::GRADE,
                price: wire::PRICE,
                total: options.tickets,
                seating: hall.map(|_| "ASSIGNED"),
                rows: hall.map(|hall| hall.rows),
                seats_per_row: hall.map(|hall| hall.seats_per_row),
            }],
            hold_seconds: hold_secs,
        };
        let answer = organizer.post("/api/events", None, &event).await?;
        let event: EventBody = answer
            .expect(StatusCode::CREATED)
            .context("putting the event on sale")?;
        Ok(Self {
            event_id: event.event_id,
            grade: wire::GRADE.to_owned(),
            price: wire::PRICE.into(),
            tickets: options.tickets,
            hall,
            hold_secs,
            buyers: "buyer".to_owned(),
            is_shared: false,
        })
    }

    /// Finds out what an event sells, and whether these buyers can want it.
    ///
    /// The buyers are named after the event's version, so that no contest meets the buyers of the
    /// one before.
    pub(super) async fn on(
        organizer: &mut Client,
        event_id: u64,
        options: &Options,
    ) -> anyhow::Result<Self> {
        let event = organizer.get(&format!("/api/events/{event_id}")).await?;
        let event: EventBody = event.expect(StatusCode::OK).context("reading the event")?;
        let seats = organizer
            .get(&format!("/api/events/{event_id}/seats"))
            .await?;
        let seats: Seats = seats.expect(StatusCode::OK).context("reading the stock")?;
        ensure!(
            seats.seat_types.len() == 1,
            "a contest sells one grade, and event {event_id} has {}",
            seats.seat_types.len()
        );
        let grade = seats.seat_types.into_iter().next().context("no grade")?;
        let rules = event.rules.context("the event tells no rules")?;
        let hall = hall_of(&grade)?;
        ensure!(
            hall.is_some() == options.assigned.is_some(),
            "say how buyers come to numbered seats where the event has them, and nowhere else"
        );
        ensure!(
            (rules.hold_seconds > 0) == options.pays,
            "buyers pay where the event holds seats for payment, and nowhere else"
        );
        options.ensure_fits(hall)?;
        Ok(Self {
            event_id,
            price: grade.price.unwrap_or(0),
            tickets: event.total_seats,
            hall,
            hold_secs: rules.hold_seconds,
            buyers: format!("contest-{}", rules.version),
            is_shared: true,
            grade: grade.seat_type,
        })
    }

    /// The name of the contest's buyer of this number.
    pub(super) fn buyer(&self, number: u32) -> String {
        format!("{}-{number}", self.buyers)
    }

    /// Whether this is one of the contest's buyers.
    pub(super) fn is_buyer(&self, user_id: &str) -> bool {
        let rest = user_id.strip_prefix(&self.buyers);
        rest.is_some_and(|rest| rest.starts_with('-'))
    }

    /// How long holds that nobody pays for may last after the rush.
    pub(super) fn hold_left(&self, options: &Options) -> Duration {
        if options.abandon_percent > 0 {
            Duration::from_secs(self.hold_secs.into())
        } else {
            Duration::ZERO
        }
    }
}

/// The rows of a grade, if its seats have numbers.
fn hall_of(grade: &Grade) -> anyhow::Result<Option<Hall>> {
    let Some(rows) = grade.rows() else {
        return Ok(None);
    };
    let lengths: Vec<usize> = rows.collect();
    let first = lengths.first().copied().unwrap_or(0);
    ensure!(
        lengths.iter().all(|length| *length == first),
        "a contest wants rows of one length"
    );
    Ok(Some(Hall {
        rows: lengths.len().try_into()?,
        seats_per_row: first.try_into()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Stage {
        /// An event of a contest's own, without numbers.
        pub(in crate::contest) fn of_tickets(tickets: u32) -> Self {
            Self {
                event_id: 1,
                grade: "R".to_owned(),
                price: 0,
                tickets,
                hall: None,
                hold_secs: 0,
                buyers: "buyer".to_owned(),
                is_shared: false,
            }
        }
    }

    fn grade(rows: &str) -> Grade {
        let body = format!(
            r#"{{ "seatType": "R", "total": 4, "available": 4, "held": 0, "sold": 0, "seats": {rows} }}"#
        );
        serde_json::from_str(&body).expect("a grade")
    }

    #[test]
    fn the_rows_of_an_event_are_its_hall() {
        let rows = r#"[{ "row": "A", "states": "AA" }, { "row": "B", "states": "AS" }]"#;
        let hall = Hall {
            rows: 2,
            seats_per_row: 2,
        };
        assert_eq!(hall_of(&grade(rows)).expect("a hall"), Some(hall));
        assert_eq!(hall_of(&grade("null")).expect("no hall"), None);
        let odd = r#"[{ "row": "A", "states": "AA" }, { "row": "B", "states": "A" }]"#;
        assert!(hall_of(&grade(odd)).is_err());
    }

    #[test]
    fn the_contests_buyers_are_told_from_others() {
        let stage = Stage {
            buyers: "contest-7".to_owned(),
            ..Stage::of_tickets(1)
        };
        assert!(stage.is_buyer(&stage.buyer(12)));
        for other in ["contest-77-1", "contest-6-1", "contest-7", "mina"] {
            assert!(!stage.is_buyer(other), "{other}");
        }
    }
}
