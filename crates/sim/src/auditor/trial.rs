//! The search for one order in which an event's deeds and sightings fit.
//!
//! After Wing and Gong, "Testing and Verifying Concurrent Objects" (1993): take what may come next,
//! because nothing that is still to come had ended before it began; apply it; go on, or go back and
//! take another. What narrows the search is that the answers themselves tell when something was
//! done, so that only deeds of the same moment are tried in more than one order, and that a sighting
//! changes nothing, so that it may be placed as soon as it fits.

use std::collections::HashSet;
use std::fmt;

use uuid::Uuid;

use super::model::{Change, Sight, State};
use crate::dice::Dice;
use crate::history::{Ask, Told};

/// Something that happened: what, when by its own account, and between which two moments.
#[derive(Clone, Debug)]
pub(super) struct Deed<'a> {
    pub(super) at: i64,
    pub(super) asked: u64,
    pub(super) answered: u64,
    pub(super) change: Change,
    pub(super) story: Story<'a>,
}

/// Something that was told, between two moments.
#[derive(Clone, Debug)]
pub(super) struct Sighting<'a> {
    pub(super) asked: u64,
    pub(super) answered: u64,
    pub(super) sight: Sight,
    pub(super) story: Story<'a>,
}

/// What happened, to be told in words if anybody has to be told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Story<'a> {
    Took(&'a Ask, Uuid),
    Asked(&'a Ask),
    Told(&'a Ask, &'a Told),
    Expired(Uuid),
    CalledOff(i64),
    Cleared(Uuid),
    Confirmed {
        reservation: Uuid,
        payment: Uuid,
    },
    #[cfg(test)]
    Plain(&'a str),
}

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Took(ask, id) => write!(f, "{ask} ({id})"),
            Self::Asked(ask) => ask.fmt(f),
            Self::Told(ask, told) => write!(f, "{ask} was told {told}"),
            Self::Expired(id) => write!(f, "{id} expires"),
            Self::CalledOff(event) => write!(f, "event {event} is called off"),
            Self::Cleared(id) => write!(f, "{id} is given back, its event called off"),
            Self::Confirmed {
                reservation,
                payment,
            } => write!(f, "{reservation} is confirmed by {payment}"),
            #[cfg(test)]
            Self::Plain(text) => f.write_str(text),
        }
    }
}

/// Steps after which the search is given up, and that is told as a violation: deeds of one moment
/// would have to be many, and their sightings contradictory, to take that long.
const STEPS_MAX: u32 = 200_000;

/// Why there is no order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Misfit {
    /// What the search came to before it could not go on, at its best.
    NoOrder(String),
    /// It took too many steps; what it came to at its best.
    TooLong(String),
}

pub(super) struct Trial<'a> {
    deeds: &'a [Deed<'a>],
    /// The least end of all deeds from here on.
    ends_from: Vec<u64>,
    sightings: &'a [Sighting<'a>],
    by_answer: Vec<usize>,
    state: State<'a>,
    done: Vec<bool>,
    done_len: usize,
    done_mark: u64,
    placed: Vec<bool>,
    placed_len: usize,
    placed_mark: u64,
    /// Marks of what was done and placed, where nothing led on.
    failed: HashSet<(u64, u64)>,
    steps: u32,
    /// How many were done and placed where the search had come furthest, and what could not
    /// follow there: a sighting, a deed.
    best: (usize, Option<usize>, Option<usize>),
}

impl<'a> Trial<'a> {
    /// `deeds` sorted by time and, within a moment, by what is likely; `sightings` by question.
    pub(super) fn new(
        deeds: &'a [Deed<'a>],
        sightings: &'a [Sighting<'a>],
        state: State<'a>,
    ) -> Self {
        let mut ends_from = vec![u64::MAX; deeds.len() + 1];
        for index in (0..deeds.len()).rev() {
            ends_from[index] = ends_from[index + 1].min(deeds[index].answered);
        }
        let mut by_answer: Vec<usize> = (0..sightings.len()).collect();
        by_answer.sort_by_key(|index| sightings[*index].answered);
        Self {
            deeds,
            ends_from,
            sightings,
            by_answer,
            state,
            done: vec![false; deeds.len()],
            done_len: 0,
            done_mark: 0,
            placed: vec![false; sightings.len()],
            placed_len: 0,
            placed_mark: 0,
            failed: HashSet::new(),
            steps: 0,
            best: (0, None, None),
        }
    }

    /// Looks for an order.
    pub(super) fn run(mut self) -> Result<(), Misfit> {
        // Which deeds are done and which sightings placed, up to which of them all are.
        if self.go(0, 0, 0) {
            return Ok(());
        }
        if self.steps > STEPS_MAX {
            return Err(Misfit::TooLong(self.misfit()));
        }
        Err(Misfit::NoOrder(self.misfit()))
    }

    /// `first`: the first deed that is not done; `asked` and `told`: the first sightings, by
    /// question and by answer, that are not placed.
    fn go(&mut self, first: usize, asked: usize, told: usize) -> bool {
        let mut first = first;
        while first < self.deeds.len() && self.done[first] {
            first += 1;
        }
        let moment = self.deeds.get(first).map(|deed| deed.at);
        let mut end = first;
        while end < self.deeds.len() && Some(self.deeds[end].at) == moment {
            end += 1;
        }
        let (placed, asked, told) = self.place(first, end, asked, told);
        if self.done_len == self.deeds.len() && self.placed_len == self.sightings.len() {
            return true;
        }
        // A state follows from what is done and placed: one that led nowhere is not tried again.
        let state = (self.done_mark, self.placed_mark);
        if !self.failed.contains(&state) {
            if self.try_each(first, end, asked, told) {
                return true;
            }
            self.note(first, told);
            self.failed.insert(state);
        }
        for index in placed {
            self.set_placed(index, false);
        }
        false
    }

    fn try_each(&mut self, first: usize, end: usize, asked: usize, told: usize) -> bool {
        let sighting_ends = self.sighting_end(told);
        for index in first..end {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return false;
            }
            let deed = &self.deeds[index];
            let may = !self.done[index]
                && sighting_ends > deed.asked
                && self.deeds_end(first, end, Some(index)) > deed.asked;
            if !may {
                continue;
            }
            let before = self.state.status_of(&deed.change);
            if !self.state.apply(&deed.change) {
                continue;
            }
            self.done[index] = true;
            self.done_len += 1;
            self.done_mark ^= mark(index);
            if self.go(first, asked, told) {
                return true;
            }
            self.done[index] = false;
            self.done_len -= 1;
            self.done_mark ^= mark(index);
            self.state.undo(&deed.change, before);
        }
        false
    }

    /// Places every sighting that fits here; gives them, and where the unplaced begin.
    fn place(
        &mut self,
        first: usize,
        end: usize,
        mut asked: usize,
        mut told: usize,
    ) -> (Vec<usize>, usize, usize) {
        let mut placed = Vec::new();
        let deeds_end = self.deeds_end(first, end, None);
        loop {
            while told < self.by_answer.len() && self.placed[self.by_answer[told]] {
                told += 1;
            }
            while asked < self.sightings.len() && self.placed[asked] {
                asked += 1;
            }
            let horizon = deeds_end.min(self.sighting_end(told));
            let before = placed.len();
            let mut index = asked;
            while index < self.sightings.len() && self.sightings[index].asked < horizon {
                if !self.placed[index] && self.state.shows(&self.sightings[index].sight) {
                    self.set_placed(index, true);
                    placed.push(index);
                }
                index += 1;
            }
            if placed.len() == before {
                return (placed, asked, told);
            }
        }
    }

    fn set_placed(&mut self, index: usize, placed: bool) {
        self.placed[index] = placed;
        self.placed_mark ^= mark(index);
        if placed {
            self.placed_len += 1;
        } else {
            self.placed_len -= 1;
        }
    }

    /// The earliest end of a deed that is not done, `except` this one.
    fn deeds_end(&self, first: usize, end: usize, except: Option<usize>) -> u64 {
        let of_moment = (first..end).filter(|index| !self.done[*index] && Some(*index) != except);
        let of_moment = of_moment.map(|index| self.deeds[index].answered).min();
        of_moment.unwrap_or(u64::MAX).min(self.ends_from[end])
    }

    /// The earliest end of a sighting that is not placed.
    fn sighting_end(&self, told: usize) -> u64 {
        let mut unplaced = self.by_answer[told..]
            .iter()
            .filter(|index| !self.placed[**index]);
        unplaced
            .next()
            .map_or(u64::MAX, |index| self.sightings[*index].answered)
    }

    /// Keeps what could not be placed, where the search had come furthest.
    fn note(&mut self, first: usize, told: usize) {
        let far = self.done_len + self.placed_len;
        let (furthest, sighting, deed) = self.best;
        if far < furthest || (far == furthest && (sighting.is_some() || deed.is_some())) {
            return;
        }
        let sighting = self.by_answer[told..]
            .iter()
            .find(|index| !self.placed[**index]);
        let deed = (first < self.deeds.len()).then_some(first);
        self.best = (far, sighting.copied(), deed);
    }

    /// In words, what could not be placed.
    fn misfit(&self) -> String {
        let (_, sighting, deed) = self.best;
        let sighting = sighting.map(|index| &self.sightings[index]);
        let deed = deed.map(|index| &self.deeds[index]);
        match (sighting, deed) {
            (Some(sighting), Some(deed)) if sighting.answered < deed.answered => {
                format!("{}; next would be {}", sighting.story, deed.story)
            }
            (Some(sighting), Some(deed)) => format!("{}, before {}", deed.story, sighting.story),
            (Some(sighting), None) => sighting.story.to_string(),
            (None, Some(deed)) => deed.story.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// Sixty-four bits that stand for a member of a set; a set's are those of its members combined
/// (Zobrist, "A New Hashing Method with Application for Game Playing", 1970).
fn mark(index: usize) -> u64 {
    Dice::new(0, index as u64).roll()
}

#[cfg(test)]
mod tests;
