//! The door: a ticket is scanned or typed, and the answer is seen in one glance.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::box_office::{Checked, ShownTicket};
use boxoffice::command::CheckInError;
use boxoffice::ids::EventId;
use boxoffice::ticket_code::TicketCode;

use super::frame::Desk;
use super::inside::Inside;
use super::session;
use crate::api::{Answer, App, event_number, told_event};
use crate::errors::ApiError;
use crate::pages::format;
use crate::pages::html::page;
use crate::pages::visitor::refuse_foreign;
use crate::request::{Asked, Faults};
use crate::visit::Host;
use crate::zone::Zone;

#[derive(Template)]
#[template(path = "admin/door.html")]
struct DoorPage {
    desk: Desk,
    event: String,
    event_name: Option<String>,
    inside: Option<Inside>,
    verdict: Option<Verdict>,
}

/// What the door says.
struct Verdict {
    /// Its colour and its sign: `yes`, `used`, `no`, `no undone`.
    class: &'static str,
    title: String,
    detail: String,
    /// The code, where its admission can be undone.
    undo: Option<String>,
}

pub(super) async fn form(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let event = {
        let query = asked.filled_in();
        query.optional("event", &Faults::default(), event_number)
    };
    let desk = Desk::of(&app, &asked);
    drawn(&app, desk, event, None, StatusCode::OK).await
}

pub(super) async fn check(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let form = asked.form(&app.limits).await?;
    let (event, code, undoes) = {
        let fields = form.fields();
        let event = fields.optional("event", &Faults::default(), event_number);
        let code = fields.text("code").unwrap_or_default().trim().to_owned();
        (event, code, fields.text("undo").is_some())
    };
    let parsed = code.parse::<TicketCode>();
    let answer = match parsed {
        Err(_) => Err(CheckInError::NotFound),
        Ok(code) => {
            let shown = ShownTicket {
                code,
                event,
                key: None,
            };
            if undoes {
                app.box_office.undo_check_in(shown).await
            } else {
                app.box_office.check_in(shown).await
            }
        }
    };
    let desk = Desk::of(&app, &asked);
    let (verdict, status) = match answer {
        Ok(checked) => (admitted(&desk, &checked, code, undoes), StatusCode::OK),
        Err(error) => {
            let verdict = refused(&app, &desk, &error, code).await;
            let error = ApiError::from(error);
            // The door has an answer to whatever is wrong with a ticket; not to our own faults.
            if error.code().status().is_server_error() {
                return Err(error);
            }
            (verdict, error.code().status())
        }
    };
    drawn(&app, desk, event, Some(verdict), status).await
}

async fn drawn(
    app: &App,
    desk: Desk,
    event: Option<EventId>,
    verdict: Option<Verdict>,
    status: StatusCode,
) -> Answer {
    let lang = desk.lang();
    let (event_name, inside) = match event {
        Some(id) => (
            told_event(app, id)
                .await
                .map(|found| found.event.name.clone()),
            Inside::of(app, &desk, id).await?,
        ),
        None => (None, None),
    };
    let template = DoorPage {
        event: event.map(|id| id.to_string()).unwrap_or_default(),
        event_name,
        inside,
        verdict,
        desk,
    };
    page(status, lang, &template)
}

fn admitted(desk: &Desk, checked: &Checked, code: String, undoes: bool) -> Verdict {
    let w = desk.w;
    let seat = checked.ticket.seat.as_ref().map(ToString::to_string);
    let place = seat.unwrap_or_else(|| checked.reservation.seat_type.to_string());
    Verdict {
        class: if undoes { "no undone" } else { "yes" },
        title: if undoes { w.undone } else { w.come_in }.to_owned(),
        detail: format!("{place} · {}", checked.reservation.user),
        undo: (!undoes).then_some(code),
    }
}

async fn refused(app: &App, desk: &Desk, error: &CheckInError, code: String) -> Verdict {
    let w = desk.w;
    let no = |title: &str, detail: String| Verdict {
        class: "no",
        title: title.to_owned(),
        detail,
        undo: None,
    };
    match error {
        CheckInError::AlreadyUsed { at } => Verdict {
            class: "used",
            title: (w.used_at)(&format::clock(*at, &zone_of(app, &code).await)),
            detail: w.used_detail.to_owned(),
            undo: Some(code),
        },
        CheckInError::WrongEvent { event } => {
            let found = told_event(app, *event).await;
            let name = found.map(|found| found.event.name.clone());
            no(w.other_event, name.unwrap_or_default())
        }
        CheckInError::TicketCancelled => no(w.ticket_cancelled, String::new()),
        CheckInError::NotUsed => no(w.not_used, String::new()),
        CheckInError::NotFound | CheckInError::KeyReused | CheckInError::Unserved(_) => {
            no(w.no_ticket, w.no_ticket_detail.to_owned())
        }
    }
}

/// The zone of the event that a ticket is for.
async fn zone_of(app: &App, code: &str) -> Zone {
    let Ok(code) = code.parse::<TicketCode>() else {
        return app.zone.clone();
    };
    let found = app.box_office.reservation(code.reservation()).await;
    let Ok(Some(reservation)) = found else {
        return app.zone.clone();
    };
    let event = told_event(app, reservation.event).await;
    event.map_or(app.zone.clone(), |event| {
        Zone::named_or_utc(&event.event.zone)
    })
}
