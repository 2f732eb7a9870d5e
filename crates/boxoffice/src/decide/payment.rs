//! The two groups of a payment. The provider is asked between them, outside.

use std::sync::Arc;

use crate::command::{Answer, BeginPayment, PayError, SettlePayment, Verdict};
use crate::event::SaleState;
use crate::money::Money;
use crate::payment::{Payment, PaymentState};
use crate::planted::planted;
use crate::reservation::{Reservation, ReservationState};
use crate::time::Timestamp;

use super::draft::{Draft, KeyState, Movement};
use super::refund::refund;

impl Draft<'_> {
    /// HELD becomes PAYING. A confirmed reservation is answered as it is.
    pub(super) fn begin_payment(
        &mut self,
        begin: &BeginPayment,
    ) -> Result<Answer<Arc<Reservation>>, PayError> {
        let found = self
            .reservation(begin.reservation)
            .ok_or(PayError::NotFound)?;
        let key = begin.key.as_ref();
        let replayed = match key.map(|request| self.key_state(&found.user, request)) {
            None | Some(KeyState::Unused) => false,
            Some(KeyState::Reused) => return Err(PayError::KeyReused),
            Some(KeyState::LedTo(_)) => true,
        };
        let current = self.do_due(found);
        let (expires_at, extended) = match &current.state {
            ReservationState::Held {
                expires_at,
                extended,
            } => (*expires_at, *extended),
            ReservationState::Paying { .. } if !replayed => {
                return Err(PayError::PaymentInProgress);
            }
            ReservationState::Confirmed { .. } | ReservationState::Paying { .. } => {
                return Ok(Answer {
                    value: current,
                    replayed,
                });
            }
            ReservationState::Expired { .. } => return Err(PayError::HoldExpired),
            ReservationState::Cancelled { .. } => {
                return Err(PayError::AlreadyCancelled(Box::new((*current).clone())));
            }
        };
        let value = if current.total_price == Money::ZERO {
            // What costs nothing is nobody's to charge.
            self.confirm_unpaid(&current)
        } else {
            self.pay_now(&current, begin, expires_at, extended)
        };
        // After a declined attempt the key is there already, and leads here.
        if !replayed {
            self.keep_key(key, &value);
        }
        Ok(Answer {
            value,
            replayed: false,
        })
    }

    fn pay_now(
        &mut self,
        current: &Reservation,
        begin: &BeginPayment,
        expires_at: Timestamp,
        extended: bool,
    ) -> Arc<Reservation> {
        let payment = Payment {
            id: begin.payment,
            amount: if planted!(Overcharged) {
                current.total_price.times(2)
            } else {
                current.total_price
            },
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
        self.replace(Reservation {
            state,
            ..current.clone()
        })
    }

    /// PAYING becomes CONFIRMED, or HELD again where the provider said no: for as long as the hold
    /// lasts, and not at all on a cancelled event.
    ///
    /// Settling twice changes nothing. What was paid for a cancelled event is refunded, and so is
    /// what comes for an attempt that counted as declined.
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
            self.settle_late(settle);
            return Ok(current);
        };
        if payment.id != settle.payment {
            self.settle_late(settle);
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
                if planted!(ExpiryRacesPayment) && expires_at <= self.now {
                    self.move_seats(&current, Movement::ReleaseHeld);
                    return Ok(self.replace((*current).clone().expire(self.now)));
                }
                Ok(if self.event.state == SaleState::Cancelled {
                    self.refuse_paid(&current, payment)
                } else {
                    self.confirm_paid(&current, payment)
                })
            }
        }
    }

    /// Money that came for an attempt that nobody waits for any more goes back. What its buyer was
    /// told stays true.
    fn settle_late(&mut self, settle: &SettlePayment) {
        let (Verdict::Paid, Some((reservation, payment))) =
            (settle.verdict, self.payment(settle.payment))
        else {
            return;
        };
        if let (PaymentState::Declined { .. }, true) =
            (payment.state, reservation == settle.reservation)
        {
            let (payment, refund) = refund(payment, self.now);
            self.keep_payment(reservation, payment);
            self.keep_refund(refund);
        }
    }

    fn confirm_unpaid(&mut self, current: &Reservation) -> Arc<Reservation> {
        self.move_seats(current, Movement::Settle);
        self.replace(current.clone().confirm(None))
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
