//! The auditor's own model of an event: counters, and what became of each reservation.

use std::collections::{HashMap, HashSet};

use boxoffice::grade::SeatLabel;
use boxoffice::idempotency::IdempotencyKey;

use crate::history::Status;

/// A request's meaning, to tell another one under the same key.
pub(super) type Body = u64;

/// What a reservation is from the beginning.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) user: usize,
    pub(super) grade: usize,
    pub(super) quantity: u32,
    pub(super) first: Status,
    /// The seats, where they have numbers.
    pub(super) seats: Vec<SeatLabel>,
    pub(super) key: Option<(IdempotencyKey, Body)>,
}

/// What changed something. Reservations are told by their place in the list.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Take(usize),
    GiveBack {
        reservation: usize,
        key: Option<IdempotencyKey>,
    },
    Expire(usize),
    Confirm(usize),
    CallOff,
    /// An event that was called off gives a reservation back by itself.
    Clear(usize),
}

/// What somebody was told without changing anything.
#[derive(Clone, Debug)]
pub(super) enum Sight {
    TooFew {
        grade: usize,
        available: u32,
    },
    /// Of the seats that were asked for, exactly these are somebody's.
    Taken {
        asked: Vec<SeatLabel>,
        taken: Vec<SeatLabel>,
    },
    Limit {
        user: usize,
        holding: u32,
    },
    Replay {
        key: IdempotencyKey,
        body: Body,
        reservation: usize,
        status: Status,
    },
    KeyReused {
        key: IdempotencyKey,
        body: Body,
    },
    Is {
        reservation: usize,
        status: Status,
    },
    /// The event was called off.
    Off,
}

/// What a cancellation under a key asks for.
pub(super) const CANCEL: Body = Body::MAX;

/// An event as it is between two deeds.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    taken: &'a [Taken],
    limit: Option<u32>,
    available: Vec<u32>,
    holdings: Vec<u32>,
    status: Vec<Option<Status>>,
    keys: HashMap<&'a str, (Body, usize)>,
    claims: HashSet<&'a str>,
    off: bool,
}

impl<'a> State<'a> {
    pub(super) fn new(
        taken: &'a [Taken],
        totals: &[u32],
        users: usize,
        limit: Option<u32>,
    ) -> Self {
        Self {
            taken,
            limit,
            available: totals.to_vec(),
            holdings: vec![0; users],
            status: vec![None; taken.len()],
            keys: HashMap::new(),
            claims: HashSet::new(),
            off: false,
        }
    }

    /// Does it, if it can be done in this state.
    pub(super) fn apply(&mut self, change: &'a Change) -> bool {
        match change {
            Change::Take(index) => self.take(*index),
            Change::GiveBack { reservation, key } => {
                let live = matches!(
                    self.status[*reservation],
                    Some(Status::Held | Status::Confirmed)
                );
                let key = key.as_ref().map(IdempotencyKey::as_str);
                if !live || key.is_some_and(|key| self.keys.contains_key(key)) {
                    return false;
                }
                if let Some(key) = key {
                    self.keys.insert(key, (CANCEL, *reservation));
                }
                self.end(*reservation, Status::Cancelled);
                true
            }
            Change::Expire(index) => {
                let held = self.status[*index] == Some(Status::Held);
                if held {
                    self.end(*index, Status::Expired);
                }
                held
            }
            Change::Confirm(index) => {
                let held = self.status[*index] == Some(Status::Held);
                if held {
                    self.status[*index] = Some(Status::Confirmed);
                }
                held
            }
            Change::CallOff => !std::mem::replace(&mut self.off, true),
            Change::Clear(index) => {
                let status = self.status[*index];
                let clears = self.off && matches!(status, Some(Status::Held | Status::Confirmed));
                if clears {
                    self.end(*index, Status::Cancelled);
                }
                clears
            }
        }
    }

    fn take(&mut self, index: usize) -> bool {
        let taken = &self.taken[index];
        let held = self.holdings[taken.user];
        let within = self
            .limit
            .is_none_or(|limit| held + taken.quantity <= limit);
        let enough = self.available[taken.grade] >= taken.quantity;
        let known = taken
            .key
            .as_ref()
            .is_some_and(|(key, _)| self.keys.contains_key(key.as_str()));
        let mut seats = taken.seats.iter();
        let claimed = seats.any(|seat| self.claims.contains(&*seat.0));
        if self.off || self.status[index].is_some() || !within || !enough || known || claimed {
            return false;
        }
        self.available[taken.grade] -= taken.quantity;
        self.holdings[taken.user] += taken.quantity;
        self.status[index] = Some(taken.first);
        self.claim(index, true);
        if let Some((key, body)) = &taken.key {
            self.keys.insert(key.as_str(), (*body, index));
        }
        true
    }

    fn claim(&mut self, index: usize, claim: bool) {
        for seat in &self.taken[index].seats {
            if claim {
                self.claims.insert(&seat.0);
            } else {
                self.claims.remove(&*seat.0);
            }
        }
    }

    fn end(&mut self, index: usize, status: Status) {
        self.claim(index, false);
        let taken = &self.taken[index];
        self.available[taken.grade] += taken.quantity;
        self.holdings[taken.user] -= taken.quantity;
        self.status[index] = Some(status);
    }

    /// Takes back what was done last.
    pub(super) fn undo(&mut self, change: &'a Change, before: Option<Status>) {
        match change {
            Change::Take(index) => {
                self.claim(*index, false);
                let taken = &self.taken[*index];
                self.available[taken.grade] += taken.quantity;
                self.holdings[taken.user] -= taken.quantity;
                if let Some((key, _)) = &taken.key {
                    self.keys.remove(key.as_str());
                }
                self.status[*index] = None;
            }
            Change::GiveBack { reservation, key } => {
                if let Some(key) = key {
                    self.keys.remove(key.as_str());
                }
                self.reopen(*reservation, before);
            }
            Change::Expire(index) | Change::Clear(index) => self.reopen(*index, before),
            Change::CallOff => self.off = false,
            Change::Confirm(index) => self.status[*index] = before,
        }
    }

    fn reopen(&mut self, index: usize, before: Option<Status>) {
        self.claim(index, true);
        let taken = &self.taken[index];
        self.available[taken.grade] -= taken.quantity;
        self.holdings[taken.user] += taken.quantity;
        self.status[index] = before;
    }

    /// What a change's reservation is before it.
    pub(super) fn status_of(&self, change: &Change) -> Option<Status> {
        match change {
            Change::Take(index)
            | Change::Expire(index)
            | Change::Confirm(index)
            | Change::Clear(index) => self.status[*index],
            Change::CallOff => None,
            Change::GiveBack { reservation, .. } => self.status[*reservation],
        }
    }

    /// Whether this could be told in this state.
    pub(super) fn shows(&self, sight: &Sight) -> bool {
        match sight {
            Sight::TooFew { grade, available } => self.available[*grade] == *available,
            Sight::Taken { asked, taken } => asked
                .iter()
                .all(|seat| taken.contains(seat) == self.claims.contains(&*seat.0)),
            Sight::Limit { user, holding } => self.holdings[*user] == *holding,
            Sight::Replay {
                key,
                body,
                reservation,
                status,
            } => {
                self.keys.get(key.as_str()) == Some(&(*body, *reservation))
                    && self.status[*reservation] == Some(*status)
            }
            Sight::KeyReused { key, body } => {
                let known = self.keys.get(key.as_str());
                known.is_some_and(|(known, _)| known != body)
            }
            Sight::Is {
                reservation,
                status,
            } => self.status[*reservation] == Some(*status),
            Sight::Off => self.off,
        }
    }
}
