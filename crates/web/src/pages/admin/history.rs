//! How a sale went over the last minutes, for who begins to look at it.
//!
//! Kept by each node for itself, of the events that are watched at its desk or sell through it.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use boxoffice::box_office::BoxOffice;
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use tokio::sync::watch;

use crate::pages::format;

/// How far back it goes, in milliseconds.
const WINDOW_MILLIS: i64 = 10 * 60 * 1_000;

/// How often it is looked at what has been taken.
const STEP: Duration = Duration::from_secs(2);

/// Points of one event: a step more than the window has, for where it begins.
const POINTS_MAX: usize = 302;

/// Events that are followed at a time. Beyond it those that only sell are not, and of those that are
/// watched the one longest not looked at goes.
const EVENTS_MAX: usize = 64;

/// The last minutes of the events that are followed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct History {
    box_office: BoxOffice,
    closing: watch::Sender<bool>,
    lines: Arc<RwLock<HashMap<EventId, Arc<Line>>>>,
}

/// What was taken of one event, over time.
#[derive(Debug, Default)]
struct Line {
    /// When it was last watched or sold, in milliseconds.
    asked_at: AtomicI64,
    points: Mutex<VecDeque<Point>>,
}

/// So many seats were held or sold at this moment, in milliseconds.
type Point = (i64, u32);

impl History {
    /// A history that begins now, and ends when this node closes.
    pub(crate) fn new(box_office: BoxOffice, closing: watch::Sender<bool>) -> Self {
        Self {
            box_office,
            closing,
            lines: Arc::default(),
        }
    }

    /// Follows an event that sells.
    pub(crate) fn sells(&self, event: EventId) {
        self.follow(event, false);
    }

    /// Follows an event that is watched; gives its points so far, as a script reads them.
    pub(super) fn watch(&self, snapshot: &EventSnapshot) -> String {
        let now = format::millis(self.box_office.now());
        let Some(line) = self.follow(snapshot.event.id, true) else {
            return "[]".to_owned();
        };
        line.note((now, snapshot.stock().taken()));
        line.told()
    }

    fn follow(&self, event: EventId, is_watched: bool) -> Option<Arc<Line>> {
        let now = format::millis(self.box_office.now());
        let known = self.read().get(&event).cloned();
        if let Some(line) = known {
            line.asked_at.store(now, Ordering::Relaxed);
            return Some(line);
        }
        let line = begun(&mut self.write(), event, now, is_watched)?;
        tokio::spawn(followed(self.clone(), event, Arc::clone(&line)));
        Some(line)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<EventId, Arc<Line>>> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<EventId, Arc<Line>>> {
        self.lines.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this line is still kept; it goes when its event has not been asked for in a window.
    fn keeps(&self, event: EventId, line: &Arc<Line>, now: i64) -> bool {
        let is_ours = |known: &Arc<Line>| Arc::ptr_eq(known, line);
        if !self.read().get(&event).is_some_and(is_ours) {
            return false;
        }
        let is_over = now - line.asked_at.load(Ordering::Relaxed) > WINDOW_MILLIS;
        if is_over {
            self.write().remove(&event);
        }
        !is_over
    }
}

/// A line for this event, if there is room.
fn begun(
    lines: &mut HashMap<EventId, Arc<Line>>,
    event: EventId,
    now: i64,
    is_watched: bool,
) -> Option<Arc<Line>> {
    if lines.len() >= EVENTS_MAX && !lines.contains_key(&event) {
        let oldest = lines.iter().filter(|_| is_watched);
        let oldest = oldest.min_by_key(|(_, line)| line.asked_at.load(Ordering::Relaxed));
        let oldest = oldest.map(|(event, _)| *event)?;
        lines.remove(&oldest);
    }
    let line = Line {
        asked_at: AtomicI64::new(now),
        points: Mutex::default(),
    };
    let line = Arc::new(line);
    lines.insert(event, Arc::clone(&line));
    Some(line)
}

/// Looks at an event again and again, until nobody asks for it any more or this node closes.
async fn followed(history: History, event: EventId, line: Arc<Line>) {
    let mut closing = history.closing.subscribe();
    loop {
        // A database that cannot be asked leaves a gap.
        if let Ok(Some(cached)) = history.box_office.event(event).await {
            let now = format::millis(history.box_office.now());
            line.note((now, cached.snapshot.stock().taken()));
        }
        tokio::select! {
            _ = closing.wait_for(|is_closing| *is_closing) => return,
            () = tokio::time::sleep(STEP) => {}
        }
        if !history.keeps(event, &line, format::millis(history.box_office.now())) {
            return;
        }
    }
}

impl Line {
    /// Adds a point, unless nothing has changed since the last one.
    fn note(&self, (now, taken): Point) {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        if points.back().is_some_and(|(_, last)| *last == taken) {
            return;
        }
        points.push_back((now, taken));
        // The last one before the window still says where it begins.
        let begin = now - WINDOW_MILLIS;
        while points.len() > POINTS_MAX || points.get(1).is_some_and(|(at, _)| *at < begin) {
            points.pop_front();
        }
    }

    /// The points as a list of pairs.
    fn told(&self) -> String {
        let points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = String::from("[");
        for (index, (at, taken)) in points.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // Writing into memory cannot fail.
            let _ = write!(told, "{comma}[{at},{taken}]");
        }
        told + "]"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_last_minutes_and_where_they_began() {
        let line = Line::default();
        for (at, taken) in [(0, 1), (1_000, 2), (2_000, 2), (3_000, 5)] {
            line.note((at, taken));
        }
        assert_eq!(line.told(), "[[0,1],[1000,2],[3000,5]]");
        line.note((WINDOW_MILLIS + 2_000, 4));
        assert_eq!(
            line.told(),
            format!("[[1000,2],[3000,5],[{},4]]", WINDOW_MILLIS + 2_000)
        );
    }

    #[test]
    fn a_line_never_has_more_points_than_its_bound() {
        let line = Line::default();
        for at in 0..10_000_u32 {
            line.note((at.into(), at));
        }
        let points = line.points.lock().expect("no panic");
        assert_eq!(
            (points.len(), points.back()),
            (POINTS_MAX, Some(&(9_999, 9_999)))
        );
    }

    #[test]
    fn there_is_always_room_for_an_event_that_is_watched() {
        let mut lines = HashMap::new();
        let numbers = 0..i64::try_from(EVENTS_MAX).expect("few");
        for number in numbers.clone() {
            assert!(begun(&mut lines, EventId(number), number, false).is_some());
        }
        assert!(begun(&mut lines, EventId(1_000), 1_000, false).is_none());
        assert!(begun(&mut lines, EventId(2_000), 2_000, true).is_some());
        assert_eq!(lines.len(), EVENTS_MAX);
        assert!(
            !lines.contains_key(&EventId(0)),
            "the one longest not asked for"
        );
    }
}
