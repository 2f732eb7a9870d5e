//! Pages of lists.

use serde::{Deserialize, Serialize};

/// Most items on a page.
pub const PAGE_SIZE_MAX: u32 = 100;

/// Which part of a list to look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PageRequest {
    /// Counted from 0.
    pub page: u32,
    /// Items on a page, 1 to [`PAGE_SIZE_MAX`].
    pub size: u32,
}

impl PageRequest {
    /// How many items come before this page.
    pub const fn offset(self) -> u64 {
        self.page as u64 * self.size as u64
    }
}

/// Which way a list runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// Smallest, earliest, A first.
    Ascending,
    /// Largest, latest, Z first.
    Descending,
}

/// A part of a list, and how long the list is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many items the whole list has.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_after_those_before_it() {
        assert_eq!(PageRequest { page: 0, size: 20 }.offset(), 0);
        let far = PageRequest {
            page: u32::MAX,
            size: PAGE_SIZE_MAX,
        };
        assert_eq!(far.offset(), u64::from(u32::MAX) * 100);
    }
}
