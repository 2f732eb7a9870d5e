//! Reads every answer, and says whether it is one that the request can have.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Fate;

/// What was asked, as far as the answer has to agree with it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'a> {
    List,
    Detail { event_id: u64 },
    Seats,
    Mine,
    Reserve { event_id: u64, user_id: &'a str },
    Pay { is_good: bool },
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) fate: Fate,
    /// What to count it under, if it is a failure or a refusal for load.
    pub(super) error: Option<String>,
    /// The reservation that was made.
    pub(super) reservation: Option<String>,
}

impl Verdict {
    fn done() -> Self {
        Self {
            fate: Fate::Done,
            error: None,
            reservation: None,
        }
    }

    pub(super) fn failed(error: String) -> Self {
        Self {
            fate: Fate::Failed,
            error: Some(error),
            reservation: None,
        }
    }
}

#[derive(Deserialize)]
struct Page {
    content: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    event_id: u64,
    total_seats: u64,
    available_seats: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seats {
    seat_types: Vec<Grade>,
}

#[derive(Deserialize)]
struct Grade {
    total: u64,
    available: u64,
    held: u64,
    sold: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt<'a> {
    reservation_id: &'a str,
    event_id: u64,
    user_id: &'a str,
    quantity: u32,
    status: &'a str,
}

#[derive(Deserialize)]
struct Paid<'a> {
    status: &'a str,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    error: Code<'a>,
}

#[derive(Deserialize)]
struct Code<'a> {
    code: &'a str,
}

/// Judges an answer.
pub(super) fn judge(asked: Asked<'_>, status: u16, body: &[u8]) -> Verdict {
    match (asked, status) {
        (Asked::List, 200) => {
            whether(read::<Page>(body).is_some_and(|page| !page.content.is_empty()))
        }
        (Asked::Mine, 200) => whether(read::<Page>(body).is_some()),
        (Asked::Detail { event_id }, 200) => whether(read::<Detail>(body).is_some_and(|event| {
            event.event_id == event_id && event.available_seats <= event.total_seats
        })),
        (Asked::Seats, 200) => whether(read::<Seats>(body).is_some_and(|seats| {
            let adds_up = |grade: &Grade| grade.available + grade.held + grade.sold == grade.total;
            !seats.seat_types.is_empty() && seats.seat_types.iter().all(adds_up)
        })),
        (Asked::Reserve { event_id, user_id }, 201) => reserved(event_id, user_id, body),
        (Asked::Pay { is_good: true }, 200) => {
            whether(read::<Paid>(body).is_some_and(|paid| paid.status == "CONFIRMED"))
        }
        (Asked::Pay { is_good: false }, 402) => Verdict::done(),
        _ => refused(asked, status, body),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

fn whether(agrees: bool) -> Verdict {
    if agrees {
        Verdict::done()
    } else {
        Verdict::failed("an answer that contradicts the question".to_owned())
    }
}

fn reserved(event_id: u64, user_id: &str, body: &[u8]) -> Verdict {
    let Some(answer) = read::<Receipt>(body) else {
        return whether(false);
    };
    let agrees = answer.event_id == event_id
        && answer.user_id == user_id
        && answer.quantity == 1
        && matches!(answer.status, "CONFIRMED" | "HELD");
    Verdict {
        reservation: Some(answer.reservation_id.to_owned()),
        ..whether(agrees)
    }
}

/// An answer that is no success: one that the contract foresees, or a failure.
fn refused(asked: Asked<'_>, status: u16, body: &[u8]) -> Verdict {
    let code = read::<Failure>(body).map_or("", |failure| failure.error.code);
    let fate = match (asked, status, code) {
        (Asked::Reserve { .. }, 409, "INSUFFICIENT_SEATS")
        | (Asked::Pay { .. }, 410, "HOLD_EXPIRED") => {
            return Verdict {
                fate: Fate::Refused,
                ..Verdict::done()
            };
        }
        (_, 503, "OVERLOADED") => Fate::Overloaded,
        _ => Fate::Failed,
    };
    Verdict {
        fate,
        ..Verdict::failed(format!("{status} {code}").trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(asked: Asked<'_>, status: u16, body: &str) -> Fate {
        judge(asked, status, body.as_bytes()).fate
    }

    const RESERVE: Asked<'_> = Asked::Reserve {
        event_id: 7,
        user_id: "mina",
    };

    #[test]
    fn a_success_counts_only_if_it_answers_the_question() {
        let reservation = |user: &str, event: u64| {
            format!(
                r#"{{"reservationId":"r1","eventId":{event},"userId":"{user}","quantity":1,"status":"CONFIRMED"}}"#
            )
        };
        let event = r#"{"eventId":7,"totalSeats":100,"availableSeats":3}"#;
        let seats = |sold| {
            format!(r#"{{"seatTypes":[{{"total":10,"available":3,"held":2,"sold":{sold}}}]}}"#)
        };

        assert_eq!(fate(RESERVE, 201, &reservation("mina", 7)), Fate::Done);
        assert_eq!(fate(RESERVE, 201, &reservation("jiho", 7)), Fate::Failed);
        assert_eq!(fate(RESERVE, 201, &reservation("mina", 8)), Fate::Failed);
        assert_eq!(fate(RESERVE, 201, "{}"), Fate::Failed);
        assert_eq!(fate(Asked::Detail { event_id: 7 }, 200, event), Fate::Done);
        assert_eq!(
            fate(Asked::Detail { event_id: 8 }, 200, event),
            Fate::Failed
        );
        assert_eq!(fate(Asked::Seats, 200, &seats(5)), Fate::Done);
        assert_eq!(fate(Asked::Seats, 200, &seats(6)), Fate::Failed);
        assert_eq!(fate(Asked::List, 200, r#"{"content":[]}"#), Fate::Failed);
        assert_eq!(fate(Asked::Mine, 200, r#"{"content":[]}"#), Fate::Done);
    }

    #[test]
    fn a_refusal_is_told_from_a_failure_by_its_code() {
        let failure = |code: &str| format!(r#"{{"success":false,"error":{{"code":"{code}"}}}}"#);

        let sold_out = failure("INSUFFICIENT_SEATS");
        assert_eq!(fate(RESERVE, 409, &sold_out), Fate::Refused);
        assert_eq!(fate(Asked::List, 409, &sold_out), Fate::Failed);
        assert_eq!(fate(RESERVE, 503, &failure("OVERLOADED")), Fate::Overloaded);
        assert_eq!(
            fate(RESERVE, 503, &failure("SERVICE_UNAVAILABLE")),
            Fate::Failed
        );
        assert_eq!(
            fate(RESERVE, 409, &failure("ALREADY_RESERVED")),
            Fate::Failed
        );
        assert_eq!(fate(RESERVE, 500, "<html>"), Fate::Failed);
    }

    #[test]
    fn a_card_that_should_be_declined_must_be() {
        let confirmed = r#"{"status":"CONFIRMED"}"#;
        let (good, bad) = (Asked::Pay { is_good: true }, Asked::Pay { is_good: false });

        assert_eq!(fate(good, 200, confirmed), Fate::Done);
        assert_eq!(fate(bad, 200, confirmed), Fate::Failed);
        assert_eq!(fate(bad, 402, "{}"), Fate::Done);
        assert_eq!(fate(good, 402, "{}"), Fate::Failed);
    }
}
