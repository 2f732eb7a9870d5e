//! Numbered seats: how they are named, which of them are taken, and which are the best that are left.
//!
//! An assigned grade has rows from the stage outwards, each with the same number of seats. What
//! is taken is kept as bits, and follows from the claims in the database; it is as old or as new as
//! the event's version that it is kept with.

mod best;
mod layout;
mod map;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::grade::{Grade, SeatLabel, SeatType, Seating};

pub use layout::{
    InvalidSeatLabel, Layout, ROWS_MAX, SEAT_LABEL_LEN_MAX, SEATS_PER_ROW_MAX, Seat, row_name,
};
pub use map::{SeatMap, SeatState};

/// Most numbered seats that one event may have, over all its grades.
pub const ASSIGNED_SEATS_MAX: u32 = 100_000;

/// The seat maps of an event's assigned grades.
///
/// Empty, and free to clone, where the event has none. A clone shares the maps; whoever changes one
/// gets a copy of that one alone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeatMaps(Vec<Arc<SeatMap>>);

impl SeatMaps {
    /// The maps of these grades' assigned ones, with every seat free.
    pub fn of(grades: &[Grade]) -> Self {
        let layout = |grade: &Grade| match grade.seating {
            Seating::General => None,
            Seating::Assigned {
                rows,
                seats_per_row,
            } => Some(Layout::new(grade.seat_type.clone(), rows, seats_per_row)),
        };
        let layouts = grades.iter().filter_map(layout);
        Self(
            layouts
                .map(|layout| Arc::new(SeatMap::of(layout)))
                .collect(),
        )
    }

    /// Whether the event has no assigned grade, or was read without its seats.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every map, in the order of the grades.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<SeatMap>> {
        self.0.iter()
    }

    /// The map of this grade, if it is an assigned one.
    pub fn of_grade(&self, seat_type: &SeatType) -> Option<&Arc<SeatMap>> {
        self.0
            .iter()
            .find(|map| map.layout().seat_type() == seat_type)
    }

    /// Where this seat stands; `None` where no grade has it.
    pub fn state(&self, label: &SeatLabel) -> Option<SeatState> {
        let (at, seat) = self.find(label)?;
        Some(self.0[at].state(seat))
    }

    /// Changes where seats stand. Labels that no grade has are left alone.
    pub fn set(&mut self, labels: &[SeatLabel], state: SeatState) {
        if labels.is_empty() {
            return;
        }
        for map in &mut self.0 {
            let layout = map.layout();
            let seats: Vec<Seat> = labels.iter().filter_map(|seat| layout.seat(seat)).collect();
            if !seats.is_empty() {
                Arc::make_mut(map).set(&seats, state);
            }
        }
    }

    /// The seats that stand otherwise here than in `older` maps of the same event, in order.
    ///
    /// A map that both share is not looked at; of another, each word is, not each seat.
    pub fn changed_since(&self, older: &Self) -> Vec<(SeatLabel, SeatState)> {
        let mut changed = Vec::new();
        for map in &self.0 {
            let before = older.of_grade(map.layout().seat_type());
            let Some(before) = before.filter(|before| !Arc::ptr_eq(before, map)) else {
                continue;
            };
            let seats = map.changed_since(before).into_iter();
            changed.extend(seats.map(|(seat, state)| (map.label(seat), state)));
        }
        changed
    }

    fn find(&self, label: &SeatLabel) -> Option<(usize, Seat)> {
        let mut maps = self.0.iter().enumerate();
        maps.find_map(|(at, map)| Some((at, map.layout().seat(label)?)))
    }
}
