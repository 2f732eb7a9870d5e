//! Which seats of a grade are taken: two bits a seat, and the longest free run of each row.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::layout::{Layout, Seat};
use crate::grade::{SeatLabel, SeatType};

/// Where a seat stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum SeatState {
    /// Free to take.
    Available,
    /// Taken, not yet paid.
    Held,
    /// Taken for good.
    Sold,
}

/// Bits of one word.
const WORD: usize = 64;

/// Where each seat of an assigned grade stands.
///
/// 20,000 seats in rows of 100 take about 7 kB, so that a copy for each group costs next to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct SeatMap {
    layout: Layout,
    words_per_row: usize,
    /// A bit for each seat that is not free. Each row begins a word; what its last word has too
    /// many are set, so that no free run leaves its row.
    taken: Vec<u64>,
    /// A bit for each seat that is sold; those are taken too.
    sold: Vec<u64>,
    /// The longest run of free seats in each row.
    longest: Vec<u16>,
}

impl SeatMap {
    /// A map with every seat free.
    pub fn of(layout: Layout) -> Self {
        let (rows, places) = (layout.rows() as usize, layout.seats_per_row() as usize);
        let words_per_row = places.div_ceil(WORD);
        let mut row = vec![0; words_per_row];
        if let (Some(last), 1..) = (row.last_mut(), places % WORD) {
            *last = u64::MAX << (places % WORD);
        }
        let longest = u16::try_from(places).unwrap_or(u16::MAX);
        Self {
            layout,
            words_per_row,
            taken: row.repeat(rows),
            sold: vec![0; words_per_row * rows],
            longest: vec![longest; rows],
        }
    }

    /// Which seats there are.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where a seat stands; one that is not there is taken for good.
    pub fn state(&self, seat: Seat) -> SeatState {
        let (word, bit) = self.bit(seat);
        let is_set = |words: &[u64]| words.get(word).is_none_or(|word| word & bit != 0);
        match (is_set(&self.taken), is_set(&self.sold)) {
            (false, _) => SeatState::Available,
            (true, false) => SeatState::Held,
            (true, true) => SeatState::Sold,
        }
    }

    /// Changes where seats stand.
    pub fn set(&mut self, seats: &[Seat], state: SeatState) {
        let put = |words: &mut [u64], (word, bit): (usize, u64), on: bool| {
            if let Some(word) = words.get_mut(word) {
                *word = if on { *word | bit } else { *word & !bit };
            }
        };
        let (rows, places) = (self.layout.rows(), self.layout.seats_per_row());
        let there = |seat: &&Seat| seat.row < rows && seat.place < places;
        let mut seats = seats.iter().filter(there).peekable();
        while let Some(seat) = seats.next() {
            let at = self.bit(*seat);
            put(&mut self.taken, at, state != SeatState::Available);
            put(&mut self.sold, at, state == SeatState::Sold);
            if seats.peek().is_none_or(|next| next.row != seat.row) {
                self.longest[seat.row as usize] = self.longest_run(seat.row);
            }
        }
    }

    /// Free seats.
    pub fn free(&self) -> u32 {
        self.taken.iter().map(|word| word.count_zeros()).sum()
    }

    /// The state of each seat of a row, from the first.
    pub fn row(&self, row: u32) -> impl Iterator<Item = SeatState> {
        (0..self.layout.seats_per_row()).map(move |place| self.state(Seat { row, place }))
    }

    /// The seats that stand otherwise here than in an `older` map of the same grade, in order.
    ///
    /// Costs a look at each word, not at each seat.
    pub fn changed_since(&self, older: &Self) -> Vec<(Seat, SeatState)> {
        let words = self.taken.iter().zip(&self.sold);
        let before = older.taken.iter().zip(&older.sold);
        let mut changed = Vec::new();
        for (at, ((taken, sold), (was_taken, was_sold))) in words.zip(before).enumerate() {
            let mut bits = (taken ^ was_taken) | (sold ^ was_sold);
            while bits != 0 {
                let seat = self.seat_at(at, bits.trailing_zeros() as usize);
                changed.push((seat, self.state(seat)));
                bits &= bits - 1;
            }
        }
        changed
    }

    /// What is printed on a seat.
    pub fn label(&self, seat: Seat) -> SeatLabel {
        self.layout.label(seat)
    }

    /// The longest run of free seats in each row.
    pub(super) fn longest(&self) -> &[u16] {
        &self.longest
    }

    /// The runs of free seats in a row, each as long as it can be.
    pub(super) fn free_runs(&self, row: u32) -> impl Iterator<Item = Range<u32>> {
        let first = row as usize * self.words_per_row;
        let words = &self.taken[first..first + self.words_per_row];
        let mut at = 0;
        std::iter::from_fn(move || {
            let begin = next(words, at, false)?;
            let end = next(words, begin, true).unwrap_or(words.len() * WORD);
            at = end;
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Some(place(begin)..place(end))
        })
    }

    fn longest_run(&self, row: u32) -> u16 {
        let longest = self.free_runs(row).map(|run| run.end - run.start).max();
        u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX)
    }

    fn bit(&self, seat: Seat) -> (usize, u64) {
        let place = seat.place as usize;
        let word = seat.row as usize * self.words_per_row + place / WORD;
        (word, 1 << (place % WORD))
    }

    fn seat_at(&self, word: usize, bit: usize) -> Seat {
        let words = self.words_per_row.max(1);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Seat {
            row: number(word / words),
            place: number(word % words * WORD + bit),
        }
    }
}

/// The first place from `from` on whose bit is `wanted`.
fn next(words: &[u64], from: usize, wanted: bool) -> Option<usize> {
    let flip = if wanted { 0 } else { u64::MAX };
    let mut mask = u64::MAX << (from % WORD);
    let mut found = words.iter().enumerate().skip(from / WORD);
    found.find_map(|(index, word)| {
        let bits = (word ^ flip) & mask;
        mask = u64::MAX;
        (bits != 0).then(|| index * WORD + bits.trailing_zeros() as usize)
    })
}

/// A map as it is written where nodes share it: what follows from the rest is left out.
#[derive(Serialize, Deserialize)]
struct Stored {
    seat_type: SeatType,
    rows: u32,
    seats_per_row: u32,
    taken: Vec<u64>,
    sold: Vec<u64>,
}

impl From<SeatMap> for Stored {
    fn from(map: SeatMap) -> Self {
        Self {
            seat_type: map.layout.seat_type().clone(),
            rows: map.layout.rows(),
            seats_per_row: map.layout.seats_per_row(),
            taken: map.taken,
            sold: map.sold,
        }
    }
}

impl From<Stored> for SeatMap {
    /// What does not fit the layout is left out; what is missing is free.
    fn from(stored: Stored) -> Self {
        let layout = Layout::new(stored.seat_type, stored.rows, stored.seats_per_row);
        let mut map = Self::of(layout);
        for (word, stored) in map.taken.iter_mut().zip(stored.taken) {
            *word |= stored;
        }
        for (index, (word, stored)) in map.sold.iter_mut().zip(stored.sold).enumerate() {
            *word = stored & map.taken[index];
        }
        for row in 0..map.layout.rows() {
            map.longest[row as usize] = map.longest_run(row);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(rows: u32, seats_per_row: u32) -> SeatMap {
        SeatMap::of(Layout::new(
            "R".parse().expect("a grade"),
            rows,
            seats_per_row,
        ))
    }

    fn seat(row: u32, place: u32) -> Seat {
        Seat { row, place }
    }

    #[test]
    fn a_seat_stands_where_it_was_put_and_its_neighbours_do_not() {
        for seats_per_row in [1, 63, 64, 65, 128, 1_000] {
            let mut map = map(3, seats_per_row);
            let last = seat(1, seats_per_row - 1);
            for state in [SeatState::Held, SeatState::Sold, SeatState::Available] {
                map.set(&[last], state);
                assert_eq!(map.state(last), state);
                for other in [seat(0, seats_per_row - 1), seat(2, 0)] {
                    assert_eq!(map.state(other), SeatState::Available);
                }
            }
            assert_eq!(map.free(), 3 * seats_per_row);
            assert_eq!(map, SeatMap::of(map.layout.clone()));
        }
    }

    #[test]
    fn free_runs_end_at_taken_seats_and_at_the_ends_of_the_row() {
        let mut map = map(2, 130);
        map.set(&[seat(1, 0), seat(1, 64), seat(1, 128)], SeatState::Held);
        let runs: Vec<_> = map.free_runs(1).collect();
        assert_eq!(runs, [1..64, 65..128, 129..130]);
        assert!(map.free_runs(0).eq(std::iter::once(0..130)));
        assert_eq!(map.longest(), [130, 63]);
    }

    #[test]
    fn a_seat_that_is_not_there_is_not_for_sale() {
        let mut map = map(2, 10);
        let beyond = [seat(0, 10), seat(2, 0), seat(u32::MAX, 3)];
        map.set(&beyond, SeatState::Available);
        assert_eq!(map.free(), 20);
        for seat in [seat(2, 0), seat(2, 9)] {
            assert_eq!(map.state(seat), SeatState::Sold);
        }
    }

    #[test]
    fn what_changed_is_told_and_nothing_else() {
        let mut older = map(3, 70);
        older.set(&[seat(0, 0), seat(2, 69)], SeatState::Held);
        let mut newer = older.clone();
        assert_eq!(newer.changed_since(&older), []);
        newer.set(&[seat(0, 0)], SeatState::Sold);
        newer.set(&[seat(1, 64)], SeatState::Held);
        newer.set(&[seat(2, 69)], SeatState::Available);
        let changed = newer.changed_since(&older);
        let expected = [
            (seat(0, 0), SeatState::Sold),
            (seat(1, 64), SeatState::Held),
            (seat(2, 69), SeatState::Available),
        ];
        assert_eq!(changed, expected);
    }

    #[test]
    fn a_map_is_the_same_after_it_was_written_and_read() {
        let mut map = map(5, 77);
        map.set(&[seat(0, 3), seat(0, 4), seat(4, 76)], SeatState::Held);
        map.set(&[seat(2, 0), seat(2, 70)], SeatState::Sold);
        let written = serde_json::to_string(&map).expect("JSON");
        let read: SeatMap = serde_json::from_str(&written).expect("a map");
        assert_eq!(read, map);
    }
}
