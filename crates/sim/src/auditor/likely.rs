//! Which of an event's deeds of one moment to try first: in the order in which the database made
//! them. It decides nothing; from a bad guess the search would only take longer.

use super::model::{Change, Taken};
use crate::history::Status;

/// What the database was not seen to make.
const UNSEEN: usize = usize::MAX;

/// In which order the database made what of each reservation.
#[derive(Debug)]
pub(super) struct Likely {
    /// By the reservation's place, and by what was made of it.
    orders: Vec<[usize; Status::COUNT]>,
    /// When the event was called off.
    off: usize,
}

impl Likely {
    /// Of changes in the order in which they were made, each of the reservation at a place, or
    /// without one of the event itself; there are `len` reservations.
    pub(super) fn of(changes: impl Iterator<Item = (Option<usize>, Status)>, len: usize) -> Self {
        let mut orders = vec![[UNSEEN; Status::COUNT]; len];
        let mut off = UNSEEN;
        for (order, (place, status)) in changes.enumerate() {
            let Some(place) = place else {
                off = order.min(off);
                continue;
            };
            let first = &mut orders[place][status as usize];
            *first = order.min(*first);
        }
        Self { orders, off }
    }

    /// What to sort deeds of one moment by.
    ///
    /// Of a reservation that a group changes more than once, the database is told how it ended: what
    /// came before goes with that, and ahead of it.
    pub(super) fn order(&self, change: &Change, taken: &[Taken]) -> (usize, Status) {
        let (place, made) = match change {
            Change::Take(index) => (*index, taken[*index].first),
            Change::GiveBack { reservation, .. } | Change::Clear(reservation) => {
                (*reservation, Status::Cancelled)
            }
            Change::CallOff => return (self.off, Status::Cancelled),
            Change::Expire(index) => (*index, Status::Expired),
            Change::Confirm(index) => (*index, Status::Confirmed),
        };
        let from_here = &self.orders[place][made as usize..];
        let seen = from_here.iter().find(|order| **order != UNSEEN);
        (seen.copied().unwrap_or(UNSEEN), made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> Taken {
        Taken {
            user: 0,
            grade: 0,
            quantity: 1,
            first: Status::Held,
            seats: Vec::new(),
            key: None,
        }
    }

    #[test]
    fn what_was_paid_and_given_back_in_one_group_is_paid_first() {
        // The first was held before; its group pays for it, gives it back, and holds the others.
        let taken = [taken(), taken(), taken()];
        let changes = [
            (0, Status::Held),
            (0, Status::Cancelled),
            (1, Status::Held),
            (2, Status::Held),
        ];
        let changes = changes.into_iter();
        let changes = changes.map(|(place, status)| (Some(place), status));
        let likely = Likely::of(changes, taken.len());
        let give_back = Change::GiveBack {
            reservation: 0,
            key: None,
        };
        let mut deeds = [
            give_back,
            Change::Take(2),
            Change::Take(1),
            Change::Confirm(0),
            Change::Take(0),
        ];
        deeds.sort_by_key(|change| likely.order(change, &taken));
        assert!(matches!(
            deeds,
            [
                Change::Take(0),
                Change::Confirm(0),
                Change::GiveBack { .. },
                Change::Take(1),
                Change::Take(2),
            ]
        ));
    }
}
