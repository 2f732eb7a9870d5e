//! The two groups of a payment. The provider is asked between them, outside.

use std::sync::Arc;

use crate::command::{BeginPayment, PayError, SettlePayment, Verdict};
use crate::event::SaleState;
use crate::payment::{Payment, PaymentState};
use crate::reservation::{Reservation, ReservationState};

use super::draft::{Draft, Movement};
use super::reservation::refund;

impl Draft<'_> {
    /// HELD becomes PAYING. A confirmed reservation is answered as it is.
    pub(super) fn begin_payment(
        &mut self,
        begin: &BeginPayment,
    ) -> Result<Arc<Reservation>, PayError> {
        let found = self
            .reservation(begin.reservation)
            .ok_or(PayError::NotFound)?;
        let current = self.do_due(found);
        let (expires_at, extended) = match &current.state {
            ReservationState::Held {
                expires_at,
                extended,
            } => (*expires_at, *extended),
            ReservationState::Confirmed { .. } => return Ok(current),
            ReservationState::Paying { .. } => return Err(PayError::PaymentInProgress),
            ReservationState::Expired { .. } => return Err(PayError::HoldExpired),
            ReservationState::Cancelled { .. } => {
                return Err(PayError::AlreadyCancelled(Box::new((*current).clone())));
            }
        };
        let payment = Payment {
            id: begin.payment,
            amount: current.total_price,
            method: begin.method.clone(),
            started_at: self.now,
            state: PaymentState::Pending,
        };
        self.keep_payment(current.id, payment.clone());
        let state = ReservationState::Paying {
            payment,
            expires_at,
            extended,
        };
        Ok(self.replace(Reservation {
            state,
            ..(*current).clone()
        }))
    }

    /// PAYING becomes CONFIRMED, or HELD again where the provider said no: for as long as the hold
    /// lasts, and not at all on a cancelled event.
    ///
    /// Settling twice changes nothing. What was paid for a cancelled event is refunded.
    pub(super) fn settle_payment(
        &mut self,
        settle: &SettlePayment,
    ) -> Result<Arc<Reservation>, PayError> {
        let current = self
            .reservation(settle.reservation)
            .ok_or(PayError::NotFound)?;
        let ReservationState::Paying {
            payment,
            expires_at,
            extended,
        } = &current.state
        else {
            return Ok(current);
        };
        if payment.id != settle.payment {
            return Ok(current);
        }
        let (payment, expires_at, extended) = (payment.clone(), *expires_at, *extended);
        match settle.verdict {
            Verdict::Declined => {
                let state = PaymentState::Declined { at: self.now };
                self.keep_payment(current.id, Payment { state, ..payment });
                let state = ReservationState::Held {
                    expires_at,
                    extended,
                };
                let held = self.replace(Reservation {
                    state,
                    ..(*current).clone()
                });
                Ok(self.do_due(held))
            }
            Verdict::Paid => {
                let state = PaymentState::Paid { at: self.now };
                let payment = Payment { state, ..payment };
                Ok(if self.event.state == SaleState::Cancelled {
                    self.refuse_paid(&current, payment)
                } else {
                    self.confirm_paid(&current, payment)
                })
            }
        }
    }

    fn confirm_paid(&mut self, current: &Reservation, payment: Payment) -> Arc<Reservation> {
        self.move_seats(current, Movement::Settle);
        self.keep_payment(current.id, payment.clone());
        self.replace(current.clone().confirm(Some(payment)))
    }

    fn refuse_paid(&mut self, current: &Reservation, payment: Payment) -> Arc<Reservation> {
        self.move_seats(current, Movement::ReleaseHeld);
        let (payment, refund) = refund(payment, self.now);
        self.keep_payment(current.id, payment.clone());
        self.replace(
            current
                .clone()
                .cancel(self.now, Some(payment), Some(refund)),
        )
    }
}
