//! Which seats a buyer gets: those that she names, or the best that are left.

use std::collections::HashSet;

use crate::command::{Reserve, ReserveError, SeatFault, Unserved};
use crate::grade::{Grade, SeatLabel, Seating};
use crate::planted::planted;
use crate::seats::{Seat, SeatMap, SeatState};

use super::draft::Draft;

/// What is asked of an assigned grade.
pub(super) enum Asked<'m> {
    /// Of a grade whose seats have no numbers.
    Any,
    /// The best together.
    Best(&'m SeatMap),
    /// These, all of which there are.
    Named(&'m SeatMap, Vec<Seat>),
}

impl Draft<'_> {
    /// What seats are asked for, if the grade has them all.
    pub(super) fn seats_asked<'d>(
        &'d self,
        reserve: &Reserve,
        grade: &Grade,
    ) -> Result<Asked<'d>, ReserveError> {
        if grade.seating == Seating::General {
            if reserve.seats.is_empty() {
                return Ok(Asked::Any);
            }
            return Err(ReserveError::SeatsNotNumbered);
        }
        // An event that sells is always read with its seats.
        let map = self.seats.of_grade(&grade.seat_type);
        let map = map.ok_or(Unserved::Internal)?;
        if reserve.seats.is_empty() {
            return Ok(Asked::Best(map));
        }
        let mut asked = HashSet::new();
        let mut seats = Vec::with_capacity(reserve.seats.len());
        let mut faults = Vec::new();
        for (index, label) in reserve.seats.iter().enumerate() {
            match map.layout().seat(label) {
                Some(seat) if asked.insert(seat) => seats.push(seat),
                Some(_) => faults.push((index, SeatFault::Repeated)),
                None if label.grade_name() == grade.seat_type.as_str() => {
                    faults.push((index, SeatFault::Unknown));
                }
                None => faults.push((index, SeatFault::OtherGrade)),
            }
        }
        if !faults.is_empty() {
            let seat_type = grade.seat_type.clone();
            return Err(ReserveError::SeatsUnfit { seat_type, faults });
        }
        if seats.len() != reserve.quantity.get() as usize {
            return Err(ReserveError::SeatsDisagree);
        }
        Ok(Asked::Named(map, seats))
    }
}

impl Asked<'_> {
    /// The seats that a party of `count` gets, all or none.
    pub(super) fn give(self, count: u32) -> Result<Vec<SeatLabel>, ReserveError> {
        let labels = |map: &SeatMap, seats: Vec<Seat>| -> Vec<SeatLabel> {
            seats.into_iter().map(|seat| map.label(seat)).collect()
        };
        match self {
            Self::Any => Ok(Vec::new()),
            Self::Best(map) => match map.best(count) {
                Some(seats) => Ok(labels(map, seats)),
                None => Err(ReserveError::InsufficientSeats {
                    requested: count,
                    available: map.free(),
                }),
            },
            Self::Named(map, seats) => {
                let is_taken = |seat: &Seat| {
                    map.state(*seat) != SeatState::Available && !planted!(SeatNotLookedAt)
                };
                let taken: Vec<Seat> = seats.iter().copied().filter(is_taken).collect();
                if taken.is_empty() {
                    Ok(labels(map, seats))
                } else {
                    Err(ReserveError::SeatTaken {
                        seats: labels(map, taken),
                    })
                }
            }
        }
    }
}
