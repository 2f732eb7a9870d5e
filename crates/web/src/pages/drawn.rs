//! Pages that are the same for everybody but for their end, drawn once for each version.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use boxoffice::event::EventSnapshot;
use boxoffice::ids::EventId;
use boxoffice::time::Timestamp;
use bytes::Bytes;

use super::face::Standing;
use super::format;
use super::html;
use crate::api::{App, Packed, Told};
use crate::errors::ApiError;
use crate::lang::Lang;

/// Where a template leaves room for what each answer has to itself.
const OWN_PART: &str = "<!--own-->";

/// Pages that each worker keeps; beyond it, all are forgotten and the hot ones come back at once.
const DRAWN_LEN_MAX: usize = 512;

thread_local! {
    static DRAWN: RefCell<HashMap<Key, Drawing>> = RefCell::default();
}

/// Which page of which event.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sheet {
    /// The event itself.
    Event,
    /// A part of its table of seats.
    Seats(u32),
}

type Key = (EventId, bool, Sheet);

/// A page as it was drawn last, but for its own part.
struct Drawing {
    told: Told,
    standing: Discriminant<Standing>,
    head: Bytes,
    /// The same for who takes gzip, once somebody does.
    packed: OnceCell<Option<Packed>>,
    /// What comes after the own part.
    tail: String,
}

impl Drawing {
    fn packed(&self, own: &str, bytes_min: usize) -> Option<Vec<u8>> {
        if self.head.len() < bytes_min {
            return None;
        }
        let packed = self.packed.get_or_init(|| Packed::beginning(&self.head));
        packed.as_ref()?.with_end(own.as_bytes())
    }
}

/// Answers with this page of an event at `now`, and draws it with `draw` where it is not kept.
pub(super) fn answer(
    app: &App,
    (snapshot, now): (&EventSnapshot, Timestamp),
    (lang, sheet): (Lang, Sheet),
    takes_gzip: bool,
    draw: impl FnOnce() -> Result<String, ApiError>,
) -> Result<Response, ApiError> {
    let told = Told::of(snapshot, now);
    let standing = Standing::of(snapshot, now);
    let bytes_min = app.limits.compress_bytes_min as usize;
    let tell = |drawing: &Drawing| {
        let own = own_part(standing, now) + &drawing.tail;
        let packed = takes_gzip.then(|| drawing.packed(&own, bytes_min));
        if let Some(packed) = packed.flatten() {
            return gzipped(lang, packed);
        }
        let body = [&drawing.head[..], own.as_bytes()].concat();
        html::page_of(StatusCode::OK, lang, Body::from(body))
    };
    let key = (snapshot.event.id, lang == Lang::Ko, sheet);
    let is_of = |known: &&Drawing| known.told == told && known.standing == discriminant(&standing);
    DRAWN.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(&key).filter(is_of) {
            return Ok(tell(known));
        }
        if kept.len() >= DRAWN_LEN_MAX {
            kept.clear();
        }
        let html = draw()?;
        let (head, tail) = html.rsplit_once(OWN_PART).unwrap_or((&html, ""));
        let new = Drawing {
            told,
            standing: discriminant(&standing),
            head: Bytes::copy_from_slice(head.as_bytes()),
            packed: OnceCell::new(),
            tail: tail.to_owned(),
        };
        let answer = tell(&new);
        kept.insert(key, new);
        Ok(answer)
    })
}

/// Answers with a page that was drawn for one person alone.
pub(super) fn answer_once(
    html: &str,
    (standing, now): (Standing, Timestamp),
    status: StatusCode,
    lang: Lang,
) -> Response {
    let (head, tail) = html.rsplit_once(OWN_PART).unwrap_or((html, ""));
    let html = [head, &own_part(standing, now), tail].concat();
    html::page_of(status, lang, Body::from(html))
}

/// What each answer has to itself: the form's key, and the server's time.
fn own_part(standing: Standing, now: Timestamp) -> String {
    let clock = format!(
        r#"<div id="clock" data-now="{}" hidden></div>"#,
        format::millis(now)
    );
    if !matches!(standing, Standing::Open { .. }) {
        return clock;
    }
    let key = html::form_key();
    format!(r#"<input type="hidden" form="reserve" name="key" value="{key}">{clock}"#)
}

fn gzipped(lang: Lang, packed: Vec<u8>) -> Response {
    let mut response = html::page_of(StatusCode::OK, lang, Body::from(packed));
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    response
}
