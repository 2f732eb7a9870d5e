//! Money that goes back.

use crate::command::CompleteRefund;
use crate::payment::{Payment, PaymentState, Refund, RefundState};
use crate::reservation::{Reservation, ReservationState};
use crate::time::Timestamp;

use super::draft::Draft;

/// When a buyer may expect her money back, in seconds: five days, as card issuers take.
const REFUND_EXPECTED_SECS: u32 = 5 * 24 * 3_600;

impl Draft<'_> {
    /// The provider has given a payment back; says whether that is news.
    pub(super) fn complete_refund(&mut self, done: &CompleteRefund) -> bool {
        let state = RefundState::Done { at: self.now };
        let Some(current) = self.reservation(done.reservation) else {
            return false;
        };
        if let ReservationState::Cancelled {
            at,
            payment,
            refund: Some(refund),
        } = &current.state
            && refund.payment == done.payment
        {
            if refund.state != RefundState::Pending {
                return false;
            }
            let refund = Refund {
                state,
                ..refund.clone()
            };
            let state = ReservationState::Cancelled {
                at: *at,
                payment: payment.clone(),
                refund: Some(refund),
            };
            self.replace(Reservation {
                state,
                ..(*current).clone()
            });
            return true;
        }
        match self.refund(done.payment) {
            Some(refund) if refund.state == RefundState::Pending => {
                self.keep_refund(Refund { state, ..refund });
                true
            }
            _ => false,
        }
    }
}

/// A payment that goes back, and the refund that brings it there.
pub(super) fn refund(payment: Payment, now: Timestamp) -> (Payment, Refund) {
    let refund = Refund {
        payment: payment.id,
        amount: payment.amount,
        method: payment.method.clone(),
        expected_at: now.plus_secs(REFUND_EXPECTED_SECS),
        state: RefundState::Pending,
    };
    let paid_at = match payment.state {
        PaymentState::Paid { at } => at,
        _ => now,
    };
    (
        Payment {
            state: PaymentState::Refunded { paid_at },
            ..payment
        },
        refund,
    )
}
