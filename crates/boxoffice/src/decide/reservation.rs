//! Taking seats, giving them back, and holding them longer.

use std::sync::Arc;

use crate::command::{Answer, Cancel, CancelError, Extend, ExtendError, Reserve, ReserveError};
use crate::event::{SalePhase, SaleState};
use crate::grade::{Grade, SeatType};
use crate::planted::planted;
use crate::reservation::{Reservation, ReservationState, Ticket};

use super::draft::{Draft, KeyState, Movement};
use super::refund::refund;

type Reserved = Result<Answer<Arc<Reservation>>, ReserveError>;

impl Draft<'_> {
    pub(super) fn reserve(&mut self, reserve: &Reserve) -> Reserved {
        if let Some(request) = &reserve.key {
            match self.key_state(&reserve.user, request) {
                KeyState::Unused => {}
                KeyState::Reused => return Err(ReserveError::KeyReused),
                KeyState::LedTo(value) => {
                    return Ok(Answer {
                        value,
                        replayed: true,
                    });
                }
            }
        }
        self.expect_open()?;
        let grade = self.grade_for(reserve)?;
        let (count, available) = (reserve.quantity.get(), grade.stock.available);
        let asked = self.seats_asked(reserve, grade)?;
        self.expect_within_limit(reserve)?;
        let seats = asked.give(count)?;
        let held = Reservation {
            id: reserve.id,
            event: self.event.id,
            user: reserve.user.clone(),
            seat_type: grade.seat_type.clone(),
            quantity: reserve.quantity,
            seats,
            total_price: grade.price.times(count),
            reserved_at: self.now,
            state: ReservationState::Held {
                expires_at: self.now.plus_secs(self.event.hold_secs),
                extended: false,
            },
            tickets: Vec::new(),
        };
        let confirmed = self.event.hold_secs == 0;
        let movement = if confirmed {
            Movement::Sell
        } else {
            Movement::Hold
        };
        if !self.move_seats(&held, movement) {
            return Err(ReserveError::InsufficientSeats {
                requested: count,
                available,
            });
        }
        let reservation = Arc::new(if confirmed { held.confirm(None) } else { held });
        self.insert(Arc::clone(&reservation));
        self.keep_key(reserve.key.as_ref(), &reservation);
        Ok(Answer {
            value: reservation,
            replayed: false,
        })
    }

    fn expect_open(&self) -> Result<(), ReserveError> {
        if self.event.deleted_at.is_some() {
            return Err(ReserveError::EventNotFound);
        }
        if self.event.state == SaleState::Cancelled {
            return if planted!(CalledOffSells) {
                Ok(())
            } else {
                Err(ReserveError::EventCancelled)
            };
        }
        match self.event.phase(self.now) {
            SalePhase::Before { opens_at } => Err(ReserveError::SaleNotOpen { opens_at }),
            SalePhase::Over => Err(ReserveError::SaleClosed),
            SalePhase::Open => Ok(()),
        }
    }

    fn grade_for(&self, reserve: &Reserve) -> Result<&Grade, ReserveError> {
        let known = || -> Vec<SeatType> {
            self.grades
                .iter()
                .map(|grade| grade.seat_type.clone())
                .collect()
        };
        let grade = match &reserve.seat_type {
            Some(name) => self.grades.iter().find(|grade| grade.seat_type == *name),
            None if self.grades.len() == 1 => self.grades.first(),
            None => return Err(ReserveError::SeatTypeMissing { known: known() }),
        };
        grade.ok_or_else(|| ReserveError::UnknownSeatType { known: known() })
    }

    fn expect_within_limit(&self, reserve: &Reserve) -> Result<(), ReserveError> {
        let Some(limit) = self.event.buyer_tickets_max else {
            return Ok(());
        };
        let holding = self.holding(&reserve.user);
        if holding + reserve.quantity.get() > limit {
            return Err(ReserveError::AlreadyReserved { limit, holding });
        }
        Ok(())
    }

    pub(super) fn cancel(
        &mut self,
        cancel: &Cancel,
    ) -> Result<Answer<Arc<Reservation>>, CancelError> {
        let found = self
            .reservation(cancel.reservation)
            .ok_or(CancelError::NotFound)?;
        if let Some(request) = &cancel.key {
            match self.key_state(&found.user, request) {
                KeyState::Unused => {}
                KeyState::Reused => return Err(CancelError::KeyReused),
                KeyState::LedTo(value) => {
                    return Ok(Answer {
                        value,
                        replayed: true,
                    });
                }
            }
        }
        let current = self.do_due(found);
        match &current.state {
            ReservationState::Cancelled { .. } if !planted!(SeatsReturnedTwice) => {
                return Err(CancelError::AlreadyCancelled(Box::new((*current).clone())));
            }
            ReservationState::Expired { .. } => return Err(CancelError::HoldExpired),
            ReservationState::Paying { .. } => return Err(CancelError::PaymentInProgress),
            ReservationState::Held { .. }
            | ReservationState::Confirmed { .. }
            | ReservationState::Cancelled { .. } => {}
        }
        if self.now >= self.event.starts_at {
            return Err(CancelError::SaleClosed);
        }
        // Who was let in has had what she paid for; the organizer may undo a check-in first.
        if let Some(at) = current.tickets.iter().filter_map(Ticket::used_at).min() {
            return Err(CancelError::TicketUsed { at });
        }
        let value = self.give_back(&current);
        self.keep_key(cancel.key.as_ref(), &value);
        Ok(Answer {
            value,
            replayed: false,
        })
    }

    pub(super) fn extend(
        &mut self,
        extend: &Extend,
    ) -> Result<Answer<Arc<Reservation>>, ExtendError> {
        let found = self
            .reservation(extend.reservation)
            .ok_or(ExtendError::NotFound)?;
        if let Some(request) = &extend.key {
            match self.key_state(&found.user, request) {
                KeyState::Unused => {}
                KeyState::Reused => return Err(ExtendError::KeyReused),
                KeyState::LedTo(value) => {
                    return Ok(Answer {
                        value,
                        replayed: true,
                    });
                }
            }
        }
        let current = self.do_due(found);
        let expires_at = match &current.state {
            ReservationState::Held { extended: true, .. } if !planted!(ExtendedTwice) => {
                return Err(ExtendError::ExtensionUsed);
            }
            ReservationState::Held { expires_at, .. } => *expires_at,
            ReservationState::Paying { .. } => return Err(ExtendError::PaymentInProgress),
            ReservationState::Confirmed { .. } => return Err(ExtendError::AlreadyConfirmed),
            ReservationState::Expired { .. } => return Err(ExtendError::HoldExpired),
            ReservationState::Cancelled { .. } => {
                return Err(ExtendError::AlreadyCancelled(Box::new((*current).clone())));
            }
        };
        let expires_at = expires_at.plus_secs(self.event.hold_secs);
        let state = ReservationState::Held {
            expires_at,
            extended: true,
        };
        let value = self.replace(Reservation {
            state,
            ..(*current).clone()
        });
        if !planted!(ExtensionKeyNotKept) {
            self.keep_key(extend.key.as_ref(), &value);
        }
        Ok(Answer {
            value,
            replayed: false,
        })
    }

    /// Cancels a reservation that is held or confirmed, with its refund where it was paid.
    pub(super) fn give_back(&mut self, reservation: &Reservation) -> Arc<Reservation> {
        let (movement, paid) = match &reservation.state {
            ReservationState::Confirmed { payment } => (Movement::ReleaseSold, payment.clone()),
            _ => (Movement::ReleaseHeld, None),
        };
        self.move_seats(reservation, movement);
        let refunded = paid
            .filter(|_| !planted!(RefundForgotten))
            .map(|payment| refund(payment, self.now));
        if let Some((payment, _)) = &refunded {
            self.keep_payment(reservation.id, payment.clone());
        }
        let (payment, refund) = refunded.unzip();
        self.replace(reservation.clone().cancel(self.now, payment, refund))
    }

    /// Does what is due of a reservation, although no sweep may have come to it yet.
    ///
    /// A hold whose time is over ends. What a cancelled event still owes goes back.
    pub(super) fn do_due(&mut self, reservation: Arc<Reservation>) -> Arc<Reservation> {
        let cancelled = self.event.state == SaleState::Cancelled;
        match reservation.state {
            ReservationState::Held { expires_at, .. } if expires_at <= self.now => {
                self.move_seats(&reservation, Movement::ReleaseHeld);
                self.replace((*reservation).clone().expire(self.now))
            }
            ReservationState::Held { .. } | ReservationState::Confirmed { .. } if cancelled => {
                self.give_back(&reservation)
            }
            _ => reservation,
        }
    }
}
