//! How often the cache could answer, counted by the kind of view.

use boxoffice::coordinator::ViewKey;
use metrics::{Counter, counter, describe_counter};

const HITS: &str = "onsale_cache_hits_total";
const MISSES: &str = "onsale_cache_misses_total";

/// Counters that were looked up once, so that a hit need not.
pub(crate) struct Counters {
    event: Pair,
    user: Pair,
    events: Pair,
    admitted: Pair,
    takings: Pair,
}

struct Pair {
    hits: Counter,
    misses: Counter,
}

impl Counters {
    /// Registers with the recorder that is installed by now; one that comes later hears nothing.
    pub(crate) fn register() -> Self {
        describe_counter!(
            HITS,
            "Lookups that were answered without asking the database"
        );
        describe_counter!(
            MISSES,
            "Lookups that had to ask the database, or wait for who did"
        );
        Self {
            event: Pair::register("event"),
            user: Pair::register("user"),
            events: Pair::register("events"),
            admitted: Pair::register("admitted"),
            takings: Pair::register("takings"),
        }
    }

    pub(crate) fn hit(&self, key: &ViewKey) {
        self.of(key).hits.increment(1);
    }

    pub(crate) fn miss(&self, key: &ViewKey) {
        self.of(key).misses.increment(1);
    }

    fn of(&self, key: &ViewKey) -> &Pair {
        match key {
            ViewKey::Event(_) => &self.event,
            ViewKey::User(_) => &self.user,
            ViewKey::Events(_) => &self.events,
            ViewKey::Admitted(_) => &self.admitted,
            ViewKey::Takings(_) => &self.takings,
        }
    }
}

impl Pair {
    fn register(view: &'static str) -> Self {
        Self {
            hits: counter!(HITS, "view" => view),
            misses: counter!(MISSES, "view" => view),
        }
    }
}
