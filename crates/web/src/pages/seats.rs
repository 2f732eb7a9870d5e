//! Numbered seats to choose from: a table, which a script makes a map of.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::event::EventSnapshot;
use boxoffice::grade::{Grade, SeatLabel, Seating};
use boxoffice::reservation::QUANTITY_MAX;
use boxoffice::seats::{Seat, SeatMap, SeatState, row_name};
use boxoffice::time::Timestamp;

use super::drawn::{self, Sheet};
use super::face::{Face, Standing};
use super::filled::Filled;
use super::format;
use super::html::{self, Frame, see};
use super::visitor::lang_of;
use crate::api::{Answer, event_number};
use crate::errors::{ApiError, Code};
use crate::lang::Lang;
use crate::request::{Asked, Faults, Form, Query, number};
use crate::visit::Host;

/// Seats that one page has in its table at most, unless a single row is longer.
const TABLE_SEATS_MAX: u32 = 3_000;

#[derive(Template)]
#[template(path = "seats.html")]
struct SeatsPage {
    frame: Frame,
    face: Face,
    filled: Filled,
    grades: Vec<GradePlan>,
    tables: Vec<Table>,
    /// Which part of the table this is.
    part: u32,
    parts: Vec<Part>,
    /// Most seats that one buyer may choose.
    most: u32,
    most_told: String,
}

/// What the map has to know of a grade.
struct GradePlan {
    name: String,
    price: String,
    rows: u32,
    seats_per_row: u32,
    /// What one seat, two seats and so on cost, as JSON.
    totals: String,
}

/// Some rows of a grade.
struct Table {
    grade: String,
    price: String,
    numbers: Vec<u32>,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    seats: Vec<SeatView>,
}

struct SeatView {
    label: String,
    state: SeatState,
    is_chosen: bool,
}

impl SeatView {
    fn is_free(&self) -> bool {
        self.state == SeatState::Available
    }

    fn is_held(&self) -> bool {
        self.state == SeatState::Held
    }
}

/// A page of the table, where it has several.
struct Part {
    number: u32,
    label: String,
    is_shown: bool,
}

/// Rows of a grade that are in one part of the table.
struct Span<'s> {
    grade: &'s Grade,
    map: &'s SeatMap,
    rows: std::ops::Range<u32>,
}

/// Whether there are numbered seats to choose from at `now`.
pub(super) fn are_to_choose(snapshot: &EventSnapshot, now: Timestamp) -> bool {
    snapshot.is_assigned() && matches!(Standing::of(snapshot, now), Standing::Open { .. })
}

pub(super) async fn page(app: Host, asked: Asked) -> Answer {
    let lang = lang_of(asked.headers());
    let id = asked.param("eventId", event_number)?;
    let part = part_of(&asked.filled_in());
    let cached = app.box_office.event(id).await?;
    let snapshot = cached.ok_or(Code::EventNotFound)?.snapshot;
    let now = app.box_office.now();
    if !are_to_choose(&snapshot, now) {
        return Ok(see(&format!("/events/{id}")));
    }
    let part = part.min(count_parts(&snapshot));
    let draw = || drawn_part(&snapshot, now, lang, part, Filled::default());
    let page = (lang, Sheet::Seats(part));
    drawn::answer(&app, (&snapshot, now), page, false, draw)
}

/// The part of the table that is asked for.
fn part_of(fields: &Query<'_>) -> u32 {
    let part = fields.optional("part", &Faults::default(), number(1, i64::from(u32::MAX)));
    part.and_then(|part| u32::try_from(part).ok()).unwrap_or(1)
}

/// The same page after a form that could not be done, with what can still be had chosen.
pub(super) fn refilled(
    snapshot: &EventSnapshot,
    now: Timestamp,
    lang: Lang,
    status: StatusCode,
    (form, filled): (&Form, Filled),
) -> Answer {
    let standing = Standing::of(snapshot, now);
    // On the map she may have chosen seats of a part that was not shown.
    let chosen = part_with(snapshot, &filled.seats);
    let part = chosen.unwrap_or_else(|| part_of(&form.fields()).min(count_parts(snapshot)));
    let html = drawn_part(snapshot, now, lang, part, filled)?;
    Ok(drawn::answer_once(&html, (standing, now), status, lang))
}

fn drawn_part(
    snapshot: &EventSnapshot,
    now: Timestamp,
    lang: Lang,
    part: u32,
    filled: Filled,
) -> Result<String, ApiError> {
    let event = &*snapshot.event;
    let here = format!("/events/{}/seats?part={part}", event.id);
    let frame = Frame::new(lang, here);
    let t = &frame.t.seats;
    let price = |grade: &Grade| format::price(grade.price, event.currency, lang);
    let limit = event.buyer_tickets_max.unwrap_or(QUANTITY_MAX);
    let most = limit.min(QUANTITY_MAX);
    let totals = |grade: &Grade| {
        let total = |count| format::price(grade.price.times(count), event.currency, lang);
        serde_json::to_string(&(0..=most).map(total).collect::<Vec<_>>()).unwrap_or_default()
    };
    let plans = snapshot
        .grades
        .iter()
        .filter_map(|grade| match grade.seating {
            Seating::General => None,
            Seating::Assigned {
                rows,
                seats_per_row,
            } => Some(GradePlan {
                name: grade.seat_type.to_string(),
                price: price(grade),
                rows,
                seats_per_row,
                totals: totals(grade),
            }),
        });
    let parts = parts(snapshot);
    let shown = parts.get(part as usize - 1).map_or(&[][..], |spans| spans);
    let links = parts.iter().zip(1..).filter_map(|(spans, number)| {
        let first = spans.first()?;
        let row = row_name(first.rows.start);
        Some(Part {
            number,
            label: (t.part)(&format!("{}-{row}", first.grade.seat_type)),
            is_shown: number == part,
        })
    });
    let template = SeatsPage {
        face: Face::of(snapshot, now, lang),
        grades: plans.collect(),
        tables: shown
            .iter()
            .map(|span| table(span, price(span.grade), &filled))
            .collect(),
        part,
        parts: links.collect(),
        most,
        most_told: (t.most)(most),
        filled,
        frame,
    };
    html::drawn(&template)
}

fn table(span: &Span<'_>, price: String, filled: &Filled) -> Table {
    let places = span.map.layout().seats_per_row();
    let row = |row| Row {
        name: row_name(row),
        seats: (0..places)
            .map(|place| {
                let seat = Seat { row, place };
                let label = span.map.label(seat).to_string();
                SeatView {
                    is_chosen: filled.seats.contains(&label),
                    state: span.map.state(seat),
                    label,
                }
            })
            .collect(),
    };
    Table {
        grade: span.grade.seat_type.to_string(),
        price,
        numbers: (1..=places).collect(),
        rows: span.rows.clone().map(row).collect(),
    }
}

/// The first part of the table that has one of these seats.
fn part_with(snapshot: &EventSnapshot, seats: &[String]) -> Option<u32> {
    let labels = seats.iter().filter_map(|label| label.parse().ok());
    let labels: Vec<SeatLabel> = labels.collect();
    let has = |span: &Span<'_>| {
        let seats = labels
            .iter()
            .filter_map(|label| span.map.layout().seat(label));
        seats.into_iter().any(|seat| span.rows.contains(&seat.row))
    };
    let found = parts(snapshot)
        .iter()
        .position(|spans| spans.iter().any(has))?;
    u32::try_from(found + 1).ok()
}

fn count_parts(snapshot: &EventSnapshot) -> u32 {
    u32::try_from(parts(snapshot).len()).unwrap_or(1).max(1)
}

/// The rows of all numbered grades, cut into parts of a bearable length.
fn parts(snapshot: &EventSnapshot) -> Vec<Vec<Span<'_>>> {
    let mut parts: Vec<Vec<Span<'_>>> = vec![Vec::new()];
    let mut room = TABLE_SEATS_MAX;
    for grade in &snapshot.grades {
        let Some(map) = snapshot.seats.of_grade(&grade.seat_type) else {
            continue;
        };
        let (rows, places) = (map.layout().rows(), map.layout().seats_per_row().max(1));
        let mut next = 0;
        while next < rows {
            let fit = (room / places).min(rows - next);
            if fit == 0 && room < TABLE_SEATS_MAX {
                parts.push(Vec::new());
                room = TABLE_SEATS_MAX;
                continue;
            }
            let fit = fit.max(1);
            if let Some(last) = parts.last_mut() {
                last.push(Span {
                    grade,
                    map,
                    rows: next..next + fit,
                });
            }
            next += fit;
            room = room.saturating_sub(fit * places);
        }
    }
    parts
}
