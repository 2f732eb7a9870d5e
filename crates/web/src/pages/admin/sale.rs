//! A sale as it happens.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::grade::Grade;

use super::frame::Desk;
use super::inside::Inside;
use super::pulse::{Pulse, Told};
use super::session;
use crate::api::{Answer, event_number};
use crate::errors::Code;
use crate::pages::face::{Face, Standing};
use crate::pages::format;
use crate::pages::html;
use crate::request::Asked;
use crate::visit::Host;

#[derive(Template)]
#[template(path = "admin/sale.html")]
struct SalePage {
    desk: Desk,
    face: Face,
    rows: Vec<Row>,
    takings: Told,
    /// The last minutes, for scripts.
    history: String,
    queue: String,
    shed: String,
    refused: String,
    inside: String,
    invariants: Vec<Check>,
    may_cancel: bool,
    is_unsure: bool,
    now_millis: i64,
}

struct Row {
    grade: String,
    total: u32,
    sold: u32,
    held: u32,
    left: u32,
}

impl Row {
    fn of(grade: &Grade) -> Self {
        Self {
            grade: grade.seat_type.to_string(),
            total: grade.stock.total,
            sold: grade.stock.sold,
            held: grade.stock.held,
            left: grade.stock.available,
        }
    }
}

/// An invariant, and whether it holds.
struct Check {
    name: String,
    holds: bool,
}

pub(super) async fn page(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let id = asked.param("eventId", event_number)?;
    let cached = app.box_office.event(id).await?;
    let snapshot = cached.ok_or(Code::EventNotFound)?.snapshot;
    let desk = Desk::of(&app, &asked);
    let (lang, now) = (desk.lang(), app.box_office.now());
    let face = Face::of(&snapshot, now, lang);
    let inside = Inside::of(&app, &desk, id).await?;
    let pulse = Pulse::read(&app.metrics_text());
    let template = SalePage {
        rows: snapshot.grades.iter().map(Row::of).collect(),
        takings: Told::of(&app, &snapshot, lang).await?,
        history: app.history.watch(&snapshot),
        queue: format::number(pulse.queue_length),
        shed: format::number(pulse.shed),
        refused: format::number(pulse.refused),
        inside: inside.ok_or(Code::EventNotFound)?.told,
        invariants: pulse
            .invariants
            .into_iter()
            .map(|(name, violations)| Check {
                holds: violations == 0,
                name,
            })
            .collect(),
        may_cancel: face.standing != Standing::Cancelled,
        is_unsure: asked.filled_in().text("unsure").is_some(),
        now_millis: format::millis(now),
        face,
        desk,
    };
    html::page(StatusCode::OK, lang, &template)
}
