//! Writing the payments and refunds of groups.

use std::collections::HashSet;

use boxoffice::group::Group;
use boxoffice::ids::{EventId, PaymentId, ReservationId};
use boxoffice::payment::{Payment, PaymentState, Refund, RefundState};
use boxoffice::time::Timestamp;

use super::commit::{Guard, Writing};
use super::packet::Value;
use crate::names;
use crate::shape::{payment_of, refund_of};

const PUT_PAYMENTS: &str = "INSERT INTO payments (payment_id, event_id, reservation_id, amount, \
    method, started_at, state, settled_at) VALUES ";

const SAME_PAYMENTS: &str = " ON DUPLICATE KEY UPDATE amount = VALUES(amount), \
    method = VALUES(method), started_at = VALUES(started_at), state = VALUES(state), \
    settled_at = VALUES(settled_at)";

const PUT_REFUNDS: &str =
    "INSERT INTO refunds (payment_id, amount, method, expected_at, state, done_at) VALUES ";

const SAME_REFUNDS: &str = " ON DUPLICATE KEY UPDATE amount = VALUES(amount), \
    method = VALUES(method), expected_at = VALUES(expected_at), state = VALUES(state), \
    done_at = VALUES(done_at)";

/// Writes the payments that groups made or changed. An attempt never moves to another
/// reservation: the count of those that are where they belong refuses its group then.
pub(super) fn write_payments(writing: &mut Writing, groups: &[&Group]) {
    let payments: Vec<(EventId, ReservationId, &Payment)> = groups
        .iter()
        .flat_map(|group| {
            let payments = group.changes.payments.iter();
            payments.map(|(reservation, payment)| (group.event, *reservation, payment))
        })
        .collect();
    if payments.is_empty() {
        return;
    }
    let rows = payments.iter().map(|(event, reservation, payment)| {
        let settled_at = match payment.state {
            PaymentState::Pending => None,
            PaymentState::Paid { at }
            | PaymentState::Declined { at }
            | PaymentState::Refunded { paid_at: at } => Some(at),
        };
        [
            payment.id.as_bytes().into(),
            event.0.into(),
            reservation.as_bytes().into(),
            payment.amount.0.into(),
            payment.method.as_str().into(),
            payment.started_at.as_micros().into(),
            names::payment_state(payment.state).into(),
            settled_at.map(Timestamp::as_micros).into(),
        ]
    });
    writing
        .packet
        .add_rows((PUT_PAYMENTS, SAME_PAYMENTS), &[], rows);
    let belong = payments.iter().map(|(event, reservation, payment)| {
        [
            payment.id.as_bytes().into(),
            event.0.into(),
            reservation.as_bytes().into(),
        ]
    });
    let mut payment_ids: Vec<PaymentId> = payments.iter().map(|(_, _, paid)| paid.id).collect();
    payment_ids.sort_unstable();
    payment_ids.dedup();
    let head = "SET @wrong = IF((SELECT COUNT(*) FROM payments \
        WHERE (payment_id, event_id, reservation_id) IN (";
    let (wanted, guard) = (payment_ids.len(), Guard::Payments as i64);
    let tail = format!(")) = {wanted}, @wrong, {guard})");
    writing.packet.add_rows((head, &tail), &[], belong);
}

/// Refuses a group where one of its reservations refers to a payment that is not there.
pub(super) fn check_references(writing: &mut Writing, groups: &[&Group]) {
    let changes = || groups.iter().map(|group| &group.changes);
    let touched = changes().flat_map(|changes| &changes.reservations);
    let payments = touched.filter_map(|touched| payment_of(&touched.reservation));
    let written = changes().flat_map(|changes| &changes.payments);
    let written: HashSet<PaymentId> = written.map(|(_, paid)| paid.id).collect();
    let mut elsewhere: Vec<PaymentId> = payments
        .map(|payment| payment.id)
        .filter(|id| !written.contains(id))
        .collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    if elsewhere.is_empty() {
        return;
    }
    let head = "SET @wrong = IF((SELECT COUNT(*) FROM payments WHERE payment_id IN (";
    let (wanted, guard) = (elsewhere.len(), Guard::PaymentReferences as i64);
    let tail = format!(")) = {wanted}, @wrong, {guard})");
    let rows = elsewhere.iter().map(|id| [Value::from(id.as_bytes())]);
    writing.packet.add_rows((head, &tail), &[], rows);
}

/// Writes the refunds that groups made or changed, with their reservations or without.
pub(super) fn write_refunds(writing: &mut Writing, groups: &[&Group]) {
    let refunds: Vec<&Refund> = groups
        .iter()
        .flat_map(|group| {
            let touched = group.changes.reservations.iter();
            let carried = touched.filter_map(|touched| refund_of(&touched.reservation));
            carried.chain(&group.changes.refunds)
        })
        .collect();
    if refunds.is_empty() {
        return;
    }
    let rows = refunds.iter().map(|refund| {
        let done_at = match refund.state {
            RefundState::Pending => None,
            RefundState::Done { at } => Some(at.as_micros()),
        };
        [
            refund.payment.as_bytes().into(),
            refund.amount.0.into(),
            refund.method.as_str().into(),
            refund.expected_at.as_micros().into(),
            names::refund_state(refund.state).into(),
            done_at.into(),
        ]
    });
    writing
        .packet
        .add_rows((PUT_REFUNDS, SAME_REFUNDS), &[], rows);
}
