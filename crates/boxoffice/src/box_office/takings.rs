//! What a sale has taken, for the organizer who watches it.

use std::sync::Arc;

use crate::coordinator::{View, ViewKey};
use crate::ids::{EventId, ReservationId};
use crate::store::StoreError;
use crate::takings::{LATELY_SECS, Sum, Takings};
use crate::time::Timestamp;

use super::BoxOffice;

impl BoxOffice {
    /// What an event has taken, and how many reserved lately. For all who watch at this node together
    /// it is looked up once in the time that a count is served from the cache, and added up only
    /// where something has changed, seldom where that takes long.
    pub async fn takings(&self, event: EventId) -> Result<Takings, StoreError> {
        let Some(cached) = self.event(event).await? else {
            return Ok(Takings::default());
        };
        let version = cached.snapshot.version;
        let (ports, sums) = (Arc::clone(&self.ports), Arc::clone(&self.sums));
        let load = Box::pin(async move {
            let began = ports.clock.now();
            let lately = began.as_micros() - i64::from(LATELY_SECS) * 1_000_000;
            let lately = ReservationId::first_of(Timestamp::from_micros(lately));
            let lately = ports.store.reserved_since(event, lately).await?;
            if let Some(amount) = sums.known(event, version, began) {
                return Ok(Some(View::Takings(Takings { amount, lately })));
            }
            let began = ports.clock.now();
            let amount = ports.store.takings(event).await?;
            let at = ports.clock.now();
            let sum = Sum {
                amount,
                version,
                at,
                took_micros: at.as_micros() - began.as_micros(),
            };
            sums.keep(event, sum);
            Ok(Some(View::Takings(Takings { amount, lately })))
        });
        let coordinator = &self.ports.coordinator;
        let cached = coordinator.view(ViewKey::Takings(event), load).await?;
        match cached.map(|cached| cached.view) {
            Some(View::Takings(takings)) => Ok(takings),
            _ => Ok(Takings::default()),
        }
    }
}
