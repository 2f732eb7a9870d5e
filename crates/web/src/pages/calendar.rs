//! An event for somebody's calendar (RFC 5545).

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use boxoffice::reservation::Reservation;
use boxoffice::time::Timestamp;

use super::reservation::id_of;
use crate::api::{Answer, told_event};
use crate::errors::Code;
use crate::request::Asked;
use crate::visit::Host;
use crate::zone::Zone;

/// Longest line of a calendar, in bytes; longer ones are folded.
const LINE_LEN_MAX: usize = 75;

pub(super) async fn file(app: Host, asked: Asked) -> Answer {
    let id = id_of(&asked)?;
    let found = app.box_office.reservation(id).await?;
    let reservation = found.filter(|found| !found.tickets.is_empty());
    let reservation = reservation.ok_or(Code::ReservationNotFound)?;
    let snapshot = told_event(&app, reservation.event).await;
    let snapshot = snapshot.ok_or(Code::EventNotFound)?;
    let event = &*snapshot.event;
    let venue = [&event.venue.name, &event.venue.address];
    let venue: Vec<_> = venue.into_iter().flatten().map(String::as_str).collect();
    let text = written(
        &reservation,
        &event.name,
        &venue.join(", "),
        event.starts_at,
        app.box_office.now(),
    );
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"ticket.ics\""),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn written(
    reservation: &Reservation,
    name: &str,
    venue: &str,
    starts_at: Timestamp,
    now: Timestamp,
) -> String {
    let seats: Vec<_> = reservation.seats.iter().map(ToString::to_string).collect();
    let about = format!(
        "{} x{} {} ({})",
        reservation.seat_type,
        reservation.quantity.get(),
        seats.join(" "),
        reservation.code()
    );
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//onsale//tickets//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@onsale", reservation.id),
        format!("DTSTAMP:{}", utc(now)),
        format!("DTSTART:{}", utc(starts_at)),
        format!("SUMMARY:{}", escaped(name)),
        format!("LOCATION:{}", escaped(venue)),
        format!("DESCRIPTION:{}", escaped(&about)),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.map(|line| folded(&line)).concat()
}

/// A moment as calendars write it (section 3.3.5).
fn utc(at: Timestamp) -> String {
    let at = Zone::named_or_utc("UTC").civil(at);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A text with what has a meaning in calendars escaped (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A line in pieces that no calendar finds too long (section 3.1), and its end.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 8);
    let mut len = 0;
    for c in line.chars() {
        if len + c.len_utf8() > LINE_LEN_MAX {
            folded.push_str("\r\n ");
            len = 1;
        }
        folded.push(c);
        len += c.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_add_a_line_to_a_calendar() {
        let hostile = "A;B,C\\\r\nEND:VEVENT\nX:1";
        assert_eq!(escaped(hostile), "A\\;B\\,C\\\\\\nEND:VEVENT\\nX:1");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let line = format!("SUMMARY:{}", "김".repeat(60));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= LINE_LEN_MAX));
        assert_eq!(folded.replace("\r\n ", ""), line + "\r\n");
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        let seoul = Zone::named_or_utc("Asia/Seoul");
        let at = seoul.read("2030-12-31T19:00:00").expect("a moment");
        assert_eq!(utc(at), "20301231T100000Z");
    }
}
