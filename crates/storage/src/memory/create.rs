//! New events and profiles.

use std::collections::BTreeMap;
use std::sync::Arc;

use boxoffice::buyer::User;
use boxoffice::event::{DEFAULT_ORGANIZER, Event, EventSnapshot, NewEvent};
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{EventId, GroupId, Version};
use boxoffice::seats::SeatMaps;
use boxoffice::store::{Created, StoreError, UserCreated};

use super::state::{EventRow, KeyRow, LedTo, LogLine, State};
use crate::shape::check_new_event;

/// Makes an event at version 1.
pub(super) fn event(
    state: &mut State,
    new: NewEvent,
    group: GroupId,
    key: Option<KeyedRequest>,
) -> Result<Created<EventSnapshot>, StoreError> {
    let refused = |why: String| StoreError::Unavailable(format!("the data is refused: {why}"));
    if let Some(request) = &key
        && let Some(row) = state.keys.get(&(None, None, request.key.clone()))
    {
        let LedTo::Event(id) = row.led_to else {
            return Ok(Created::KeyReused);
        };
        let snapshot = state
            .snapshot(id)
            .filter(|_| row.request.body == request.body);
        return Ok(snapshot.map_or(Created::KeyReused, Created::Replayed));
    }
    check_new_event(&new).map_err(refused)?;
    if new.event.organizer != DEFAULT_ORGANIZER || new.event.production.is_some() {
        return Err(refused("no such organizer or production".to_owned()));
    }
    let id = EventId(state.events.keys().next_back().map_or(1, |last| last.0 + 1));
    let at = new.event.created_at;
    let row = EventRow {
        event: Arc::new(Event { id, ..new.event }),
        seats: SeatMaps::of(&new.grades),
        grades: new.grades,
        version: Version(1),
        last_now: at,
        log: BTreeMap::from([(Version(1), LogLine { group, at })]),
    };
    state.events.insert(id, row);
    if let Some(request) = key {
        let scope = (None, None, request.key.clone());
        state.keys.insert(
            scope,
            KeyRow {
                request,
                led_to: LedTo::Event(id),
                at,
            },
        );
    }
    let snapshot = state.snapshot(id);
    snapshot
        .map(Created::New)
        .ok_or_else(|| refused("it is gone".to_owned()))
}

/// Makes a profile.
pub(super) fn user(state: &mut State, user: User, key: Option<KeyedRequest>) -> UserCreated {
    let scope = key.map(|request| ((None, Some(user.id.clone()), request.key.clone()), request));
    let known = state.users.get(&user.id);
    if let Some((scope, request)) = &scope
        && let Some(row) = state.keys.get(scope)
    {
        match known {
            _ if row.request.body != request.body => return UserCreated::KeyReused,
            Some(known) => return UserCreated::Replayed(known.clone()),
            None => {}
        }
    }
    if known.is_some() {
        return UserCreated::Exists;
    }
    if let Some((scope, request)) = scope {
        let row = KeyRow {
            request,
            led_to: LedTo::Profile,
            at: user.created_at,
        };
        state.keys.insert(scope, row);
    }
    state.users.insert(user.id.clone(), user.clone());
    UserCreated::New(user)
}
