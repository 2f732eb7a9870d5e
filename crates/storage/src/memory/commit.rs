//! A group: checked against the maps first, then applied whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use boxoffice::grade::SeatLabel;
use boxoffice::group::{Group, Touched};
use boxoffice::idempotency::KeyRecord;
use boxoffice::ids::PaymentId;
use boxoffice::reservation::Reservation;
use boxoffice::store::CommitError;

use super::state::{KeyRow, KeyScope, LedTo, LogLine, PaymentRow, State};
use crate::shape::{check_group, payment_of, refund_of};

/// Commits a group whole or not at all.
pub(super) fn commit(state: &mut State, group: &Group) -> Result<(), CommitError> {
    check_group(group).map_err(CommitError::Refused)?;
    if state
        .events
        .get(&group.event)
        .is_none_or(|row| row.version != group.base)
    {
        return Err(CommitError::VersionTaken);
    }
    check(state, group).map_err(CommitError::Refused)?;
    apply(state, group);
    Ok(())
}

fn check(state: &State, group: &Group) -> Result<(), String> {
    let changes = &group.changes;
    let row = &state.events[&group.event];
    for grade in &changes.grades {
        let known = row
            .grades
            .iter()
            .any(|known| known.seat_type == grade.seat_type);
        expect(known, || format!("no grade {}", grade.seat_type))?;
    }
    for (reservation, payment) in &changes.payments {
        let same = state
            .payments
            .get(&payment.id)
            .is_none_or(|row| row.event == group.event && row.reservation == *reservation);
        expect(same, || {
            format!("payment {} is another reservation's", payment.id)
        })?;
    }
    let paid: BTreeSet<PaymentId> = changes.payments.iter().map(|(_, paid)| paid.id).collect();
    for touched in &changes.reservations {
        check_touched(state, touched, &paid)?;
    }
    for refund in &changes.refunds {
        let known = paid.contains(&refund.payment) || state.payments.contains_key(&refund.payment);
        expect(known, || format!("no payment {}", refund.payment))?;
    }
    check_claims(state, group)?;
    let mut keys = BTreeSet::new();
    for record in &changes.keys {
        let scope = scope(group, record);
        let new = !state.keys.contains_key(&scope) && keys.insert(scope);
        expect(new, || {
            format!("key {} exists", record.request.key.as_str())
        })?;
    }
    Ok(())
}

fn check_touched(
    state: &State,
    touched: &Touched,
    paid: &BTreeSet<PaymentId>,
) -> Result<(), String> {
    let reservation = &*touched.reservation;
    let known = state.stored(reservation.id);
    let fits = match known {
        Some(known) => !touched.new && known.event == reservation.event,
        None => touched.new,
    };
    expect(fits, || {
        format!("reservation {} exists, or does not", reservation.id)
    })?;
    let payments = [
        payment_of(reservation).map(|payment| payment.id),
        refund_of(reservation).map(|refund| refund.payment),
    ];
    for id in payments.into_iter().flatten() {
        let known = paid.contains(&id) || state.payments.contains_key(&id);
        expect(known, || format!("no payment {id}"))?;
    }
    Ok(())
}

/// Seats given back in the group may be claimed in it.
fn check_claims(state: &State, group: &Group) -> Result<(), String> {
    let claims = state.claims.get(&group.event);
    let owner = |seat| claims.and_then(|claims| claims.get(seat));
    let mut returned: BTreeSet<&SeatLabel> = BTreeSet::new();
    for ended in group
        .changes
        .reservations
        .iter()
        .filter(|touched| ends(state, touched))
    {
        for seat in &ended.reservation.seats {
            let own = owner(seat) == Some(&ended.reservation.id);
            expect(own, || format!("seat {seat} was not claimed"))?;
            returned.insert(seat);
        }
    }
    let mut claimed: BTreeSet<&SeatLabel> = BTreeSet::new();
    for reservation in new_live(group) {
        for seat in &reservation.seats {
            let free = owner(seat).is_none() || returned.contains(seat);
            expect(free && claimed.insert(seat), || {
                format!("seat {seat} is claimed")
            })?;
        }
    }
    Ok(())
}

fn apply(state: &mut State, group: &Group) {
    let changes = &group.changes;
    for (reservation, payment) in &changes.payments {
        let row = PaymentRow {
            event: group.event,
            reservation: *reservation,
            payment: payment.clone(),
        };
        state.payments.insert(payment.id, row);
    }
    let carried = changes.reservations.iter();
    let carried = carried.filter_map(|touched| refund_of(&touched.reservation));
    for refund in carried.chain(&changes.refunds) {
        state.refunds.insert(refund.payment, refund.clone());
    }
    apply_claims(state, group);
    for touched in &changes.reservations {
        let reservation = match state.stored(touched.reservation.id) {
            Some(before) => Arc::new(updated(before, &touched.reservation)),
            None => Arc::clone(&touched.reservation),
        };
        state.put(Arc::clone(&reservation));
        if !reservation.seats.is_empty() {
            state.map_seats(&reservation);
        }
    }
    for record in &changes.keys {
        let row = KeyRow {
            request: record.request.clone(),
            led_to: LedTo::Reservation(record.reservation),
            at: record.at,
        };
        state.keys.insert(scope(group, record), row);
    }
    let Some(row) = state.events.get_mut(&group.event) else {
        return;
    };
    for grade in &changes.grades {
        for known in row
            .grades
            .iter_mut()
            .filter(|known| known.seat_type == grade.seat_type)
        {
            known.price = grade.price;
            known.stock = grade.stock;
        }
    }
    if let Some(event) = &changes.event {
        row.event = Arc::clone(event);
    }
    row.version = group.base.next();
    row.last_now = group.now;
    row.log.insert(
        row.version,
        LogLine {
            group: group.id,
            at: group.now,
        },
    );
}

fn apply_claims(state: &mut State, group: &Group) {
    let touched = group.changes.reservations.iter();
    let ended = touched.filter(|touched| ends(state, touched));
    let returned: Vec<&SeatLabel> = ended.flat_map(|ended| &ended.reservation.seats).collect();
    let claims = state.claims.entry(group.event).or_default();
    for seat in returned {
        claims.remove(seat);
    }
    for new in new_live(group) {
        let claimed = new.seats.iter().map(|seat| (seat.clone(), new.id));
        claims.extend(claimed);
    }
}

fn new_live(group: &Group) -> impl Iterator<Item = &Reservation> {
    let new = group
        .changes
        .reservations
        .iter()
        .filter(|touched| touched.new);
    new.map(|touched| &*touched.reservation)
        .filter(|new| new.status().is_live())
}

/// Whether the reservation was live before and is not after.
fn ends(state: &State, touched: &Touched) -> bool {
    let was_live = state
        .stored(touched.reservation.id)
        .is_some_and(|before| before.status().is_live());
    was_live && !touched.reservation.status().is_live()
}

/// A reservation's state and tickets change; what was sold to whom does not.
fn updated(before: &Reservation, after: &Reservation) -> Reservation {
    let mut tickets = after.tickets.clone();
    let gone = |number| after.tickets.iter().all(|ticket| ticket.number != number);
    tickets.extend(
        before
            .tickets
            .iter()
            .filter(|ticket| gone(ticket.number))
            .cloned(),
    );
    tickets.sort_by_key(|ticket| ticket.number);
    Reservation {
        state: after.state.clone(),
        tickets,
        ..before.clone()
    }
}

fn scope(group: &Group, record: &KeyRecord) -> KeyScope {
    (
        Some(group.event),
        Some(record.user.clone()),
        record.request.key.clone(),
    )
}

fn expect(holds: bool, mistake: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(mistake()) }
}
