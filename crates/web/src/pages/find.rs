//! My tickets: found by reservation code and user.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::ids::ReservationCode;

use super::html::{self, Frame, see};
use super::visitor::lang_of;
use crate::api::Answer;
use crate::request::{Asked, Faults, user_id_of};
use crate::visit::Host;

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage {
    frame: Frame,
    code: String,
    user: String,
    is_missing: bool,
}

/// Shows the form, or leads to the reservation that it names.
pub(super) async fn find(app: Host, asked: Asked) -> Answer {
    let lang = lang_of(asked.headers());
    let (code, user) = {
        let query = asked.filled_in();
        let text = |name| query.text(name).unwrap_or_default().trim().to_owned();
        (text("code"), text("user"))
    };
    let is_asked = !(code.is_empty() && user.is_empty());
    let named = (code.parse::<ReservationCode>().ok())
        .zip(Faults::default().catch("user", user_id_of(&user)));
    if let Some((code, user)) = named
        && let Some(found) = app.box_office.reservation_by_code(&user, code).await?
    {
        return Ok(see(&format!("/reservations/{}", found.id)));
    }
    let status = if is_asked {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    let template = FindPage {
        frame: Frame::new(lang, "/tickets"),
        code,
        user,
        is_missing: is_asked,
    };
    html::page(status, lang, &template)
}
