//! Single-flight: loads that are on their way, at most one for each key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use boxoffice::coordinator::{Cached, ViewKey};
use boxoffice::store::StoreError;
use tokio::sync::Notify;

use crate::lock;

/// What a load brought, for everybody who waits for it.
pub(crate) type Answer = Result<Option<Cached>, StoreError>;

/// The loads on their way.
#[derive(Default)]
pub(crate) struct Flights {
    aloft: Mutex<Aloft>,
}

#[derive(Default)]
struct Aloft {
    flights: HashMap<ViewKey, Flight>,
    last_number: u64,
}

struct Flight {
    number: u64,
    landing: Arc<Landing>,
}

/// Where an answer is left for everybody who waits.
///
/// They are woken in the order in which they came, always: `watch` would wake them in one that it
/// draws, and a simulated day would not be the same twice.
#[derive(Default)]
struct Landing {
    answer: OnceLock<Option<Answer>>,
    landed: Notify,
}

impl Landing {
    /// Leaves the answer, the first one for good; `None`: there will be none.
    fn leave(&self, answer: Option<Answer>) {
        let _later_ones = self.answer.set(answer);
        self.landed.notify_waiters();
    }

    async fn wait(&self) -> Option<Answer> {
        loop {
            // Before the look: what lands after it is heard of.
            let landed = self.landed.notified();
            if let Some(answer) = self.answer.get() {
                return answer.clone();
            }
            landed.await;
        }
    }
}

/// How somebody comes by an answer.
pub(crate) enum Boarding<T> {
    /// It was there after all.
    Known(T),
    /// By waiting for a load that somebody else began.
    Passenger(Waiting),
    /// By loading, and by telling the others.
    Pilot(Pilot, Waiting),
}

impl Flights {
    /// Joins the load of this key, or begins one.
    ///
    /// `known` is asked again before one begins: a load may have landed since the caller looked.
    pub(crate) fn board<T>(
        self: &Arc<Self>,
        key: &ViewKey,
        known: impl FnOnce() -> Option<T>,
    ) -> Boarding<T> {
        let mut aloft = lock(&self.aloft);
        if let Some(flight) = aloft.flights.get(key) {
            return Boarding::Passenger(Waiting {
                landing: Arc::clone(&flight.landing),
            });
        }
        if let Some(known) = known() {
            return Boarding::Known(known);
        }
        let landing = Arc::new(Landing::default());
        aloft.last_number += 1;
        let number = aloft.last_number;
        aloft.flights.insert(
            key.clone(),
            Flight {
                number,
                landing: Arc::clone(&landing),
            },
        );
        let pilot = Pilot {
            flights: Arc::clone(self),
            key: key.clone(),
            number,
            landing: Arc::clone(&landing),
        };
        Boarding::Pilot(pilot, Waiting { landing })
    }

    /// Whether this key is being loaded.
    pub(crate) fn has(&self, key: &ViewKey) -> bool {
        lock(&self.aloft).flights.contains_key(key)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        lock(&self.aloft).flights.len()
    }
}

/// Owes an answer to those who wait. Dropped without one, it tells them that there is none.
pub(crate) struct Pilot {
    flights: Arc<Flights>,
    key: ViewKey,
    number: u64,
    landing: Arc<Landing>,
}

impl Pilot {
    /// Hands out the answer. Whoever asks from now on asks anew.
    pub(crate) fn land(self, answer: Answer) {
        // First off the board: who retries after an error must not join what has failed.
        self.leave();
        self.landing.leave(Some(answer));
    }

    fn leave(&self) {
        let mut aloft = lock(&self.flights.aloft);
        if aloft
            .flights
            .get(&self.key)
            .is_some_and(|flight| flight.number == self.number)
        {
            aloft.flights.remove(&self.key);
        }
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.leave();
        self.landing.leave(None);
    }
}

/// Waits for the answer of a load that runs elsewhere; may be dropped at any time.
pub(crate) struct Waiting {
    landing: Arc<Landing>,
}

impl Waiting {
    /// The answer, once it is there.
    pub(crate) async fn answer(self) -> Answer {
        self.landing
            .wait()
            .await
            .unwrap_or_else(|| Err(StoreError::Unavailable("the load was given up".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use boxoffice::ids::EventId;

    use super::*;

    const KEY: ViewKey = ViewKey::Event(EventId(7));

    #[test]
    fn what_landed_since_the_asker_looked_is_not_loaded_again() {
        let flights = Arc::new(Flights::default());
        assert!(matches!(
            flights.board(&KEY, || Some(1)),
            Boarding::Known(1)
        ));
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn who_joins_a_load_gets_its_answer_and_who_comes_later_begins_anew() {
        let flights = Arc::new(Flights::default());
        let Boarding::Pilot(pilot, _) = flights.board::<()>(&KEY, || None) else {
            panic!("nobody loads yet")
        };
        let Boarding::Passenger(waiting) = flights.board::<()>(&KEY, || None) else {
            panic!("somebody loads already")
        };
        pilot.land(Ok(None));
        assert_eq!(waiting.answer().await, Ok(None));
        assert!(matches!(
            flights.board::<()>(&KEY, || None),
            Boarding::Pilot(..)
        ));
    }
}
