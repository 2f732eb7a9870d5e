//! A map that never holds more than its bound, and lets go first of what nobody asks for.
//!
//! Which entry goes is found by the clock algorithm (Corbató, "A Paging Experiment with the Multics
//! System", 1968), which comes close to least recently used and costs a reader one bit: keys stand
//! in line in the order in which they came, and the first that nobody has asked for since it was
//! last first in line goes. The newest stands last, so that it is never the one.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Mutex;

use crate::lock;

/// Parts of a large map, each under its own lock.
const PARTS: usize = 16;

/// From how many entries on a map is large.
const LARGE: usize = 1_024;

/// Entries that are spared in a row, so that nobody waits for a walk along the whole line.
const SPARED_MAX: usize = 16;

/// Entries at the head of the line that are looked at for their end whenever another one comes.
const ENDED_LOOKED_AT: usize = 2;

/// The map.
pub(super) struct Bounded<K, V> {
    parts: Box<[Mutex<Part<K, V>>]>,
    part_len_max: usize,
    hasher: RandomState,
}

struct Part<K, V> {
    slots: HashMap<K, Slot<V>>,
    /// The key of every slot, once.
    line: VecDeque<K>,
}

struct Slot<V> {
    value: V,
    /// Whether anybody has asked for it since it was last looked at.
    wanted: bool,
}

impl<K: Hash + Eq + Clone, V: Clone> Bounded<K, V> {
    /// An empty map for `len_max` entries, at least one.
    pub(super) fn new(len_max: u32) -> Self {
        let len_max = usize::try_from(len_max).unwrap_or(usize::MAX).max(1);
        let parts = if len_max < LARGE { 1 } else { PARTS };
        let part = || {
            Mutex::new(Part {
                slots: HashMap::new(),
                line: VecDeque::new(),
            })
        };
        Self {
            parts: std::iter::repeat_with(part).take(parts).collect(),
            part_len_max: len_max / parts,
            hasher: RandomState::new(),
        }
    }

    /// What is kept under this key.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let mut part = lock(self.part(key));
        let slot = part.slots.get_mut(key)?;
        slot.wanted = true;
        Some(slot.value.clone())
    }

    /// Whether anything is kept under this key.
    pub(super) fn has(&self, key: &K) -> bool {
        lock(self.part(key)).slots.contains_key(key)
    }

    /// Puts what `change` makes of what is kept, as one step; `None` leaves it as it is.
    ///
    /// A new key takes the place of what `has_ended`, and else of what is least wanted.
    pub(super) fn change(
        &self,
        key: &K,
        has_ended: impl Fn(&V) -> bool,
        change: impl FnOnce(Option<&V>) -> Option<V>,
    ) {
        let mut part = lock(self.part(key));
        if let Some(slot) = part.slots.get_mut(key) {
            if let Some(value) = change(Some(&slot.value)) {
                *slot = Slot {
                    value,
                    wanted: true,
                };
            }
            return;
        }
        let Some(value) = change(None) else { return };
        part.drop_ended(has_ended);
        part.make_room(self.part_len_max);
        part.line.push_back(key.clone());
        let slot = Slot {
            value,
            wanted: false,
        };
        part.slots.insert(key.clone(), slot);
    }

    fn part(&self, key: &K) -> &Mutex<Part<K, V>> {
        if let [only] = &*self.parts {
            return only;
        }
        // The remainder is less than the number of parts, which is small.
        let hash = self.hasher.hash_one(key) % self.parts.len() as u64;
        &self.parts[usize::try_from(hash).unwrap_or(0)]
    }

    /// Entries that are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).slots.len()).sum()
    }
}

impl<K: Hash + Eq, V> Part<K, V> {
    fn drop_ended(&mut self, has_ended: impl Fn(&V) -> bool) {
        for _ in 0..ENDED_LOOKED_AT {
            let first = self.line.front().and_then(|key| self.slots.get(key));
            if !first.is_some_and(|slot| has_ended(&slot.value)) {
                return;
            }
            if let Some(key) = self.line.pop_front() {
                self.slots.remove(&key);
            }
        }
    }

    /// Leaves room for one more.
    fn make_room(&mut self, len_max: usize) {
        let mut spared = 0;
        while self.slots.len() >= len_max
            && let Some(key) = self.line.pop_front()
        {
            let wanted = self.slots.get_mut(&key);
            let wanted = wanted.is_some_and(|slot| std::mem::take(&mut slot.wanted));
            if wanted && spared < SPARED_MAX {
                spared += 1;
                self.line.push_back(key);
            } else {
                self.slots.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(map: &Bounded<u32, u32>, key: u32) {
        map.change(&key, |_| false, |_| Some(key));
    }

    #[test]
    fn what_is_asked_for_stays_while_others_come_and_go() {
        let map = Bounded::new(10);
        put(&map, 0);
        for key in 1..1_000 {
            put(&map, key);
            assert_eq!(map.get(&0), Some(0));
            assert!(map.has(&key), "{key} was put last");
            assert!(map.len() <= 10);
        }
    }

    #[test]
    fn a_map_in_parts_keeps_to_its_bound_too() {
        let map = Bounded::new(2_000);
        for key in 0..20_000 {
            put(&map, key);
            // Everybody is wanted, so that somebody who is wanted has to go.
            map.get(&key);
        }
        assert!(map.len() <= 2_000);
        assert!(map.len() > 1_500, "{} are kept", map.len());
        assert_eq!(map.get(&19_999), Some(19_999));
    }

    #[test]
    fn a_key_stands_in_line_once_however_often_it_is_changed() {
        let map = Bounded::new(4);
        for round in 0..100 {
            map.change(&7, |_| false, |_| Some(round));
        }
        assert_eq!(map.get(&7), Some(99));
        assert_eq!(lock(&map.parts[0]).line.len(), 1);
        map.change(&7, |_| false, |_| None);
        assert_eq!(map.get(&7), Some(99));
    }

    #[test]
    fn what_has_ended_gives_its_memory_back_before_the_map_is_full() {
        let map = Bounded::new(100);
        for key in 0..50 {
            put(&map, key);
        }
        for key in 50..75 {
            map.change(&key, |kept| *kept < 50, |_| Some(key));
        }
        assert_eq!(map.len(), 25);
    }
}
