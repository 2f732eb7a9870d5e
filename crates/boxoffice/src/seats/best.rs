//! Which seats are the best that are left.
//!
//! The rule, for a party of `n` (see `docs/seating.md` for the reasons):
//!
//! 1. **Together.** The party gets one block of neighbouring seats in one row, if any row has it.
//! 2. **Closest to the stage.** Of the rows that have such a block, the first.
//! 3. **No seat alone.** Of that row's blocks, one that puts no free seat alone between two taken
//!    ones, or as few as can be. A seat at the end of its row is not between two, and one that is
//!    alone already does not count.
//! 4. **Closest to the centre.** Of those, the one whose middle is nearest to the row's middle; of two
//!    that are as near, the one with the lower numbers.
//! 5. **Never turned away.** Where no row has a block for all, the party is split into as few blocks
//!    as there can be: the longest free run whole, the first of its kind by rules 2 and 4, then the
//!    rest of the party by these rules again.
//!
//! That a party is seated together first, that a lone seat is avoided where there is a choice and
//! accepted where there is none, and that the rest is nearness to one point, is what ticketing
//! systems do: seats.io documents its "best available" as such a ladder
//! (<https://docs.seats.io/docs/api/best-available>), and says why a lone seat must not be a reason
//! to refuse (<https://docs.seats.io/docs/renderer/config-selectionvalidators/>). Stage and middle are
//! the preferences of Emily Bache's theatre kata (<https://github.com/emilybache/Theater-Kata>).
//! That taking the longest runs first gives the fewest pieces is how the yoyaku module for Drupal
//! splits a party (<https://git.drupalcode.org/project/yoyaku/-/merge_requests/261>).
//!
//! A choice looks at one number for each row, and at the runs of one row.

use std::ops::Range;

use super::layout::Seat;
use super::map::{SeatMap, SeatState};

/// How far from the place nearest to the centre a block may have to move, in seats.
///
/// At most two places of a run leave a seat alone: the second from its left and the second from its
/// right. Within three steps there is one that does not, if there is one at all.
const STEPS_ASIDE: u32 = 3;

impl SeatMap {
    /// The best seats for a party; `None` where fewer are free than it has people.
    ///
    /// Neighbours come in the order of their numbers.
    pub fn best(&self, party: u32) -> Option<Vec<Seat>> {
        if let Some(block) = self.best_block(party) {
            return Some(block);
        }
        if self.free() < party {
            return None;
        }
        let mut left = self.clone();
        let mut seats = Vec::with_capacity(party as usize);
        while let rest @ 1.. = party.saturating_sub(u32::try_from(seats.len()).ok()?) {
            let longest = left.longest().iter().copied().max().unwrap_or(0);
            let block = left.best_block(rest.min(longest.into()))?;
            left.set(&block, SeatState::Held);
            seats.extend(block);
        }
        Some(seats)
    }

    /// The best seats side by side.
    fn best_block(&self, party: u32) -> Option<Vec<Seat>> {
        let fits = |longest: &u16| party > 0 && u32::from(*longest) >= party;
        let row = u32::try_from(self.longest().iter().position(fits)?).ok()?;
        let seats_per_row = self.layout().seats_per_row();
        let first = self
            .free_runs(row)
            .filter_map(|run| best_in_run(&run, party, seats_per_row))
            .min()?
            .first;
        let places = first..first + party;
        Some(places.map(|place| Seat { row, place }).collect())
    }
}

/// How good a block is: the least is the best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Rank {
    /// Free seats that it would leave alone between two taken ones.
    left_alone: u32,
    /// From its middle to the row's, in half seats.
    off_centre: u32,
    /// Its first place.
    first: u32,
}

fn best_in_run(run: &Range<u32>, party: u32, seats_per_row: u32) -> Option<Rank> {
    let last = run
        .end
        .checked_sub(party)
        .filter(|last| *last >= run.start)?;
    let nearest = ((seats_per_row - party) / 2).clamp(run.start, last);
    let around = nearest.saturating_sub(STEPS_ASIDE)..=nearest + STEPS_ASIDE;
    let firsts = around.filter(|first| (run.start..=last).contains(first));
    firsts
        .map(|first| Rank {
            left_alone: alone(run, first, party, seats_per_row),
            off_centre: (2 * first + party).abs_diff(seats_per_row),
            first,
        })
        .min()
}

/// Free seats of a run that a block would leave alone between two taken ones.
fn alone(run: &Range<u32>, first: u32, party: u32, seats_per_row: u32) -> u32 {
    let (left, right) = (first - run.start, run.end - first - party);
    u32::from(left == 1 && run.start > 0) + u32::from(right == 1 && run.end < seats_per_row)
}

#[cfg(test)]
mod tests;
