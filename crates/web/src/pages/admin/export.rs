//! The reservations of an event as CSV (RFC 4180), written while it is read.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::money::Currency;
use boxoffice::reservation::Reservation;
use bytes::Bytes;

use super::session;
use crate::api::{Answer, event_number};
use crate::errors::{ApiError, Code};
use crate::pages::format::plain_amount;
use crate::request::Asked;
use crate::visit::Host;
use crate::zone::Zone;

/// Reservations that are in memory at a time.
const PART_LEN: u32 = 500;

/// Bytes that a line usually has.
const LINE_LEN: usize = 192;

const HEAD: &str =
    "\u{feff}code,reservation,user,grade,quantity,seats,total,currency,status,reserved_at\r\n";

/// What is left to write.
struct Export {
    app: Host,
    event: EventId,
    zone: Zone,
    currency: Currency,
    /// The last reservation that was written. The oldest comes first, so that what is reserved
    /// meanwhile comes after, and each part begins where the one before it ended.
    last: Option<ReservationId>,
    is_begun: bool,
    is_over: bool,
}

impl Export {
    /// The next part, once the reader has taken the one before.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        if !self.is_begun {
            self.is_begun = true;
            return Ok(Some(Bytes::from_static(HEAD.as_bytes())));
        }
        if self.is_over {
            return Ok(None);
        }
        let box_office = &self.app.box_office;
        let part = box_office.reservations_of(self.event, self.last, PART_LEN);
        let part = part.await?;
        self.last = part.last().map(|reservation| reservation.id);
        self.is_over = part.len() < PART_LEN as usize;
        let mut lines = String::with_capacity(part.len() * LINE_LEN);
        for reservation in &part {
            lines.push_str(&line(reservation, &self.zone, self.currency));
        }
        Ok((!lines.is_empty()).then(|| lines.into()))
    }
}

pub(super) async fn csv(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let event = asked.param("eventId", event_number)?;
    let cached = app.box_office.event(event).await?;
    let snapshot = cached.ok_or(Code::EventNotFound)?.snapshot;
    let export = Export {
        zone: Zone::named_or_utc(&snapshot.event.zone),
        currency: snapshot.event.currency,
        app,
        event,
        last: None,
        is_begun: false,
        is_over: false,
    };
    let parts = futures_util::stream::unfold(Some(export), async |export| {
        let mut export = export?;
        match export.next().await {
            Ok(part) => part.map(|part| (Ok(part), Some(export))),
            // A file that ends in the middle must not look whole.
            Err(error) => Some((Err(std::io::Error::other(error.code().as_str())), None)),
        }
    });
    let mut response = Response::new(Body::from_stream(parts));
    let name = format!("attachment; filename=\"reservations-{event}.csv\"");
    let headers = response.headers_mut();
    let csv = HeaderValue::from_static("text/csv; charset=utf-8");
    headers.insert(CONTENT_TYPE, csv);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn line(reservation: &Reservation, zone: &Zone, currency: Currency) -> String {
    let seats: Vec<_> = reservation.seats.iter().map(ToString::to_string).collect();
    let fields = [
        reservation.code().to_string(),
        reservation.id.to_string(),
        reservation.user.to_string(),
        reservation.seat_type.to_string(),
        reservation.quantity.get().to_string(),
        seats.join(" "),
        plain_amount(reservation.total_price, currency),
        currency.as_str().to_owned(),
        reservation.status().as_str().to_owned(),
        zone.tell(reservation.reserved_at).to_string(),
    ];
    fields.map(|field| quoted(&field)).join(",") + "\r\n"
}

/// A field that no spreadsheet takes for a formula.
///
/// User ids may begin with `-` and `@`, which some of them calculate (CWE-1236).
fn quoted(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_ends_early_or_is_calculated() {
        assert_eq!(quoted("a\"b,c"), "\"a\"\"b,c\"");
        assert_eq!(quoted("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(quoted("-1"), "\"'-1\"");
        assert_eq!(quoted("mina"), "\"mina\"");
    }
}
