//! Whether numbered seats were given as the buyers were told, each to one of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Attempt, Entry, Ledger, Outcome, sales};
use crate::contest::violation::Violation;

/// Finds every contradiction about seats. There is none where nothing has a number.
///
/// A seat that was refused must be somebody else's in the ledger, or have been: a seat that nobody
/// ever had was not taken.
pub(super) fn check(attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let Some(map) = &ledger.seats else { return };
    check_entries(map, ledger, found);
    check_map(map, ledger, found);
    check_told(attempts, ledger, found);
    check_refusals(attempts, ledger, found);
}

/// Seats that several live reservations have.
pub(super) fn owned_twice(ledger: &Ledger) -> BTreeMap<&str, Vec<&str>> {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in ledger.all().filter(|entry| entry.is_live()) {
        for seat in &entry.seats {
            owners.entry(seat).or_default().push(&entry.reservation_id);
        }
    }
    owners.retain(|_, owners| owners.len() > 1);
    owners
}

/// Every reservation has as many seats as tickets, each of them its own.
fn check_entries(map: &BTreeMap<String, bool>, ledger: &Ledger, found: &mut Vec<Violation>) {
    for entry in ledger.all() {
        let distinct: BTreeSet<&String> = entry.seats.iter().collect();
        let fit = distinct.len() == entry.quantity as usize
            && entry.seats.len() == distinct.len()
            && entry.seats.iter().all(|seat| map.contains_key(seat));
        if !fit {
            found.push(Violation::SeatsUnfit {
                reservation_id: entry.reservation_id.clone(),
                quantity: entry.quantity,
                seats: entry.seats.clone(),
            });
        }
    }
    let twice = owned_twice(ledger).into_iter();
    found.extend(twice.map(|(seat, owners)| Violation::SeatSoldTwice {
        seat: seat.to_owned(),
        reservations: owners.into_iter().map(str::to_owned).collect(),
    }));
}

/// The map says that a seat is taken where a live reservation has it, and nowhere else.
fn check_map(map: &BTreeMap<String, bool>, ledger: &Ledger, found: &mut Vec<Violation>) {
    let live = ledger.all().filter(|entry| entry.is_live());
    let owned: BTreeSet<&String> = live.flat_map(|entry| &entry.seats).collect();
    let differing = map
        .iter()
        .filter(|(seat, taken)| owned.contains(seat) != **taken);
    found.extend(
        differing.map(|(seat, taken)| Violation::MapDiffersFromLedger {
            seat: seat.clone(),
            taken: *taken,
        }),
    );
}

/// Who named seats got those; who was told of seats has them in the ledger.
fn check_told(attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let listed: HashMap<&str, &Entry> = ledger
        .entries
        .iter()
        .map(|entry| (entry.reservation_id.as_str(), entry))
        .collect();
    for (attempt, sale) in sales(attempts) {
        let named = !attempt.seats.is_empty();
        let entry = listed.get(sale.reservation_id.as_str());
        let differs = (named && sale.seats != attempt.seats)
            || entry.is_some_and(|entry| entry.seats != sale.seats);
        if differs {
            found.push(Violation::SeatsDiffer {
                user_id: attempt.user_id.clone(),
                asked: attempt.seats.clone(),
                told: sale.seats.clone(),
                listed: entry.map(|entry| entry.seats.clone()).unwrap_or_default(),
            });
        }
    }
}

fn check_refusals(attempts: &[Attempt], ledger: &Ledger, found: &mut Vec<Violation>) {
    let mut owners: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for entry in ledger.all() {
        for seat in &entry.seats {
            owners.entry(seat).or_default().insert(&entry.user_id);
        }
    }
    for attempt in attempts {
        let Outcome::SeatsTaken(taken) = &attempt.outcome else {
            continue;
        };
        let is_anothers = |seat: &String| {
            let owners = owners.get(seat.as_str());
            attempt.seats.contains(seat)
                && owners.is_some_and(|owners| owners.iter().any(|user| *user != attempt.user_id))
        };
        if taken.is_empty() || !taken.iter().all(is_anothers) {
            found.push(Violation::SeatsNotTaken {
                user_id: attempt.user_id.clone(),
                asked: attempt.seats.clone(),
                taken: taken.clone(),
            });
        }
    }
}
