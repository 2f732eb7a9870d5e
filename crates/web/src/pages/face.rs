//! What a page says of an event wherever it names one.

use boxoffice::event::{EventSnapshot, SalePhase, SaleState};
use boxoffice::grade::Grade;
use boxoffice::ids::EventId;
use boxoffice::money::Currency;
use boxoffice::time::Timestamp;

use super::format::{self, Leaf};
use super::texts::texts;
use crate::lang::Lang;
use crate::zone::Zone;

/// Colours that events are told apart by.
const HUES: i64 = 8;

/// The colour of this event.
pub(crate) fn hue(event: EventId) -> i64 {
    event.0.rem_euclid(HUES)
}

/// Where an event stands, for somebody who might buy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Seats can be taken.
    Open {
        /// How many.
        left: u32,
    },
    /// They will be.
    Before {
        /// From when on.
        opens_at: Timestamp,
    },
    /// None is left at the moment.
    SoldOut {
        /// Whether some are held and may come back.
        may_return: bool,
    },
    /// The sale is over.
    Over,
    /// It does not take place.
    Cancelled,
}

impl Standing {
    /// Where this event stands at `now`.
    pub(crate) fn of(snapshot: &EventSnapshot, now: Timestamp) -> Self {
        if snapshot.event.state == SaleState::Cancelled {
            return Self::Cancelled;
        }
        let stock = snapshot.stock();
        match snapshot.event.phase(now) {
            SalePhase::Over => Self::Over,
            SalePhase::Before { opens_at } => Self::Before { opens_at },
            SalePhase::Open if stock.available == 0 => Self::SoldOut {
                may_return: stock.held > 0,
            },
            SalePhase::Open => Self::Open {
                left: stock.available,
            },
        }
    }

    /// Its name in the stylesheet.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Before { .. } => "before",
            Self::SoldOut { .. } => "soldout",
            Self::Over => "over",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The face of an event.
pub(crate) struct Face {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) hue: i64,
    pub(crate) leaf: Leaf,
    pub(crate) when: String,
    /// When, for machines.
    pub(crate) iso: String,
    pub(crate) venue: Option<String>,
    pub(crate) standing: Standing,
    pub(crate) prices: String,
    pub(crate) opens: Option<Opening>,
    /// Where it stands, in a word.
    pub(crate) badge: String,
}

/// When a sale opens.
pub(crate) struct Opening {
    /// For people.
    pub(crate) told: String,
    /// For scripts: milliseconds.
    pub(crate) millis: i64,
}

impl Face {
    /// The face of this event at `now`.
    pub(crate) fn of(snapshot: &EventSnapshot, now: Timestamp, lang: Lang) -> Self {
        let event = &*snapshot.event;
        let zone = Zone::named_or_utc(&event.zone);
        let standing = Standing::of(snapshot, now);
        let opens = match standing {
            Standing::Before { opens_at } => Some(Opening {
                told: format::moment(opens_at, &zone, lang),
                millis: format::millis(opens_at),
            }),
            _ => None,
        };
        Self {
            id: event.id.0,
            name: event.name.clone(),
            hue: hue(event.id),
            leaf: format::leaf(event.starts_at, &zone, lang),
            when: format::moment(event.starts_at, &zone, lang),
            iso: zone.tell(event.starts_at).to_string(),
            venue: event.venue.name.clone(),
            standing,
            prices: prices(&snapshot.grades, event.currency, lang),
            badge: badge(standing, opens.as_ref(), lang),
            opens,
        }
    }
}

fn badge(standing: Standing, opens: Option<&Opening>, lang: Lang) -> String {
    let t = &texts(lang).event;
    match standing {
        Standing::Open { left } => (t.left)(left),
        Standing::Before { .. } => {
            opens.map_or_else(String::new, |opens| (t.opens_at)(&opens.told))
        }
        Standing::SoldOut { .. } => t.sold_out.to_owned(),
        Standing::Over => t.closed.to_owned(),
        Standing::Cancelled => t.cancelled.to_owned(),
    }
}

/// From the cheapest to the dearest.
fn prices(grades: &[Grade], currency: Currency, lang: Lang) -> String {
    let cheapest = grades.iter().map(|grade| grade.price).min();
    let dearest = grades.iter().map(|grade| grade.price).max();
    match (cheapest, dearest) {
        (Some(low), Some(high)) if low == high => format::price(low, currency, lang),
        (Some(low), Some(high)) => {
            let [low, high] = [low, high].map(|price| format::price(price, currency, lang));
            format!("{low} – {high}")
        }
        _ => String::new(),
    }
}
