//! What comes in from outside, read as a request is, for fuzzers and for the tests of what they
//! found. Each door panics where reading breaks a promise.

use boxoffice::box_office::ReserveRequest;
use boxoffice::event::NewEvent;
use boxoffice::grade::SeatLabel;
use boxoffice::ids::{EventId, ReservationCode, ReservationId};
use boxoffice::ticket_code::TicketCode;
use boxoffice::time::Timestamp;
use bytes::Bytes;
use serde_json::Value;

use crate::cors::CorsOrigins;
use crate::errors::ApiError;
use crate::lang::Lang;
use crate::pages::organizers_form;
use crate::request::{
    Asked, Faults, Form, Json, cancel_form, event_patch, extend_form, idempotency_key, if_version,
    line_of, new_event, new_user, number, page, pay_form, pay_request, reserve_form,
    reserve_request, sort, user_id_of,
};
use crate::zone::Zone;

/// A door: its name, which is its corpus's folder, and what goes through it.
pub type Door = (&'static str, fn(&[u8]));

/// Every door.
pub const DOORS: [Door; 7] = [
    ("body", body),
    ("form", form),
    ("query", query),
    ("moment", moment),
    ("code", code),
    ("seat", seat),
    ("header", header),
];

/// Nested deeper than this, a body is refused.
const DEPTH_MAX: u32 = 16;

/// A moment for all requests.
const NOW: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

/// What has to hold of something that was read, once it is known that nothing is wrong with the rest.
type Promise = Box<dyn FnOnce()>;

fn of_seats(wanted: ReserveRequest) -> Promise {
    Box::new(move || {
        let count = wanted.quantity.get();
        assert!((1..=10).contains(&count));
        assert!(wanted.seats.is_empty() || wanted.seats.len() == count as usize);
    })
}

fn of_an_event<T>((new, _): (NewEvent, T)) -> Promise {
    Box::new(move || {
        assert!(!new.grades.is_empty());
        let seats: u64 = new.grades.iter().map(|g| u64::from(g.stock.total)).sum();
        assert!((1..=10_000_000).contains(&seats));
    })
}

/// Of what any value would do.
fn nothing<T>(_: T) -> Promise {
    Box::new(|| {})
}

/// A request's body; the first byte says of which request.
pub fn body(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let (faults, zone) = (Faults::default(), Zone::named_or_utc("Asia/Seoul"));
    let json = faults.catch("body", Json::read(text, DEPTH_MAX));
    let id = ReservationId::from_slice(&[7; 16]);
    let read = json.and_then(|json| -> Option<Promise> {
        match kind % 5 {
            0 => reserve_request(&json, None, &faults).map(of_seats),
            1 => new_event(&json, None, &zone, NOW, &faults).map(of_an_event),
            2 => event_patch(&json, None, &zone, &faults).map(nothing),
            3 => new_user(&json, None, NOW, &faults).map(nothing),
            _ => pay_request(id?, &json, None, &faults).map(nothing),
        }
    });
    kept_or_told(faults.unless_any(read));
}

/// What a page's form sends; the first byte says which form.
pub fn form(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let (faults, zone) = (Faults::default(), Zone::named_or_utc("Asia/Seoul"));
    let form = Form::new(Bytes::copy_from_slice(text));
    let (fields, id) = (form.fields(), ReservationId::from_slice(&[7; 16]));
    let read: Option<Promise> = match kind % 5 {
        0 => reserve_form(EventId(1), &fields, &faults).map(of_seats),
        1 => id.and_then(|id| pay_form(id, "tok_ok", &fields, &faults).map(nothing)),
        2 => id.map(|id| nothing(extend_form(id, &fields, &faults))),
        3 => id.map(|id| nothing(cancel_form(id, &fields, &faults))),
        _ => organizers_form(&form, |json| {
            new_event(json, None, &zone, NOW, &faults).map(of_an_event)
        }),
    };
    kept_or_told(faults.unless_any(read));
}

/// What stands behind a question mark, and the open part of a path.
pub fn query(data: &[u8]) {
    const SORTS: &[&str] = &["name,asc", "name,desc"];
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (query, faults) = (crate::request::Query::read(Some(text)), Faults::default());
    let part = page(&query, &faults);
    assert!((1..=100).contains(&part.size));
    sort(&query, &faults, SORTS, &[("name", ())]);
    query.optional("q", &faults, |text| line_of(text, 200));
    query.optional("userId", &faults, user_id_of);
    query.optional("eventId", &faults, number(1, i64::MAX));
    told(faults.unless_any(Some(())));
}

/// A date-time, after the name of a zone and a line break.
pub fn moment(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (name, text) = text.split_once('\n').unwrap_or(("Asia/Seoul", text));
    let zone = Zone::named_or_utc(name);
    if let Ok(at) = zone.read(text) {
        let told = zone.tell(at).to_string();
        assert_eq!(zone.read(&told), Ok(at), "{told}");
    }
}

/// A reservation's id or code, or a ticket's code.
pub fn code(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(id) = text.parse::<ReservationId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(code) = text.parse::<ReservationCode>() {
        assert_eq!(code.to_string().parse(), Ok(code));
    }
    if let Ok(code) = text.parse::<TicketCode>() {
        assert_eq!(code.to_string().parse(), Ok(code));
    }
}

/// A seat's name.
pub fn seat(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(label) = text.parse::<SeatLabel>() {
        assert_eq!(label.to_string().parse(), Ok(label.clone()));
        assert!(!label.grade_name().is_empty());
    }
}

/// The headers that are read: a key, a version, languages, origins.
pub fn header(data: &[u8]) {
    if let Ok(key) = idempotency_key(data) {
        assert_eq!(key.as_str().as_bytes(), data);
        assert!(data.iter().all(u8::is_ascii_graphic));
    }
    let faults = Faults::default();
    faults.catch("If-Match", if_version(Some(data)));
    told(faults.unless_any(Some(())));
    assert_ne!(Lang::of(Some(data)), Lang::Both);
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(mistake) = CorsOrigins::read(text)
    {
        assert!(!mistake.to_string().is_empty());
    }
    assert!(Asked::is_json(data) || !data.eq_ignore_ascii_case(b"application/json"));
}

/// What was read keeps its promise, and what is refused says why.
fn kept_or_told(read: Result<Promise, ApiError>) {
    match read {
        Ok(promise) => promise(),
        Err(refused) => told(Err(refused)),
    }
}

/// What is refused says why, in JSON, in every language.
fn told(read: Result<(), ApiError>) {
    let Err(error) = read else {
        return;
    };
    assert!(!error.fields().is_empty(), "refused, and nothing is wrong");
    let zone = Zone::named_or_utc("UTC");
    for lang in [Lang::En, Lang::Ko, Lang::Both] {
        let envelope = error.envelope(lang, &zone, NOW);
        let envelope: Value = serde_json::from_slice(&envelope).expect("JSON");
        assert!(envelope["error"]["details"].is_object());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_fuzzers_kept_breaks_no_promise() {
        for (name, enter) in DOORS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
            let files = std::fs::read_dir(folder.join(name)).expect("a corpus");
            let mut count = 0;
            for file in files {
                let path = file.expect("a file").path();
                println!("{}", path.display());
                enter(&std::fs::read(path).expect("its bytes"));
                count += 1;
            }
            assert!(count > 3, "{name} has {count} inputs");
        }
    }
}
