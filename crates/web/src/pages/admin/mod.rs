//! The organizer's desk: her events, each sale as it happens, its reservations, and the door.
//!
//! Who knows the organizer's token signs in once; a signed cookie says so from then on. Where there
//! is no token, everybody is the organizer, as in the API.

mod desk;
mod door;
mod draft;
mod editor;
mod export;
mod frame;
mod history;
mod inside;
mod login;
mod minutes;
mod pulse;
mod reservations;
mod sale;
mod session;
mod words;

#[cfg(any(test, feature = "doors"))]
pub(crate) use draft::organizers_form;
pub(crate) use history::History;

use axum::routing::{MethodRouter, get, post};

/// Every path of the desk, with its methods.
pub(super) fn routes() -> Vec<(&'static str, MethodRouter)> {
    vec![
        ("/admin", get(desk::list)),
        ("/admin/login", get(login::form).post(login::enter)),
        ("/admin/logout", post(login::leave)),
        ("/admin/events", get(editor::look).post(editor::create)),
        ("/admin/new", get(editor::blank)),
        ("/admin/events/{eventId}", get(sale::page)),
        (
            "/admin/events/{eventId}/edit",
            get(editor::edit).post(editor::change),
        ),
        ("/admin/events/{eventId}/copy", get(editor::copy)),
        ("/admin/events/{eventId}/cancellation", post(editor::cancel)),
        ("/admin/events/{eventId}/reservations.csv", get(export::csv)),
        ("/admin/pulse", get(pulse::pulse)),
        ("/admin/reservations", get(reservations::list)),
        ("/admin/door", get(door::form).post(door::check)),
        ("/admin/door/count", get(inside::count)),
    ]
}
