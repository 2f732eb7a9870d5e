//! Where the reservations of an event are in a list.

use uuid::Uuid;

/// A reservation that was not put anywhere yet.
const NOWHERE: usize = usize::MAX;

/// A place for each of some reservations that are known beforehand.
#[derive(Debug)]
pub(super) struct Places {
    /// Sorted. As numbers, which compare faster than bytes.
    ids: Vec<u128>,
    places: Vec<usize>,
}

impl Places {
    /// Of these reservations, none of which has a place.
    pub(super) fn of(ids: impl Iterator<Item = Uuid>) -> Self {
        let mut ids: Vec<u128> = ids.map(|id| id.as_u128()).collect();
        ids.sort_unstable();
        Self {
            places: vec![NOWHERE; ids.len()],
            ids,
        }
    }

    /// Puts one of them somewhere.
    pub(super) fn put(&mut self, id: Uuid, place: usize) {
        if let Ok(index) = self.ids.binary_search(&id.as_u128()) {
            self.places[index] = place;
        }
    }

    /// Where it was put, if it was.
    pub(super) fn get(&self, id: Uuid) -> Option<usize> {
        let index = self.ids.binary_search(&id.as_u128()).ok()?;
        Some(self.places[index]).filter(|place| *place != NOWHERE)
    }
}
