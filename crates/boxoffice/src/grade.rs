//! Grades and their stock: how many seats there are, held, sold and left.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Longest grade name, in bytes.
pub const GRADE_NAME_LEN_MAX: usize = 32;

/// A grade's name in upper case: `VIP`, `R`, `STANDING`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeatType(Arc<str>);

impl SeatType {
    /// The name in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SeatType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot name a grade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a grade's name is 1 to 32 bytes of letters, digits, '_' or spaces, and has no '-'")]
pub struct InvalidSeatType;

impl FromStr for SeatType {
    type Err = InvalidSeatType;

    /// Reads a name in any case. No `-`: it separates the parts of a seat's label.
    fn from_str(text: &str) -> Result<Self, InvalidSeatType> {
        let name = text.trim();
        let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == ' ';
        let upper = name.to_uppercase();
        if upper.is_empty() || upper.len() > GRADE_NAME_LEN_MAX || !upper.chars().all(allowed) {
            return Err(InvalidSeatType);
        }
        Ok(Self(upper.into()))
    }
}

/// A seat's label as it is printed and compared: `GRADE-ROW-NUMBER`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeatLabel(pub Arc<str>);

impl fmt::Display for SeatLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a grade's buyers find their places.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Seating {
    /// First come, best place.
    General,
    /// Each ticket names its seat.
    Assigned {
        /// Rows, from the stage.
        rows: u32,
        /// Seats in each row.
        seats_per_row: u32,
    },
}

/// Where a grade's seats are. `available + held + sold == total`, always.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Stock {
    /// All seats.
    pub total: u32,
    /// Free to take.
    pub available: u32,
    /// Taken, not yet paid.
    pub held: u32,
    /// Taken for good.
    pub sold: u32,
}

impl Stock {
    /// A fresh stock of `total` seats, all free.
    pub const fn of(total: u32) -> Self {
        Self {
            total,
            available: total,
            held: 0,
            sold: 0,
        }
    }

    /// Moves `count` seats from available to held; `None` where fewer are left.
    #[must_use]
    pub fn hold(self, count: u32) -> Option<Self> {
        let available = self.available.checked_sub(count)?;
        Some(Self {
            available,
            held: self.held + count,
            ..self
        })
    }

    /// Moves `count` seats from available to sold; `None` where fewer are left.
    #[must_use]
    pub fn sell(self, count: u32) -> Option<Self> {
        let available = self.available.checked_sub(count)?;
        Some(Self {
            available,
            sold: self.sold + count,
            ..self
        })
    }

    /// Moves `count` held seats to sold; `None` where fewer are held.
    #[must_use]
    pub fn settle(self, count: u32) -> Option<Self> {
        let held = self.held.checked_sub(count)?;
        Some(Self {
            held,
            sold: self.sold + count,
            ..self
        })
    }

    /// Gives `count` held seats back; `None` where fewer are held.
    #[must_use]
    pub fn release_held(self, count: u32) -> Option<Self> {
        let held = self.held.checked_sub(count)?;
        Some(Self {
            held,
            available: self.available + count,
            ..self
        })
    }

    /// Gives `count` sold seats back; `None` where fewer are sold.
    #[must_use]
    pub fn release_sold(self, count: u32) -> Option<Self> {
        let sold = self.sold.checked_sub(count)?;
        Some(Self {
            sold,
            available: self.available + count,
            ..self
        })
    }

    /// Changes the total; `None` where more than `total` are held or sold.
    #[must_use]
    pub fn resize(self, total: u32) -> Option<Self> {
        let available = total.checked_sub(self.taken())?;
        Some(Self {
            total,
            available,
            ..self
        })
    }

    /// Seats that are held or sold.
    pub const fn taken(&self) -> u32 {
        self.held + self.sold
    }
}

/// One grade of an event: a price and the seats that have it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grade {
    /// Its name, unique within the event.
    pub seat_type: SeatType,
    /// What one ticket costs.
    pub price: Money,
    /// General admission or numbered seats.
    pub seating: Seating,
    /// Its seats.
    pub stock: Stock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_move_and_none_is_lost() {
        let stock = Stock::of(10)
            .hold(4)
            .and_then(|s| s.settle(3))
            .and_then(|s| s.sell(2));
        let stock = stock.expect("enough seats");
        assert_eq!(
            stock,
            Stock {
                total: 10,
                available: 4,
                held: 1,
                sold: 5
            }
        );

        let back = stock
            .release_held(1)
            .and_then(|s| s.release_sold(5))
            .expect("seats to return");
        assert_eq!(back, Stock::of(10));
    }

    #[test]
    fn no_move_takes_more_than_there_is() {
        let stock = Stock {
            total: 4,
            available: 1,
            held: 1,
            sold: 2,
        };
        assert_eq!(stock.hold(2), None);
        assert_eq!(stock.sell(2), None);
        assert_eq!(stock.settle(2), None);
        assert_eq!(stock.release_held(2), None);
        assert_eq!(stock.release_sold(3), None);
        assert_eq!(stock.resize(2), None);
        assert_eq!(
            stock.resize(3),
            Some(Stock {
                total: 3,
                available: 0,
                held: 1,
                sold: 2
            })
        );
    }

    #[test]
    fn a_grade_is_written_in_upper_case() {
        assert_eq!("vip".parse::<SeatType>().expect("a grade").as_str(), "VIP");
        assert_eq!(
            " 스탠딩 ".parse::<SeatType>().expect("a grade").as_str(),
            "스탠딩"
        );
        for bad in ["", " ", "A-1", "<b>", &"X".repeat(33)] {
            assert_eq!(bad.parse::<SeatType>(), Err(InvalidSeatType), "{bad}");
        }
    }
}
