//! Questions and answers in words, for a trace and a story.

use std::fmt;

use boxoffice::grade::SeatLabel;
use boxoffice::idempotency::IdempotencyKey;

use super::{Ask, Shown, Told};

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserve {
                event,
                user,
                grade,
                quantity,
                seats,
                key,
            } => {
                write!(f, "{user} reserves {quantity} {grade} of event {event}")?;
                if !seats.is_empty() {
                    write!(f, " ({})", Listed(seats))?;
                }
                under(key.as_ref(), f)
            }
            Self::Cancel { id, user, key, .. } => {
                write!(f, "{user} cancels {id}")?;
                under(key.as_ref(), f)
            }
            Self::Pay {
                id,
                user,
                token,
                key,
                ..
            } => {
                write!(f, "{user} pays for {id} with {token}")?;
                under(key.as_ref(), f)
            }
            Self::Extend { id, user, key, .. } => {
                write!(f, "{user} holds {id} longer")?;
                under(key.as_ref(), f)
            }
            Self::Enter {
                id,
                number,
                undo,
                key,
                ..
            } => {
                let does = if *undo { "goes out again" } else { "goes in" };
                write!(f, "ticket {number} of {id} {does}")?;
                under(key.as_ref(), f)
            }
            Self::CallOff { event } => write!(f, "call event {event} off"),
            Self::Show { id, .. } => write!(f, "look at reservation {id}"),
            Self::Look { event } => write!(f, "look at event {event}"),
            Self::Profile { user } => write!(f, "make a profile for {user}"),
            Self::Open { event, key } => {
                write!(f, "put event {event} on sale under {}", key.as_str())
            }
        }
    }
}

/// The key that something is asked under, if it is.
fn under(key: Option<&IdempotencyKey>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    key.map_or(Ok(()), |key| write!(f, " under {}", key.as_str()))
}

/// Seats one after the other.
struct Listed<'a>(&'a [SeatLabel]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, seat) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{seat}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {} {}, {} tickets",
            self.id, self.status, self.quantity, self.grade, self.tickets
        )
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { shown, replayed } => {
                write!(
                    f,
                    "{}: {shown}",
                    if *replayed { "replayed" } else { "done" }
                )
            }
            Self::TooFew { available } => write!(f, "too few seats, {available} left"),
            Self::Taken(seats) => write!(f, "taken: {}", Listed(seats)),
            Self::Limit { limit, holding } => write!(f, "limit {limit}, has {holding}"),
            Self::Reservation(shown) => write!(f, "{shown}"),
            Self::Seats { version, seats, .. } => {
                write!(f, "version {version}:")?;
                seats.iter().try_for_each(|seats| {
                    let (grade, available) = (&seats.grade, seats.available);
                    write!(f, " {grade} {available} left")
                })
            }
            other => write!(f, "{other:?}"),
        }
    }
}
