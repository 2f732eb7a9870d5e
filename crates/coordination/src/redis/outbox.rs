//! What this node tells the others after its commits: of each event the newest, now and then.
//!
//! An event has a task here only while it has something to tell or has just told something.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::link::Lost;
use super::shared::SharedLevel;
use crate::lock;

/// What there is to tell of an event.
#[derive(Clone)]
pub(super) enum Word {
    State(Arc<EventSnapshot>),
    Gone,
}

impl Word {
    fn overtakes(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Gone) => false,
            (Self::Gone, Self::State(_)) => true,
            (Self::State(new), Self::State(old)) => new.version >= old.version,
        }
    }
}

/// What is on its way out. Cheap to clone.
#[derive(Clone)]
pub(super) struct Outbox {
    shared: SharedLevel,
    interval: Duration,
    events_max: usize,
    letters: Arc<Mutex<HashMap<EventId, Option<Word>>>>,
    emptied: Arc<Notify>,
}

impl Outbox {
    /// Tells of each event once in `interval` at most, and keeps words of `events_max` events.
    pub(super) fn new(shared: SharedLevel, interval: Duration, events_max: u32) -> Self {
        Self {
            shared,
            interval,
            events_max: events_max as usize,
            letters: Arc::default(),
            emptied: Arc::default(),
        }
    }

    /// Has this told, now or when its turn comes. The newest takes the place of what still waits.
    pub(super) fn tell(&self, event: EventId, word: Word) {
        let mut letters = lock(&self.letters);
        let len = letters.len();
        match letters.entry(event) {
            Entry::Occupied(mut waiting) => {
                let waiting = waiting.get_mut();
                if waiting.as_ref().is_none_or(|old| word.overtakes(old)) {
                    *waiting = Some(word);
                }
            }
            Entry::Vacant(_) if len >= self.events_max => {
                self.shared.link.meters.untold.increment(1);
            }
            Entry::Vacant(place) => {
                place.insert(Some(word));
                let outbox = self.clone();
                tokio::spawn(async move { outbox.carry(event).await });
            }
        }
    }

    /// Tells what there is of an event until there is no more; what fails is told later.
    async fn carry(self, event: EventId) {
        while let Some(word) = self.take(event) {
            let next = Instant::now() + self.interval;
            if self.send(event, &word).await == Err(Lost) {
                self.give_back(event, word);
                self.shared.link.up().await;
            } else {
                self.shared.link.meters.told.increment(1);
            }
            sleep_until(next).await;
        }
        self.emptied.notify_waiters();
    }

    async fn send(&self, event: EventId, word: &Word) -> Result<(), Lost> {
        match word {
            Word::State(snapshot) => self.shared.publish(snapshot).await,
            Word::Gone => self.shared.forget(event).await,
        }
    }

    /// What there is to tell; where there is nothing, the event is let go of.
    fn take(&self, event: EventId) -> Option<Word> {
        let mut letters = lock(&self.letters);
        let word = letters.get_mut(&event)?.take();
        if word.is_none() {
            letters.remove(&event);
        }
        word
    }

    fn give_back(&self, event: EventId, word: Word) {
        if let Some(waiting) = lock(&self.letters).get_mut(&event)
            && waiting.is_none()
        {
            *waiting = Some(word);
        }
    }

    /// Waits until everything is told, at most this long.
    pub(super) async fn flush(&self, wait_max: Duration) {
        let flushed = async {
            loop {
                let emptied = self.emptied.notified();
                if lock(&self.letters).is_empty() {
                    return;
                }
                emptied.await;
            }
        };
        // What is left untold is told by the next commit, or runs out.
        let _ = timeout(wait_max, flushed).await;
    }
}
