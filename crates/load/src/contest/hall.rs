//! The hall of a contest with numbered seats, and who wants which of them.

use std::fmt;

/// How buyers come to numbered seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// Each names the seats that she wants, and many want the same.
    ByName,
    /// Each takes the best that are left.
    Best,
}

impl fmt::Display for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByName => "seats by name",
            Self::Best => "the best seats",
        })
    }
}

/// Rows of equal length, as near to a square as the number of tickets allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hall {
    /// Rows, from the stage.
    pub rows: u32,
    /// Seats in each.
    pub seats_per_row: u32,
}

impl Hall {
    /// A hall of this many seats.
    pub fn of(seats: u32) -> Self {
        let fits = |length: &u32| seats.is_multiple_of(*length) && length * length <= seats;
        let rows = (1..=seats.isqrt()).rev().find(fits).unwrap_or(1);
        Self {
            rows,
            seats_per_row: seats / rows,
        }
    }

    /// The label of a seat of `grade`, counted from 0 at the stage.
    pub fn label(self, grade: &str, seat: u32) -> String {
        let (row, place) = (seat / self.seats_per_row, seat % self.seats_per_row);
        format!("{grade}-{}-{}", letters(row), place + 1)
    }

    /// The neighbours that a buyer names. Buyers one after another begin at one seat after
    /// another, so that every seat is wanted as often as there are buyers for it.
    pub fn wanted(self, grade: &str, buyer: u32, quantity: u32) -> Vec<String> {
        let seat = buyer % (self.rows * self.seats_per_row);
        let place = seat % self.seats_per_row;
        let first = place.min(self.seats_per_row.saturating_sub(quantity));
        let row = seat - place;
        let seats = row + first..row + first + quantity;
        seats.map(|seat| self.label(grade, seat)).collect()
    }
}

/// A to Z, AA to AZ, BA and so on.
pub(super) fn letters(row: u32) -> String {
    let last = char::from_u32(u32::from('A') + row % 26).unwrap_or('A');
    let before = (row >= 26).then(|| letters(row / 26 - 1));
    before.unwrap_or_default() + &last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hall_has_as_many_seats_as_there_are_tickets() {
        for seats in [1, 7, 30, 100, 250, 1_000, 20_000] {
            let hall = Hall::of(seats);
            assert_eq!(hall.rows * hall.seats_per_row, seats);
        }
        let square = Hall {
            rows: 10,
            seats_per_row: 10,
        };
        assert_eq!(Hall::of(100), square);
    }

    #[test]
    fn rows_have_letters() {
        for (row, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(row), name);
        }
    }

    #[test]
    fn every_seat_is_wanted_and_a_party_stays_in_its_row() {
        let hall = Hall::of(100);
        assert_eq!(hall.wanted("R", 0, 1), ["R-A-1"]);
        assert_eq!(hall.wanted("R", 99, 1), ["R-J-10"]);
        assert_eq!(hall.wanted("R", 100, 1), ["R-A-1"]);
        assert_eq!(hall.wanted("R", 19, 3), ["R-B-8", "R-B-9", "R-B-10"]);
    }
}
