//! The door: a ticket is scanned or typed, and the answer is seen in one glance.

use askama::Template;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use boxoffice::box_office::{Checked, ShownTicket};
use boxoffice::command::CheckInError;
use boxoffice::ids::EventId;
use boxoffice::ticket_code::TicketCode;
use boxoffice::time::Timestamp;

use super::frame::Desk;
use super::inside::Inside;
use super::session;
use super::words::Words;
use crate::api::{Answer, App, event_number, told_event};
use crate::errors::ApiError;
use crate::pages::format;
use crate::pages::html::{form_key, page};
use crate::pages::visitor::refuse_foreign;
use crate::request::{Asked, Faults, Query, door_form};
use crate::visit::Host;
use crate::zone::Zone;

/// How long a form that is sent again is the same guest, in microseconds: an Enter that was pressed
/// twice, a page that was loaded again. Past that it may be another guest with the same ticket.
const SAME_GUEST_MICROS: i64 = 30_000_000;

#[derive(Template)]
#[template(path = "admin/door.html")]
struct DoorPage {
    desk: Desk,
    /// The event's number, as it was typed.
    event: String,
    event_name: Option<String>,
    is_unknown: bool,
    is_any: bool,
    fault: Option<&'static str>,
    /// The ticket that was not looked at, so that nobody scans it again.
    code: String,
    inside: Option<Inside>,
    verdict: Option<Verdict>,
    keys: [String; 2],
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

/// Whose tickets a door lets in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    /// Those of one event.
    Event(EventId),
    /// Those of any, because she chose so.
    Any,
    /// Nothing was said.
    Unsaid,
    /// What was typed is no event's number.
    Unread,
}

impl Whose {
    /// What the form says. A number counts more than the choice of any event.
    fn of(fields: &Query<'_>) -> Self {
        let typed = fields.text("event").unwrap_or_default().trim();
        match typed {
            "" if fields.text("any").is_some() => Self::Any,
            "" => Self::Unsaid,
            typed => event_number(typed).map_or(Self::Unread, Self::Event),
        }
    }

    /// The event whose tickets alone are let in; `Err`: why no ticket can be looked at.
    fn event(self, w: &Words) -> Result<Option<EventId>, &'static str> {
        match self {
            Self::Event(event) => Ok(Some(event)),
            Self::Any => Ok(None),
            Self::Unsaid => Err(w.whose_tickets),
            Self::Unread => Err(w.no_number),
        }
    }
}

/// What was asked of the door.
struct Showing {
    whose: Whose,
    typed: String,
    code: String,
    undoes: bool,
}

impl Showing {
    fn of(fields: &Query<'_>) -> Self {
        let text = |name| fields.text(name).unwrap_or_default().trim().to_owned();
        Self {
            whose: Whose::of(fields),
            typed: text("event"),
            code: text("code"),
            undoes: fields.text("undo").is_some(),
        }
    }
}

pub(super) async fn form(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let mut showing = Showing::of(&asked.filled_in());
    showing.code.clear();
    let desk = Desk::of(&app, &asked);
    let (fault, status) = match showing.whose {
        Whose::Unread => (Some(desk.w.no_number), StatusCode::UNPROCESSABLE_ENTITY),
        Whose::Event(_) | Whose::Any | Whose::Unsaid => (None, StatusCode::OK),
    };
    drawn(&app, desk, showing, (fault, None), status).await
}

pub(super) async fn check(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let form = asked.form(&app.limits).await?;
    let mut showing = Showing::of(&form.fields());
    let desk = Desk::of(&app, &asked);
    let event = match showing.whose.event(desk.w) {
        Ok(event) => event,
        Err(fault) => {
            let verdict = Verdict::no(desk.w.not_checked, fault.to_owned());
            let said = (Some(fault), Some(verdict));
            return drawn(&app, desk, showing, said, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let shown = shown(&showing, event, &form.fields())?;
    let code = std::mem::take(&mut showing.code);
    let answer = match shown {
        None => Err(CheckInError::NotFound),
        Some(shown) if showing.undoes => app.box_office.undo_check_in(shown).await,
        Some(shown) => app.box_office.check_in(shown).await,
    };
    let answer = answer.and_then(|checked| still_so(checked, showing.undoes, app.box_office.now()));
    let (verdict, status) = match answer {
        Ok((checked, is_in)) => (admitted(&desk, &checked, code, is_in), StatusCode::OK),
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
    drawn(&app, desk, showing, (None, Some(verdict)), status).await
}

/// What was scanned, under the form's key; `None`: what is no code of ours.
fn shown(
    showing: &Showing,
    event: Option<EventId>,
    fields: &Query<'_>,
) -> Result<Option<ShownTicket>, ApiError> {
    let Ok(code) = showing.code.parse::<TicketCode>() else {
        return Ok(None);
    };
    let faults = Faults::default();
    let key = door_form(showing.undoes, &code, fields, &faults);
    let key = faults.unless_any(Some(key))?;
    Ok(Some(ShownTicket { code, event, key }))
}

/// Whether somebody is in by this ticket, where its form may have been sent before: the answer is the
/// same for as long as it can be the same guest, and what has become of the ticket after that.
fn still_so(
    checked: Checked,
    undoes: bool,
    now: Timestamp,
) -> Result<(Checked, bool), CheckInError> {
    match checked.ticket.used_at() {
        Some(at)
            if checked.replayed
                && (undoes || now.as_micros() - at.as_micros() > SAME_GUEST_MICROS) =>
        {
            Err(CheckInError::AlreadyUsed { at })
        }
        used => Ok((checked, used.is_some())),
    }
}

async fn drawn(
    app: &App,
    desk: Desk,
    showing: Showing,
    (fault, verdict): (Option<&'static str>, Option<Verdict>),
    status: StatusCode,
) -> Answer {
    let lang = desk.lang();
    let (event_name, inside) = match showing.whose {
        Whose::Event(id) => (
            told_event(app, id)
                .await
                .map(|found| found.event.name.clone()),
            Inside::of(app, &desk, id).await?,
        ),
        Whose::Any | Whose::Unsaid | Whose::Unread => (None, None),
    };
    let template = DoorPage {
        event: showing.typed,
        is_unknown: matches!(showing.whose, Whose::Event(_)) && event_name.is_none(),
        event_name,
        is_any: showing.whose == Whose::Any,
        fault,
        code: showing.code,
        inside,
        verdict,
        keys: std::array::from_fn(|_| form_key()),
        desk,
    };
    let mut response = page(status, lang, &template)?;
    // A page that came back from the browser's memory would have its old key.
    let unkept = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, unkept);
    Ok(response)
}

impl Verdict {
    fn no(title: &str, detail: String) -> Self {
        Self {
            class: "no",
            title: title.to_owned(),
            detail,
            undo: None,
        }
    }
}

fn admitted(desk: &Desk, checked: &Checked, code: String, is_in: bool) -> Verdict {
    let w = desk.w;
    let seat = checked.ticket.seat.as_ref().map(ToString::to_string);
    let place = seat.unwrap_or_else(|| checked.reservation.seat_type.to_string());
    Verdict {
        class: if is_in { "yes" } else { "no undone" },
        title: if is_in { w.come_in } else { w.undone }.to_owned(),
        detail: format!("{place} · {}", checked.reservation.user),
        undo: is_in.then_some(code),
    }
}

async fn refused(app: &App, desk: &Desk, error: &CheckInError, code: String) -> Verdict {
    let w = desk.w;
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
            Verdict::no(w.other_event, name.unwrap_or_default())
        }
        CheckInError::TicketCancelled => Verdict::no(w.ticket_cancelled, String::new()),
        CheckInError::NotUsed => Verdict::no(w.not_used, String::new()),
        CheckInError::NotFound | CheckInError::KeyReused | CheckInError::Unserved(_) => {
            Verdict::no(w.no_ticket, w.no_ticket_detail.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_lets_in_whom_it_was_told_to_and_nobody_by_mistake() {
        let whose = |form| Whose::of(&Query::filled_in(Some(form)));
        assert_eq!(whose("event=7"), Whose::Event(EventId(7)));
        assert_eq!(whose("event=+7+&any=yes"), Whose::Event(EventId(7)));
        assert_eq!(whose("event=&any=yes"), Whose::Any);
        for unsaid in ["", "event=", "event=+"] {
            assert_eq!(whose(unsaid), Whose::Unsaid, "{unsaid}");
        }
        for unread in ["event=x", "event=0", "event=-1", "event=7a&any=yes"] {
            assert_eq!(whose(unread), Whose::Unread, "{unread}");
        }
    }
}
