//! Reservations, their states, and the transitions between them.

use serde::{Deserialize, Serialize};

use crate::buyer::UserId;
use crate::grade::{SeatLabel, SeatType};
use crate::ids::{EventId, ReservationCode, ReservationId};
use crate::money::Money;
use crate::payment::{Payment, Refund};
use crate::time::Timestamp;

/// Most tickets in one reservation.
pub const QUANTITY_MAX: u32 = 10;

/// How many tickets a reservation has: 1 to [`QUANTITY_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(u32);

impl Quantity {
    /// The number itself.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The number is not a quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a quantity is 1 to {QUANTITY_MAX}")]
pub struct InvalidQuantity;

impl TryFrom<i64> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(count: i64) -> Result<Self, InvalidQuantity> {
        match u32::try_from(count) {
            Ok(count @ 1..=QUANTITY_MAX) => Ok(Self(count)),
            _ => Err(InvalidQuantity),
        }
    }
}

/// Where a reservation stands, with what only that state can have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReservationState {
    /// Seats are kept until then.
    Held {
        /// When they go back.
        expires_at: Timestamp,
        /// Whether the one extension was used.
        extended: bool,
    },
    /// A payment is under way; neither expires nor cancels.
    Paying {
        /// The attempt; its state is `Pending`.
        payment: Payment,
        /// When the hold would have ended.
        expires_at: Timestamp,
        /// Whether the one extension was used.
        extended: bool,
    },
    /// The buyer's for good.
    Confirmed {
        /// What she paid with; `None` where the event takes no payment.
        payment: Option<Payment>,
    },
    /// Given back.
    Cancelled {
        /// When.
        at: Timestamp,
        /// What she had paid with, if she had.
        payment: Option<Payment>,
        /// What she gets back; `None` where she had paid nothing.
        refund: Option<Refund>,
    },
    /// Not paid in time.
    Expired {
        /// When it was noticed; never before the hold's end.
        at: Timestamp,
    },
}

/// A state's name, as it is stored, listed and told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ReservationStatus {
    /// See [`ReservationState::Held`].
    Held,
    /// See [`ReservationState::Paying`].
    Paying,
    /// See [`ReservationState::Confirmed`].
    Confirmed,
    /// See [`ReservationState::Cancelled`].
    Cancelled,
    /// See [`ReservationState::Expired`].
    Expired,
}

impl ReservationStatus {
    /// Every status, in the order of a reservation's life.
    pub const ALL: [Self; 5] = [
        Self::Held,
        Self::Paying,
        Self::Confirmed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name in upper case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "HELD",
            Self::Paying => "PAYING",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    /// The status of this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether its seats are taken.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Paying | Self::Confirmed)
    }
}

/// Where one ticket stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TicketState {
    /// Admits one.
    Valid,
    /// Has admitted one.
    Used {
        /// When.
        at: Timestamp,
    },
    /// Admits nobody.
    Cancelled,
}

/// One admission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// Its place in the reservation, from 1.
    pub number: u32,
    /// The seat, where seats are assigned.
    pub seat: Option<SeatLabel>,
    /// Where it stands.
    pub state: TicketState,
}

impl Ticket {
    /// When it admitted somebody, if it did.
    pub const fn used_at(&self) -> Option<Timestamp> {
        match self.state {
            TicketState::Used { at } => Some(at),
            TicketState::Valid | TicketState::Cancelled => None,
        }
    }
}

/// Some seats of one grade for one buyer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reservation {
    /// Its id, and the buyer's capability to it.
    pub id: ReservationId,
    /// The event.
    pub event: EventId,
    /// The buyer.
    pub user: UserId,
    /// The grade.
    pub seat_type: SeatType,
    /// How many tickets.
    pub quantity: Quantity,
    /// The seats, where they are assigned; as many as `quantity`.
    pub seats: Vec<SeatLabel>,
    /// The price of all tickets, as it was when they were reserved.
    pub total_price: Money,
    /// When it was made.
    pub reserved_at: Timestamp,
    /// Where it stands.
    pub state: ReservationState,
    /// The tickets; made when it is confirmed, and kept.
    pub tickets: Vec<Ticket>,
}

impl Reservation {
    /// The name that people use for it.
    pub fn code(&self) -> ReservationCode {
        self.id.into()
    }

    /// The name of its state.
    pub const fn status(&self) -> ReservationStatus {
        match self.state {
            ReservationState::Held { .. } => ReservationStatus::Held,
            ReservationState::Paying { .. } => ReservationStatus::Paying,
            ReservationState::Confirmed { .. } => ReservationStatus::Confirmed,
            ReservationState::Cancelled { .. } => ReservationStatus::Cancelled,
            ReservationState::Expired { .. } => ReservationStatus::Expired,
        }
    }

    /// When it falls due, if it is held.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            ReservationState::Held { expires_at, .. } => Some(expires_at),
            _ => None,
        }
    }

    /// Confirms it and makes its tickets.
    pub fn confirm(self, payment: Option<Payment>) -> Self {
        let tickets = (1..=self.quantity.get())
            .map(|number| Ticket {
                number,
                seat: self.seats.get(number as usize - 1).cloned(),
                state: TicketState::Valid,
            })
            .collect();
        Self {
            state: ReservationState::Confirmed { payment },
            tickets,
            ..self
        }
    }

    /// Cancels it, and its tickets with it.
    pub fn cancel(
        mut self,
        at: Timestamp,
        payment: Option<Payment>,
        refund: Option<Refund>,
    ) -> Self {
        for ticket in &mut self.tickets {
            ticket.state = TicketState::Cancelled;
        }
        Self {
            state: ReservationState::Cancelled {
                at,
                payment,
                refund,
            },
            ..self
        }
    }

    /// Ends a hold that was not paid in time.
    pub fn expire(self, at: Timestamp) -> Self {
        Self {
            state: ReservationState::Expired { at },
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_one_to_ten() {
        assert_eq!(Quantity::try_from(10).map(Quantity::get), Ok(10));
        for wrong in [i64::MIN, -1, 0, 11, i64::MAX] {
            assert_eq!(Quantity::try_from(wrong), Err(InvalidQuantity), "{wrong}");
        }
    }

    #[test]
    fn every_status_is_found_by_its_name() {
        for status in ReservationStatus::ALL {
            assert_eq!(ReservationStatus::from_name(status.as_str()), Some(status));
            let lower = status.as_str().to_lowercase();
            assert_eq!(ReservationStatus::from_name(&lower), Some(status));
        }
        assert_eq!(ReservationStatus::from_name("LOST"), None);
        let live: Vec<_> = ReservationStatus::ALL
            .into_iter()
            .filter(|s| s.is_live())
            .collect();
        let expected = [
            ReservationStatus::Held,
            ReservationStatus::Paying,
            ReservationStatus::Confirmed,
        ];
        assert_eq!(live, expected);
    }
}
