//! Writing the payments and refunds of a group.

use std::collections::HashSet;
use std::sync::LazyLock;

use boxoffice::group::Group;
use boxoffice::ids::PaymentId;
use boxoffice::payment::{PaymentState, Refund, RefundState};
use boxoffice::time::Timestamp;
use sqlx::SqliteConnection;

use super::commit::{expect_changed, of_all};
use super::failure::Failure;
use super::statements::{Lookup, Values, WriteRows};
use crate::names;
use crate::shape::{payment_of, refund_of};

/// An attempt never moves to another reservation: a row of another's is left as it is, and the
/// count then refuses the group.
pub(super) static PUT_PAYMENTS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head = "INSERT INTO payments (payment_id, event_id, reservation_id, amount, method, \
        started_at, state, settled_at) VALUES ";
    let tail = " ON CONFLICT (payment_id) DO UPDATE SET amount = excluded.amount, \
        method = excluded.method, started_at = excluded.started_at, state = excluded.state, \
        settled_at = excluded.settled_at \
        WHERE event_id = excluded.event_id AND reservation_id = excluded.reservation_id";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?, ?, ?)", tail)
});

static PUT_REFUNDS: LazyLock<WriteRows> = LazyLock::new(|| {
    let head =
        "INSERT INTO refunds (payment_id, amount, method, expected_at, state, done_at) VALUES ";
    let tail = " ON CONFLICT (payment_id) DO UPDATE SET amount = excluded.amount, \
        method = excluded.method, expected_at = excluded.expected_at, state = excluded.state, \
        done_at = excluded.done_at";
    WriteRows::new(head, "(?, ?, ?, ?, ?, ?)", tail)
});

pub(super) static SELECT_PAYMENTS: LazyLock<Lookup> = LazyLock::new(|| {
    let head = "SELECT payment_id FROM payments WHERE payment_id IN (";
    Lookup::new(head, "?", ")")
});

/// Writes the payments that groups made or changed.
pub(super) async fn write_payments(
    connection: &mut SqliteConnection,
    groups: &[&Group],
) -> Result<(), Failure> {
    let payments = of_all(groups, |group| &group.changes.payments);
    let changed = PUT_PAYMENTS
        .execute(
            connection,
            &payments,
            |values, (event, (reservation, payment))| {
                let settled_at = match payment.state {
                    PaymentState::Pending => None,
                    PaymentState::Paid { at }
                    | PaymentState::Declined { at }
                    | PaymentState::Refunded { paid_at: at } => Some(at),
                };
                values
                    .bytes(payment.id.as_bytes())
                    .int(event.0)
                    .bytes(reservation.as_bytes())
                    .int(payment.amount.0)
                    .text(&payment.method)
                    .int(payment.started_at.as_micros())
                    .text(names::payment_state(payment.state))
                    .int_or_null(settled_at.map(Timestamp::as_micros));
            },
        )
        .await?;
    expect_changed("payments", payments.len(), changed)
}

/// Refuses the groups where one of their reservations refers to a payment that is not there.
///
/// No foreign key does it, because it would have `SQLite` keep a copy of each page that new
/// reservations change.
pub(super) async fn check_references(
    connection: &mut SqliteConnection,
    groups: &[&Group],
) -> Result<(), Failure> {
    let mut elsewhere = Vec::new();
    for changes in groups.iter().map(|group| &group.changes) {
        let written: HashSet<PaymentId> =
            changes.payments.iter().map(|(_, paid)| paid.id).collect();
        let touched = changes.reservations.iter();
        let payments = touched.filter_map(|touched| payment_of(&touched.reservation));
        elsewhere.extend(
            payments
                .map(|payment| payment.id)
                .filter(|id| !written.contains(id)),
        );
    }
    elsewhere.sort_unstable();
    elsewhere.dedup();
    let bind = |values: &mut Values, id: &PaymentId| {
        values.bytes(id.as_bytes());
    };
    let known = SELECT_PAYMENTS
        .rows(connection, &elsewhere, |_| (), bind)
        .await?;
    if known.len() == elsewhere.len() {
        return Ok(());
    }
    Err(Failure::Refused(
        "a reservation refers to a payment that is not there".to_owned(),
    ))
}

/// Writes the refunds of groups: of the reservations that they made or changed, and those that no
/// reservation carries.
pub(super) async fn write_refunds(
    connection: &mut SqliteConnection,
    groups: &[&Group],
) -> Result<(), Failure> {
    let refunds: Vec<&Refund> = groups
        .iter()
        .flat_map(|group| {
            let touched = group.changes.reservations.iter();
            touched
                .filter_map(|touched| refund_of(&touched.reservation))
                .chain(&group.changes.refunds)
        })
        .collect();
    let changed = PUT_REFUNDS
        .execute(connection, &refunds, |values, refund| {
            let done_at = match refund.state {
                RefundState::Pending => None,
                RefundState::Done { at } => Some(at.as_micros()),
            };
            values
                .bytes(refund.payment.as_bytes())
                .int(refund.amount.0)
                .text(&refund.method)
                .int(refund.expected_at.as_micros())
                .text(names::refund_state(refund.state))
                .int_or_null(done_at);
        })
        .await?;
    expect_changed("refunds", refunds.len(), changed)
}
