//! How the seats of a grade are named: `GRADE-ROW-NUMBER`.

use std::str::FromStr;

use crate::grade::{GRADE_NAME_LEN_MAX, SeatLabel, SeatType};

/// Most rows of one grade; the last is `ALL`.
pub const ROWS_MAX: u32 = 1_000;

/// Most seats in one row.
pub const SEATS_PER_ROW_MAX: u32 = 1_000;

/// Longest seat label, in bytes: a grade, three letters, four digits and two hyphens.
pub const SEAT_LABEL_LEN_MAX: usize = GRADE_NAME_LEN_MAX + 9;

/// What separates the parts of a label. No grade's name has one.
const SEPARATOR: char = '-';

/// Letters of a row's name.
const LETTERS: u32 = 26;

/// The text cannot name a seat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a seat is named like R-A-12: its grade, its row and its number")]
pub struct InvalidSeatLabel;

impl FromStr for SeatLabel {
    type Err = InvalidSeatLabel;

    /// Reads a label in any case. Whether there is such a seat, the grade's layout knows.
    fn from_str(text: &str) -> Result<Self, InvalidSeatLabel> {
        let mut parts = text.split(SEPARATOR);
        let (Some(grade), Some(row), Some(number), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidSeatLabel);
        };
        let grade: SeatType = grade.parse().map_err(|_| InvalidSeatLabel)?;
        let row = row.trim().to_ascii_uppercase();
        let number = number.trim();
        if row_of(&row).is_none() || number_of(number).is_none() {
            return Err(InvalidSeatLabel);
        }
        Ok(Self(format!("{grade}-{row}-{number}").into()))
    }
}

impl SeatLabel {
    /// The grade's part of the label; empty where it has no parts.
    pub fn grade_name(&self) -> &str {
        self.0.split_once(SEPARATOR).map_or("", |(grade, _)| grade)
    }
}

/// A seat of one grade, by its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seat {
    /// Its row, from 0 at the stage.
    pub row: u32,
    /// Its place in the row, from 0; its number is one more.
    pub place: u32,
}

/// Which seats a grade has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    seat_type: SeatType,
    rows: u32,
    seats_per_row: u32,
}

impl Layout {
    /// Rows of equal length. What exceeds the bounds is left out.
    pub fn new(seat_type: SeatType, rows: u32, seats_per_row: u32) -> Self {
        Self {
            seat_type,
            rows: rows.min(ROWS_MAX),
            seats_per_row: seats_per_row.min(SEATS_PER_ROW_MAX),
        }
    }

    /// The grade.
    pub const fn seat_type(&self) -> &SeatType {
        &self.seat_type
    }

    /// Rows, from the stage.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Seats in each row.
    pub const fn seats_per_row(&self) -> u32 {
        self.seats_per_row
    }

    /// What is printed on a seat.
    pub fn label(&self, seat: Seat) -> SeatLabel {
        let mut label = String::with_capacity(SEAT_LABEL_LEN_MAX);
        label.push_str(self.seat_type.as_str());
        label.push(SEPARATOR);
        push_row_name(&mut label, seat.row);
        label.push(SEPARATOR);
        push_number(&mut label, seat.place + 1);
        SeatLabel(label.into())
    }

    /// The seat of this label, if this grade has it.
    pub fn seat(&self, label: &SeatLabel) -> Option<Seat> {
        let rest = label.0.strip_prefix(self.seat_type.as_str())?;
        let (row, number) = rest.strip_prefix(SEPARATOR)?.split_once(SEPARATOR)?;
        let seat = Seat {
            row: row_of(row)?,
            place: number_of(number)? - 1,
        };
        (seat.row < self.rows && seat.place < self.seats_per_row).then_some(seat)
    }
}

/// A row's letters: A to Z, then AA to AZ, BA and so on.
pub fn row_name(row: u32) -> String {
    let mut name = String::new();
    push_row_name(&mut name, row);
    name
}

fn push_row_name(to: &mut String, row: u32) {
    let (before, letter) = (row / LETTERS, row % LETTERS);
    if let Some(before) = before.checked_sub(1) {
        push_row_name(to, before);
    }
    to.push(char::from(b'A' + u8::try_from(letter).unwrap_or(0)));
}

fn push_number(to: &mut String, number: u32) {
    if number >= 10 {
        push_number(to, number / 10);
    }
    to.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

/// The row of these letters, from 0; `None` where no grade can have it.
fn row_of(letters: &str) -> Option<u32> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let counted = letters.bytes().try_fold(0, |row: u32, letter| {
        let letter = letter.is_ascii_uppercase().then(|| letter - b'A')?;
        Some(row * LETTERS + u32::from(letter) + 1)
    })?;
    (counted <= ROWS_MAX).then(|| counted - 1)
}

/// A seat's number, from 1; `None` where no row can have it, or where it is not written plainly.
fn number_of(digits: &str) -> Option<u32> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number: u32 = digits.parse().ok().filter(|_| plain)?;
    (1..=SEATS_PER_ROW_MAX).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(rows: u32, seats_per_row: u32) -> Layout {
        Layout::new("R".parse().expect("a grade"), rows, seats_per_row)
    }

    #[test]
    fn rows_are_counted_in_letters() {
        for (row, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (27, "AB"),
            (51, "AZ"),
            (52, "BA"),
            (701, "ZZ"),
            (702, "AAA"),
            (ROWS_MAX - 1, "ALL"),
        ] {
            assert_eq!(row_name(row), name);
            assert_eq!(row_of(name), Some(row));
        }
        assert_eq!(row_of("ALM"), None);
    }

    #[test]
    fn every_seat_is_found_by_its_label() {
        let layout = layout(ROWS_MAX, 3);
        for row in 0..ROWS_MAX {
            for place in 0..3 {
                let seat = Seat { row, place };
                assert_eq!(layout.seat(&layout.label(seat)), Some(seat));
            }
        }
        let seat = Seat { row: 26, place: 1 };
        assert_eq!(&*layout.label(seat).0, "R-AA-2");
    }

    #[test]
    fn a_label_is_found_as_it_is_printed_and_in_no_other_way() {
        let layout = layout(2, 12);
        for label in [
            "R-A-0",
            "R-A-01",
            "R-A-13",
            "R-C-1",
            "R-a-1",
            "S-A-1",
            "R-A",
            "R-A-1-1",
            "R-A-+1",
            "R--1",
            "-A-1",
            "",
            "R-A-",
            "R-A-99999999999",
            "RA-1",
            "R-Ä-1",
            "RR-A-1",
        ] {
            assert_eq!(layout.seat(&SeatLabel(label.into())), None, "{label}");
        }
    }

    #[test]
    fn a_label_is_read_in_any_case() {
        for (text, label) in [
            ("r-a-12", "R-A-12"),
            ("vip 1-aa-1", "VIP 1-AA-1"),
            ("스탠딩-b-7", "스탠딩-B-7"),
            (" R - A - 1 ", "R-A-1"),
        ] {
            let read: SeatLabel = text.parse().expect("a seat");
            assert_eq!(&*read.0, label);
        }
        for text in [
            "", "R", "R-A", "A-1", "R-A-0", "R-A-01", "R-A-1-2", "R-1-A", "R-A-1001", "R-ABCD-1",
            "<-A-1", "R-A-1x", "--",
        ] {
            assert_eq!(text.parse::<SeatLabel>(), Err(InvalidSeatLabel), "{text}");
        }
    }

    #[test]
    fn the_longest_label_fits() {
        let grade: SeatType = "X".repeat(GRADE_NAME_LEN_MAX).parse().expect("a grade");
        let layout = Layout::new(grade, ROWS_MAX, SEATS_PER_ROW_MAX);
        let last = Seat {
            row: ROWS_MAX - 1,
            place: SEATS_PER_ROW_MAX - 1,
        };
        assert_eq!(layout.label(last).0.len(), SEAT_LABEL_LEN_MAX);
    }
}
