//! Live watching: the newest state of an event, for those who look at it right now.
//!
//! An event has a channel only while somebody watches, and a task only while a state waits for
//! its turn.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::lock;
use crate::pruning::Pruning;

type Shown = Option<Arc<EventSnapshot>>;

/// The channels of the events that are watched.
pub(crate) struct Watchers {
    channels: Arc<Mutex<Channels>>,
    interval: Duration,
}

struct Channels {
    by_event: HashMap<EventId, Channel>,
    pruning: Pruning,
}

struct Channel {
    sender: watch::Sender<Shown>,
    /// Nothing is sent before this.
    next_at: Instant,
    /// Where there is one, a task is on its way to send it at `next_at`.
    waiting: Shown,
}

impl Watchers {
    /// Sends to each event's watchers once in `interval` at most.
    pub(crate) fn new(interval: Duration) -> Self {
        let channels = Channels {
            by_event: HashMap::new(),
            pruning: Pruning::new(),
        };
        Self {
            channels: Arc::new(Mutex::new(channels)),
            interval,
        }
    }

    /// Watches an event; `known` says what is known of it, for the first who does.
    ///
    /// `known` is asked under the lock that [`offer`](Self::offer) takes: whatever becomes known is
    /// either seen by it or offered to the new channel.
    pub(crate) fn watch(
        &self,
        event: EventId,
        known: impl FnOnce() -> Shown,
    ) -> watch::Receiver<Shown> {
        let mut channels = lock(&self.channels);
        channels.prune();
        let channel = channels.by_event.entry(event).or_insert_with(|| Channel {
            sender: watch::Sender::new(known()),
            next_at: Instant::now(),
            waiting: None,
        });
        channel.sender.subscribe()
    }

    /// Shows a state to those who watch, now or when its turn comes; an older one to nobody.
    ///
    /// A state that has to wait is sent by a task, so that this needs a tokio runtime around it.
    pub(crate) fn offer(&self, snapshot: &Arc<EventSnapshot>) {
        let event = snapshot.event.id;
        let mut channels = lock(&self.channels);
        if channels.by_event.is_empty() {
            return;
        }
        let Entry::Occupied(mut entry) = channels.by_event.entry(event) else {
            return;
        };
        if entry.get().is_closed() {
            entry.remove();
            return;
        }
        let channel = entry.get_mut();
        if !channel.would_learn_from(snapshot) {
            return;
        }
        let now = Instant::now();
        if channel.waiting.is_some() {
            channel.waiting = Some(Arc::clone(snapshot));
        } else if now >= channel.next_at {
            channel.show(Arc::clone(snapshot), now + self.interval);
        } else {
            channel.waiting = Some(Arc::clone(snapshot));
            self.show_at(channel.next_at, event);
        }
    }

    /// The events that are watched at this moment.
    pub(crate) fn watched(&self) -> Vec<EventId> {
        let channels = lock(&self.channels);
        let open = channels.by_event.iter().filter(|(_, c)| !c.is_closed());
        open.map(|(event, _)| *event).collect()
    }

    /// Whether anybody watches this event.
    pub(crate) fn is_watched(&self, event: EventId) -> bool {
        lock(&self.channels)
            .by_event
            .get(&event)
            .is_some_and(|channel| !channel.is_closed())
    }

    /// What was last shown of an event that is watched.
    pub(crate) fn shown(&self, event: EventId) -> Shown {
        let channels = lock(&self.channels);
        let channel = channels.by_event.get(&event)?;
        channel.sender.borrow().clone()
    }

    /// Shows what still waits, and ends the channel: its receivers see the end.
    pub(crate) fn close(&self, event: EventId) {
        let removed = lock(&self.channels).by_event.remove(&event);
        if let Some(mut channel) = removed
            && let Some(last) = channel.waiting.take()
        {
            channel.sender.send_replace(Some(last));
        }
    }

    fn show_at(&self, at: Instant, event: EventId) {
        let channels = Arc::clone(&self.channels);
        let interval = self.interval;
        tokio::spawn(async move {
            sleep_until(at).await;
            if let Some(channel) = lock(&channels).by_event.get_mut(&event) {
                channel.show_waiting(Instant::now(), interval);
            }
        });
    }
}

impl Channels {
    fn prune(&mut self) {
        if self.pruning.is_due(self.by_event.len()) {
            self.by_event.retain(|_, channel| !channel.is_closed());
            self.pruning.done(self.by_event.len());
        }
    }
}

impl Channel {
    fn is_closed(&self) -> bool {
        self.sender.receiver_count() == 0
    }

    fn would_learn_from(&self, snapshot: &EventSnapshot) -> bool {
        let is_newer = |shown: &Shown| shown.as_ref().is_none_or(|s| snapshot.version > s.version);
        if self.waiting.is_some() {
            is_newer(&self.waiting)
        } else {
            is_newer(&self.sender.borrow())
        }
    }

    fn show(&mut self, snapshot: Arc<EventSnapshot>, next_at: Instant) {
        self.sender.send_replace(Some(snapshot));
        self.next_at = next_at;
    }

    /// Too early for a channel that took the place of the one the task was sent for.
    fn show_waiting(&mut self, now: Instant, interval: Duration) {
        if now >= self.next_at
            && let Some(snapshot) = self.waiting.take()
        {
            self.show(snapshot, now + interval);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::snapshot;

    const INTERVAL: Duration = Duration::from_millis(100);
    const EVENT: EventId = EventId(7);

    fn channels(watchers: &Watchers) -> usize {
        lock(&watchers.channels).by_event.len()
    }

    fn tasks() -> usize {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_nobody_watches_has_no_channel_and_no_task() {
        let watchers = Watchers::new(INTERVAL);
        for version in 1..=100 {
            watchers.offer(&snapshot(EVENT, version));
        }
        assert_eq!((channels(&watchers), tasks()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_takes_one_task_and_that_one_ends() {
        let watchers = Watchers::new(INTERVAL);
        let _watch = watchers.watch(EVENT, || None);
        for version in 1..=100 {
            watchers.offer(&snapshot(EVENT, version));
        }
        assert_eq!(tasks(), 1);
        tokio::time::sleep(INTERVAL * 2).await;
        assert_eq!(tasks(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_state_that_is_not_newer_is_not_shown() {
        let watchers = Watchers::new(INTERVAL);
        let mut watch = watchers.watch(EVENT, || Some(snapshot(EVENT, 3)));
        for version in [3, 2, 1] {
            watchers.offer(&snapshot(EVENT, version));
        }
        assert_eq!(watch.has_changed().ok(), Some(false));

        for version in [4, 6, 5, 6] {
            watchers.offer(&snapshot(EVENT, version));
        }
        tokio::time::sleep(INTERVAL * 2).await;
        assert_eq!(
            watch.borrow_and_update().as_ref().map(|s| s.version.0),
            Some(6)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_channel_goes_with_its_last_watcher() {
        let watchers = Watchers::new(INTERVAL);
        drop(watchers.watch(EVENT, || None));
        watchers.offer(&snapshot(EVENT, 1));
        assert_eq!(channels(&watchers), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn channels_of_events_that_rest_do_not_pile_up() {
        let watchers = Watchers::new(INTERVAL);
        let _watched = watchers.watch(EVENT, || None);
        for event in 0..10_000 {
            drop(watchers.watch(EventId(event), || None));
        }
        assert!(
            channels(&watchers) <= 64,
            "{} channels",
            channels(&watchers)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_of_an_earlier_channel_does_not_hurry_the_next_one() {
        let watchers = Watchers::new(INTERVAL);
        let _gone = watchers.watch(EVENT, || None);
        watchers.offer(&snapshot(EVENT, 1));
        watchers.offer(&snapshot(EVENT, 2));
        watchers.close(EVENT);

        tokio::time::sleep(INTERVAL / 2).await;
        let watch = watchers.watch(EVENT, || None);
        watchers.offer(&snapshot(EVENT, 3));
        watchers.offer(&snapshot(EVENT, 4));
        tokio::time::sleep(INTERVAL * 3 / 4).await;
        assert_eq!(watch.borrow().as_ref().map(|s| s.version.0), Some(3));
        tokio::time::sleep(INTERVAL / 2).await;
        assert_eq!(watch.borrow().as_ref().map(|s| s.version.0), Some(4));
    }
}
