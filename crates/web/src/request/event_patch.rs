//! Reads what an organizer changes of an event.

use boxoffice::command::{EventPatch, Update};
use boxoffice::event::{SEATS_MAX, SaleState};
use boxoffice::ids::Version;

use super::event::{
    BUYER_TICKETS_MAX, CAPACITY_MAX, DESCRIPTION_LEN_MAX, EVENT_NAME_LEN_MAX, HOLD_SECS_MAX,
    VENUE_LEN_MAX, is_inverted,
};
use super::fault::{Fault, Faults};
use super::fields::Fields;
use super::grades::{GradeEntry, agree_on_prices, check_sum, grade_entries, price_entries, sum};
use super::json::Json;
use super::values::{any_text, count, line, moment, one_of, prose, zone};
use crate::zone::Zone;

/// What an organizer may set; the other statuses follow from time and stock.
const STATES: &[&str] = &["ACTIVE", "CLOSED", "CANCELLED"];

/// Whether the body names the zone that its times are in, so that the event's is not needed.
pub(crate) fn names_own_zone(body: &Json<'_>) -> bool {
    let Json::Object(members) = body else {
        return true;
    };
    members
        .iter()
        .any(|(name, value)| name == "timeZone" && *value != Json::Null)
}

/// Reads `PUT /events/{eventId}`. Local times are those of `event_zone` unless the body names one.
pub(crate) fn event_patch(
    body: &Json<'_>,
    if_version: Option<Version>,
    event_zone: &Zone,
    faults: &Faults,
) -> Option<Update> {
    let fields = Fields::of_body(body, faults)?;
    let new_zone = fields.kept("timeZone", zone);
    let zone = new_zone.as_ref().unwrap_or(event_zone);
    let mut patch = EventPatch {
        name: fields.kept("eventName", line(EVENT_NAME_LEN_MAX)),
        description: fields.clearable("description", prose(DESCRIPTION_LEN_MAX)),
        starts_at: fields.kept("eventDate", moment(zone)),
        zone: new_zone.as_ref().map(|zone| zone.name().to_owned()),
        sale_opens_at: fields.clearable("saleOpensAt", moment(zone)),
        sale_closes_at: fields.clearable("saleClosesAt", moment(zone)),
        buyer_tickets_max: fields.clearable("maxPerBuyer", count(1, BUYER_TICKETS_MAX)),
        hold_secs: fields.kept("holdSeconds", count(0, HOLD_SECS_MAX)),
        state: fields.kept("status", state),
        ..EventPatch::default()
    };
    if is_inverted(
        patch.sale_opens_at.flatten(),
        patch.sale_closes_at.flatten(),
    ) {
        fields.fault("saleClosesAt", Fault::ClosesBeforeItOpens);
    }
    patch_venue(&fields, &mut patch);
    patch_grades(&fields, &mut patch);
    Some(Update { patch, if_version })
}

fn state(value: &Json<'_>) -> Result<SaleState, Fault> {
    const VALUES: &[SaleState] = &[SaleState::Active, SaleState::Closed, SaleState::Cancelled];
    one_of(STATES, VALUES)(any_text(value)?)
}

/// A venue that is null is cleared; of one that is an object, what is named is changed.
fn patch_venue(fields: &Fields<'_, '_>, patch: &mut EventPatch) {
    if fields.is_null("venue") {
        patch.venue_name = Some(None);
        patch.venue_address = Some(None);
        patch.venue_capacity = Some(None);
    }
    match fields.raw("venue") {
        None => {}
        Some(Json::Text(_)) => {
            patch.venue_name = fields.clearable("venue", line(VENUE_LEN_MAX));
        }
        Some(value) => {
            if let Some(inner) = fields.inner("venue", None, value) {
                patch.venue_name = inner.clearable("name", line(VENUE_LEN_MAX));
                patch.venue_address = inner.clearable("address", line(VENUE_LEN_MAX));
                patch.venue_capacity = inner.clearable("capacity", count(1, CAPACITY_MAX));
            }
        }
    }
}

/// Prices and totals; where both `totalSeats` and every grade's total are told, they must agree.
fn patch_grades(fields: &Fields<'_, '_>, patch: &mut EventPatch) {
    patch.total_seats = fields.kept("totalSeats", count(1, SEATS_MAX));
    let prices = price_entries(fields).unwrap_or_default();
    let Some(mut entries) = grade_entries(fields, false) else {
        patch.prices = prices;
        return;
    };
    let is_named = |grade| {
        entries
            .iter()
            .any(|entry: &GradeEntry| entry.seat_type == grade)
    };
    let (named, others): (Vec<_>, Vec<_>) = prices
        .into_iter()
        .partition(|(grade, _)| is_named(grade.clone()));
    agree_on_prices(fields, &mut entries, named);
    if entries.iter().any(|entry| entry.total.is_some()) {
        check_sum(fields, sum(&entries), patch.total_seats.take());
    }
    for entry in entries {
        patch
            .prices
            .extend(entry.price.map(|price| (entry.seat_type.clone(), price)));
        patch
            .totals
            .extend(entry.total.map(|total| (entry.seat_type, total)));
    }
    patch.prices.extend(others);
}

/// Reads `If-Match`: the version in an event's `ETag`, weak or strong. `*` insists on nothing.
pub(crate) fn if_version(header: Option<&[u8]>) -> Result<Option<Version>, Fault> {
    let Some(header) = header else {
        return Ok(None);
    };
    let text = std::str::from_utf8(header)
        .map_err(|_| Fault::NotVersion)?
        .trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let version = tag.split_once('-').map_or(tag, |(version, _)| version);
    match version.parse::<i64>() {
        Ok(version) if version > 0 => Ok(Some(Version(version))),
        _ => Err(Fault::NotVersion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<EventPatch, Vec<String>> {
        let json = Json::read(body.as_bytes(), 16).expect("JSON");
        let (faults, seoul) = (
            Faults::default(),
            Zone::named("Asia/Seoul").expect("a zone"),
        );
        let update = event_patch(&json, None, &seoul, &faults);
        faults
            .unless_any(update)
            .map(|update| update.patch)
            .map_err(|error| error.fields())
    }

    #[test]
    fn what_is_left_out_stays_as_it_is() {
        assert_eq!(read(r#"{"unknown": 1}"#), Ok(EventPatch::default()));
    }

    #[test]
    fn null_clears_what_may_be_empty_and_nothing_else() {
        let body =
            r#"{"description": null, "venue": null, "saleOpensAt": null, "maxPerBuyer": null}"#;
        let patch = read(body).expect("a patch");
        assert_eq!(patch.description, Some(None));
        assert_eq!(
            (patch.venue_name, patch.venue_capacity),
            (Some(None), Some(None))
        );
        assert_eq!(
            (patch.sale_opens_at, patch.buyer_tickets_max),
            (Some(None), Some(None))
        );

        let body = r#"{"eventName": null, "eventDate": null, "status": null, "holdSeconds": null}"#;
        let mut fields = read(body).expect_err("four faults");
        fields.sort();
        assert_eq!(fields, ["eventDate", "eventName", "holdSeconds", "status"]);
    }

    #[test]
    fn a_derived_status_cannot_be_set() {
        assert_eq!(
            read(r#"{"status": "closed"}"#).map(|p| p.state),
            Ok(Some(SaleState::Closed))
        );
        assert_eq!(
            read(r#"{"status": "SOLD_OUT"}"#),
            Err(vec!["status".to_owned()])
        );
    }

    #[test]
    fn prices_and_totals_are_changed_by_grade() {
        let body = r#"{"price": {"s": 7}, "seatTypes": [{"seatType": "VIP", "price": 9}, {"seatType": "R", "total": 3}]}"#;
        let patch = read(body).expect("a patch");
        let prices: Vec<_> = patch
            .prices
            .iter()
            .map(|(g, p)| (g.as_str(), p.0))
            .collect();
        let totals: Vec<_> = patch.totals.iter().map(|(g, t)| (g.as_str(), *t)).collect();
        assert_eq!(prices, [("VIP", 9), ("S", 7)]);
        assert_eq!(totals, [("R", 3)]);
    }

    #[test]
    fn a_total_that_is_told_twice_must_be_the_same() {
        let body = |total: u32| {
            format!(r#"{{"totalSeats": {total}, "seatTypes": [{{"seatType": "R", "total": 3}}]}}"#)
        };
        let patch = read(&body(3)).expect("a patch");
        assert_eq!((patch.total_seats, patch.totals.len()), (None, 1));
        assert_eq!(read(&body(4)), Err(vec!["totalSeats".to_owned()]));
    }

    #[test]
    fn the_version_of_an_etag_is_what_if_match_insists_on() {
        for good in ["W/\"7-ACTIVE\"", "\"7-ACTIVE\"", "\"7\"", "7"] {
            assert_eq!(
                if_version(Some(good.as_bytes())),
                Ok(Some(Version(7))),
                "{good}"
            );
        }
        assert_eq!(if_version(Some(b"*")), Ok(None));
        assert_eq!(if_version(None), Ok(None));
        for bad in [&b"x"[..], b"\"\"", b"\"-1\"", b"\xff", b"\"1\", \"2\""] {
            assert_eq!(if_version(Some(bad)), Err(Fault::NotVersion));
        }
    }
}
