//! The three requests that nearly everybody sends while an event sells.
//!
//! They go past the router, which would cost as much as answering them. Anything unusual about a
//! request takes the usual way, to the same handler.

use axum::body::Body;
use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, Method, Request};
use boxoffice::ids::EventId;

use super::events::{HOT_PATH, told};
use super::reservations::{RESERVE_PATH, taken};
use super::{Answer, App, BASES};
use crate::pages::{self, HOT_PAGE};
use crate::request::Asked;

/// A request that needs no router.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direct {
    /// What is this event like?
    Event(EventId),
    /// Take seats.
    Reserve,
    /// Show this event's page.
    Page(EventId),
}

impl Direct {
    /// What is asked, where it is one of these.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        match *method {
            Method::GET => {
                let told = below_base(path).map(Self::Event);
                told.or_else(|| event(path).map(Self::Page))
            }
            Method::POST => (path == RESERVE_PATH).then_some(Self::Reserve),
            _ => None,
        }
    }

    /// The template that it is counted under.
    pub(crate) const fn route(self) -> &'static str {
        match self {
            Self::Event(_) => HOT_PATH,
            Self::Reserve => RESERVE_PATH,
            Self::Page(_) => HOT_PAGE,
        }
    }

    /// Whether every wait of its handler has an end of its own.
    pub(crate) const fn keeps_time(self) -> bool {
        matches!(self, Self::Reserve)
    }

    /// Answers from memory, as [`Self::answer`] would; `None` where it has to wait for something.
    ///
    /// Most answers are of this kind while an event sells. A future for each of them would cost more
    /// than what it does.
    pub(crate) fn at_once(
        self,
        app: &App,
        headers: &HeaderMap,
        takes_gzip: bool,
    ) -> Option<Answer> {
        match self {
            Self::Event(id) => {
                let cached = app.box_office.event_at_hand(id).ok()?;
                Some(told(app, cached, headers.get(IF_NONE_MATCH), takes_gzip))
            }
            Self::Page(id) => {
                let cached = app.box_office.event_at_hand(id).ok()?;
                Some(pages::told(app, cached, headers, takes_gzip))
            }
            Self::Reserve => None,
        }
    }

    /// Answers, in gzip where she takes it and it was packed in advance.
    pub(crate) async fn answer(
        self,
        app: &App,
        request: Request<Body>,
        takes_gzip: bool,
    ) -> Answer {
        match self {
            Self::Event(id) => {
                let known = request.headers().get(IF_NONE_MATCH).cloned();
                let cached = app.box_office.event(id).await?;
                told(app, cached, known.as_ref(), takes_gzip)
            }
            Self::Reserve => taken(app, Asked::without_route(request)).await,
            Self::Page(id) => {
                let cached = app.box_office.event(id).await?;
                pages::told(app, cached, request.headers(), takes_gzip)
            }
        }
    }
}

fn below_base(path: &str) -> Option<EventId> {
    event(path.strip_prefix(BASES[0])?)
}

fn event(path: &str) -> Option<EventId> {
    let digits = path.strip_prefix("/events/")?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|id| is_number && *id > 0)
        .map(EventId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_requests_go_past_the_router() {
        let event = Some(Direct::Event(EventId(7)));
        assert_eq!(Direct::of(&Method::GET, "/api/events/7"), event);
        let page = Some(Direct::Page(EventId(7)));
        assert_eq!(Direct::of(&Method::GET, "/events/7"), page);
        let reserve = Some(Direct::Reserve);
        assert_eq!(Direct::of(&Method::POST, "/api/reservations"), reserve);
        for unusual in [
            "0",
            "+7",
            "-7",
            "7/",
            "7/seats",
            "%37",
            "",
            "upcoming",
            &"9".repeat(20),
        ] {
            for below in ["/api/events/", "/events/"] {
                let path = format!("{below}{unusual}");
                assert_eq!(Direct::of(&Method::GET, &path), None, "{path}");
            }
        }
        for (method, path) in [
            (Method::GET, "/api/v1/events/7"),
            (Method::HEAD, "/api/events/7"),
            (Method::DELETE, "/api/events/7"),
            (Method::POST, "/api/events/7"),
            (Method::GET, "/api/reservations"),
            (Method::POST, "/api/reservations/"),
            (Method::POST, "/api/v1/reservations"),
        ] {
            assert_eq!(Direct::of(&method, path), None, "{method} {path}");
        }
    }
}
