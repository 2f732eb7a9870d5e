//! Events: listed, looked at, put on sale, changed and deleted.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_MATCH, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use boxoffice::box_office::CachedEvent;
use boxoffice::command::DeleteError;
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::page::Direction;
use boxoffice::store::{EventFilter, EventListQuery, EventSort};
use boxoffice::time::Timestamp;

use super::rendered::{etag, is_known, rendered, rendered_seats, ttl_secs};
use super::{Answer, App, created, event_number, json, json_bytes};
use crate::errors::{ApiError, Code, Detail};
use crate::request::{
    Asked, Faults, Json, event_patch, if_version, line_of, names_own_zone, new_event, one_of, page,
    sort,
};
use crate::response::{EventBody, WrittenItems};
use crate::visit::Host;
use crate::zone::Zone;

const X_CACHE_HIT: HeaderName = HeaderName::from_static("x-cache-hit");
const X_CACHE_TTL: HeaderName = HeaderName::from_static("x-cache-ttl");

/// Longest text to look for, in characters.
pub(crate) const SEARCH_LEN_MAX: usize = 200;

/// About as long as an event is when it is told, in bytes.
const EVENT_LEN: usize = 1_024;

/// The orders of an event list.
pub(crate) const SORTS: &[&str] = &[
    "eventDate,asc",
    "eventDate,desc",
    "eventName,asc",
    "eventName,desc",
    "createdAt,asc",
    "createdAt,desc",
];

const SORT_FIELDS: &[(&str, EventSort)] = &[
    ("eventDate", EventSort::EventDate),
    ("eventName", EventSort::EventName),
    ("createdAt", EventSort::CreatedAt),
];

/// The statuses of an event, as they are asked for.
pub(crate) const STATUSES: &[&str] = &["ACTIVE", "SOLD_OUT", "CLOSED", "CANCELLED"];

const FILTERS: &[EventFilter] = &[
    EventFilter::Active,
    EventFilter::SoldOut,
    EventFilter::Closed,
    EventFilter::Cancelled,
];

pub(super) async fn list(app: Host, asked: Asked) -> Answer {
    let query = list_query(&asked, None, app.box_office.now())?;
    listed(&app, query).await
}

pub(super) async fn upcoming(app: Host, asked: Asked) -> Answer {
    let query = list_query(&asked, Some(EventFilter::Upcoming), app.box_office.now())?;
    listed(&app, query).await
}

pub(super) async fn available(app: Host, asked: Asked) -> Answer {
    let query = list_query(&asked, Some(EventFilter::Available), app.box_office.now())?;
    listed(&app, query).await
}

async fn listed(app: &App, query: EventListQuery) -> Answer {
    let (part, now) = (query.page, query.now);
    let found = app.box_office.events(query).await?;
    let mut items = WrittenItems::with_capacity(found.items.len() * EVENT_LEN);
    for snapshot in &found.items {
        items.push(|bytes| rendered(snapshot, now, |event| event.write_to(bytes)))?;
    }
    let page = items.into_page(part, found.total);
    let page = page.map_err(|error| ApiError::from(Code::Internal).because(&error))?;
    let mut response = json_bytes(StatusCode::OK, Body::from(page));
    let unseen = HeaderValue::from_static("no-cache");
    response.headers_mut().insert(CACHE_CONTROL, unseen);
    Ok(response)
}

/// What is asked for; without a filter of its own a list takes one from `status`.
fn list_query(
    asked: &Asked,
    filter: Option<EventFilter>,
    now: Timestamp,
) -> Result<EventListQuery, ApiError> {
    let (query, faults) = (asked.query(), Faults::default());
    let filter = filter.unwrap_or_else(|| {
        let status = query.optional("status", &faults, one_of(STATUSES, FILTERS));
        status.unwrap_or(EventFilter::All)
    });
    let order = sort(&query, &faults, SORTS, SORT_FIELDS);
    let (sort, direction) = order.unwrap_or((EventSort::EventDate, Direction::Ascending));
    // To look for nothing is to look at everything.
    let text = query.optional("q", &faults, |text| match text {
        "" => Ok(None),
        text => line_of(text, SEARCH_LEN_MAX).map(Some),
    });
    let page = page(&query, &faults);
    faults.unless_any(Some(EventListQuery {
        filter,
        text: text.flatten(),
        sort,
        direction,
        page,
        now,
    }))
}

pub(super) async fn detail(app: Host, asked: Asked) -> Answer {
    let id = asked.param("eventId", event_number)?;
    // The gateway compresses what does not go past the router.
    let cached = app.box_office.event(id).await?;
    told(&app, cached, asked.headers().get(IF_NONE_MATCH), false)
}

/// The path of [`told`] events, as it is counted.
pub(crate) const HOT_PATH: &str = "/api/events/{eventId}";

/// An event as it is, in gzip where she takes it and it is worth it, or that she knows it already.
pub(crate) fn told(
    app: &App,
    cached: Option<CachedEvent>,
    known: Option<&HeaderValue>,
    takes_gzip: bool,
) -> Answer {
    let cached = cached.ok_or(Code::EventNotFound)?;
    rendered(&cached.snapshot, app.box_office.now(), |rendered| {
        let bytes_min = app.limits.compress_bytes_min as usize;
        let whole = rendered.with_metadata(cached.hit, cached.ttl);
        let pack = || rendered.packed_with_metadata(cached.hit, cached.ttl, bytes_min);
        let mut response = if is_known(known, &rendered.etag) {
            not_modified()
        } else if let Some(packed) = takes_gzip.then(pack).flatten() {
            gzipped(packed)
        } else {
            json_bytes(StatusCode::OK, Body::from(whole.body))
        };
        let headers = response.headers_mut();
        put_cache_headers(headers, cached.hit, whole.ttl, rendered.etag.clone());
        response
    })
}

pub(super) async fn seats(app: Host, asked: Asked) -> Answer {
    let cached = cached(&app, asked.param("eventId", event_number)?).await?;
    let seats = rendered_seats(&cached.snapshot, app.box_office.now())?;
    let mut response = if is_known(asked.headers().get(IF_NONE_MATCH), &seats.etag) {
        not_modified()
    } else {
        json_bytes(StatusCode::OK, Body::from(seats.body))
    };
    let ttl = HeaderValue::from(ttl_secs(cached.ttl));
    put_cache_headers(response.headers_mut(), cached.hit, ttl, seats.etag);
    Ok(response)
}

async fn cached(app: &App, id: EventId) -> Result<CachedEvent, ApiError> {
    Ok(app.box_office.event(id).await?.ok_or(Code::EventNotFound)?)
}

fn gzipped(packed: Vec<u8>) -> Response {
    let mut response = json_bytes(StatusCode::OK, Body::from(packed));
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn not_modified() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

fn put_cache_headers(headers: &mut HeaderMap, hit: bool, ttl: HeaderValue, etag: HeaderValue) {
    let hit = if hit { "true" } else { "false" };
    headers.insert(ETAG, etag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CACHE_HIT, HeaderValue::from_static(hit));
    headers.insert(X_CACHE_TTL, ttl);
}

pub(super) async fn create(app: Host, mut asked: Asked) -> Answer {
    app.may_organize(&asked)?;
    let body = asked.body(&app.limits).await?;
    let now = app.box_office.now();
    let (new, key) = {
        let faults = Faults::default();
        let key = asked.idempotency_key(&faults);
        app.read(&body, faults, |json, faults| {
            new_event(json, key, &app.zone, now, faults)
        })?
    };
    let made = app.box_office.create_event(new, key).await?;
    let location = format!("{}/events/{}", asked.base(), made.value.event.id);
    let mut response = created(&EventBody::tell(&made.value, now), location, made.replayed)?;
    put_etag(&mut response, &made.value, now);
    Ok(response)
}

pub(super) async fn update(app: Host, mut asked: Asked) -> Answer {
    app.may_organize(&asked)?;
    let id = asked.param("eventId", event_number)?;
    let body = asked.body(&app.limits).await?;
    let zone = zone_of_times(&app, id, &body).await?;
    let change = {
        let faults = Faults::default();
        let header = asked.headers().get(IF_MATCH).map(HeaderValue::as_bytes);
        let if_version = faults.catch("If-Match", if_version(header)).flatten();
        app.read(&body, faults, |json, faults| {
            event_patch(json, if_version, &zone, faults)
        })?
    };
    let snapshot = app.box_office.update_event(id, change).await?;
    let now = app.box_office.now();
    let mut response = json(StatusCode::OK, &EventBody::tell(&snapshot, now))?;
    put_etag(&mut response, &snapshot, now);
    Ok(response)
}

/// The zone that local times of a change are in. An event that is not found is missed later.
async fn zone_of_times(app: &App, id: EventId, body: &[u8]) -> Result<Zone, ApiError> {
    let json = Json::read(body, app.limits.json_depth_max);
    if json.is_ok_and(|json| !names_own_zone(&json))
        && let Some(cached) = app.box_office.event(id).await?
    {
        return Ok(Zone::named_or_utc(&cached.snapshot.event.zone));
    }
    Ok(app.zone.clone())
}

fn put_etag(response: &mut Response, snapshot: &EventSnapshot, now: Timestamp) {
    if let Ok(tag) = HeaderValue::try_from(etag(snapshot.version, snapshot.status(now))) {
        response.headers_mut().insert(ETAG, tag);
    }
}

pub(super) async fn delete(app: Host, asked: Asked) -> Answer {
    app.may_organize(&asked)?;
    let id = asked.param("eventId", event_number)?;
    // A second deletion finds nothing, so a key has nothing to tell; but a bad one is refused.
    let faults = Faults::default();
    asked.idempotency_key(&faults);
    faults.unless_any(Some(()))?;
    if let Err(refused) = app.box_office.delete_event(id).await {
        let error = ApiError::from(refused.clone());
        let DeleteError::LiveReservations { .. } = refused else {
            return Err(error);
        };
        let live = app.box_office.live_reservations(id).await?;
        let live = i64::try_from(live).unwrap_or(i64::MAX);
        return Err(error.with("reservations", Detail::Number(live)));
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
