//! What is kept and told in Redis, as bytes: Postcard, which writes no field names.
//!
//! An event is kept in two parts, because its description seldom changes and its stock always
//! does. The description's stamp beside the stock tells whether the two belong together.

use std::sync::Arc;

use boxoffice::event::{Event, EventSnapshot};
use boxoffice::grade::Grade;
use boxoffice::ids::{EventId, Version};
use boxoffice::seats::SeatMaps;
use boxoffice::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Part of every name, so that versions of onsale that write differently do not read each other.
///
/// One higher with every change of what is written; a test holds what this number stands for.
pub(super) const FORMAT: u32 = 1;

/// What an event's description is recognised by: FNV-1a over its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// The stamp of a description.
    pub(super) fn of(event: &Event) -> Self {
        Self::of_bytes(&encode(event))
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    /// As it is written in Redis.
    pub(super) fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// An event without its description.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Stock {
    /// Of which event.
    pub(crate) event: EventId,
    /// The last group that is in this.
    pub(crate) version: Version,
    /// Of the description that belongs to this.
    stamp: Stamp,
    grades: Vec<Grade>,
    last_now: Timestamp,
    next_due: Option<Timestamp>,
    seats: SeatMaps,
}

impl Stock {
    /// The stock of an event whose description has this stamp.
    pub(super) fn new(snapshot: &EventSnapshot, stamp: Stamp) -> Self {
        let EventSnapshot {
            event,
            grades,
            version,
            last_now,
            next_due,
            seats,
        } = snapshot;
        Self {
            event: event.id,
            version: *version,
            stamp,
            grades: grades.clone(),
            last_now: *last_now,
            next_due: *next_due,
            seats: seats.clone(),
        }
    }

    /// The event with this stock; `None` where the description is another one.
    pub(crate) fn of(&self, event: &Arc<Event>) -> Option<EventSnapshot> {
        (Stamp::of(event) == self.stamp).then(|| EventSnapshot {
            event: Arc::clone(event),
            grades: self.grades.clone(),
            version: self.version,
            last_now: self.last_now,
            next_due: self.next_due,
            seats: self.seats.clone(),
        })
    }
}

/// What a node tells the others of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    /// Which node says so.
    pub(super) node: u64,
    /// What it says.
    pub(super) news: News,
}

/// What became of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum News {
    /// It has a new version.
    Stock(Stock),
    /// It was deleted.
    Gone(EventId),
}

/// As bytes.
pub(super) fn encode(value: &impl Serialize) -> Vec<u8> {
    // Nothing we write can fail to be: no map of unknown length, no type that refuses.
    postcard::to_stdvec(value).unwrap_or_default()
}

/// From bytes; `None` where they are something else, which is then as good as lost.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use boxoffice::grade;
    use boxoffice::money::Money;

    use super::*;
    use crate::testing::snapshot;

    fn with_grades() -> EventSnapshot {
        let mut snapshot = (*snapshot(EventId(7), 300)).clone();
        snapshot.grades = vec![Grade {
            seat_type: "VIP".parse().expect("a grade"),
            price: Money(150_000),
            seating: grade::Seating::General,
            stock: grade::Stock::of(500),
        }];
        snapshot
    }

    #[test]
    fn a_snapshot_comes_back_from_its_two_parts() {
        let snapshot = with_grades();
        let details = encode(&*snapshot.event);
        let stock = encode(&Stock::new(&snapshot, Stamp::of_bytes(&details)));
        assert!(stock.len() < 48, "{} bytes", stock.len());

        let event: Event = decode(&details).expect("a description");
        let stock: Stock = decode(&stock).expect("stock");
        assert_eq!(stock.of(&Arc::new(event)), Some(snapshot));
    }

    #[test]
    fn stock_does_not_go_with_another_description() {
        let snapshot = with_grades();
        let stock = Stock::new(&snapshot, Stamp::of(&snapshot.event));
        let mut renamed = (*snapshot.event).clone();
        renamed.name.push('!');
        assert_eq!(stock.of(&Arc::new(renamed)), None);
    }

    #[test]
    fn what_is_not_ours_is_nothing() {
        assert_eq!(decode::<Note>(b""), None);
        assert_eq!(decode::<Note>(b"\xff\xff\xff"), None);
        let mut longer = encode(&Note {
            node: 1,
            news: News::Gone(EventId(7)),
        });
        longer.push(0);
        assert_eq!(decode::<Note>(&longer), None);
    }

    /// Where this fails, what is written has changed: put `FORMAT` up by one, and the new sum here.
    #[test]
    fn what_is_written_is_what_the_format_stands_for() {
        let snapshot = with_grades();
        let note = Note {
            node: 1,
            news: News::Stock(Stock::new(&snapshot, Stamp::of(&snapshot.event))),
        };
        let written = (FORMAT, Stamp::of_bytes(&encode(&(&*snapshot.event, note))));
        assert_eq!(written, (1, Stamp(4_605_834_965_160_641_620)));
    }
}
