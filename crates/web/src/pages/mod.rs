//! The pages: what buyers and organizers see in a browser, drawn by the server, whole without a
//! script.
//!
//! Each handler reads an address or a form, asks the box office as the API does, and draws a
//! template from `templates/`. What goes wrong becomes a page in `problem`. Start reading at
//! [`routes`], then `event`, then `reservation`.

mod admin;
mod again;
mod assets;
mod calendar;
mod changes;
mod drawn;
mod event;
mod events;
mod face;
mod filled;
mod find;
mod format;
mod html;
mod language;
mod problem;
mod qr;
mod reservation;
mod reserve;
mod seats;
mod texts;
mod visitor;

#[cfg(any(test, feature = "doors"))]
pub(crate) use admin::organizers_form;

use axum::routing::{MethodRouter, get};

pub(crate) use admin::History;
pub(crate) use event::{HOT_PAGE, told};
pub(crate) use html::Drawn;
pub(crate) use problem::draw;
pub(crate) use visitor::{lang_of, wants_page};

/// Every path of a page, with its methods.
pub(crate) fn routes() -> Vec<(&'static str, MethodRouter)> {
    let mut routes = admin::routes();
    routes.extend([
        ("/", get(events::list)),
        (HOT_PAGE, get(event::page)),
        ("/events/{eventId}/seats", get(seats::page)),
        (
            "/events/{eventId}/reservations",
            get(reserve::look).post(reserve::reserve),
        ),
        ("/tickets", get(find::find)),
        ("/reservations/{id}", get(reservation::page)),
        (
            "/reservations/{id}/payment",
            get(changes::look).post(changes::pay),
        ),
        (
            "/reservations/{id}/extension",
            get(changes::look).post(changes::extend),
        ),
        (
            "/reservations/{id}/cancellation",
            get(changes::look).post(changes::cancel),
        ),
        ("/reservations/{id}/calendar.ics", get(calendar::file)),
        ("/language/{lang}", get(language::switch)),
        (assets::PATH, get(assets::file)),
    ]);
    routes
}
