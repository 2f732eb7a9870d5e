//! What went wrong, as a page of its own.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::filled::notice;
use super::html::{self, Frame};
use crate::errors::{ApiError, Code};
use crate::lang::Lang;

/// Seconds that a page which tries again by itself waits at least.
const RETRY_SECS_MIN: u32 = 2;

/// Seconds over which those who wait are spread.
const RETRY_SECS_SPREAD: u32 = 5;

/// The style of the page that waits, which is part of it.
const STYLE: &str = include_str!("../../assets/wait.css");

/// A page that asks again by itself, and is whole in one answer.
#[derive(Template)]
#[template(path = "wait.html")]
struct WaitPage {
    frame: Frame,
    title: &'static str,
    body: String,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    title: &'static str,
    body: String,
    /// What to quote to us.
    quote: Option<String>,
    /// Whether a form was refused unread, which its sender has to send again.
    leads_back: bool,
}

/// Draws the page of an error over `response`, whose headers stay.
///
/// Light: it is what people see while a great many are here.
pub(crate) fn draw(
    response: &mut Response,
    error: &ApiError,
    lang: Lang,
    method: &Method,
    request_id: &str,
) {
    let frame = Frame::new(lang, "/");
    let t = &frame.t.problem;
    let code = error.code();
    let waits = matches!(
        code.status(),
        StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::GATEWAY_TIMEOUT
    );
    let (title, body) = match code {
        Code::NotFound | Code::EventNotFound | Code::ReservationNotFound => {
            (t.not_found_title, t.not_found_body.to_owned())
        }
        Code::Overloaded | Code::RateLimited => (t.busy_title, t.busy_body.to_owned()),
        Code::ServiceUnavailable | Code::OutcomeUnknown => (t.down_title, t.down_body.to_owned()),
        Code::Internal => (t.error_title, t.error_body.to_owned()),
        Code::Forbidden => (t.refused_title, t.foreign.to_owned()),
        _ => (t.refused_title, notice(error, frame.lang)),
    };
    let lang = frame.lang;
    // A page of nothing but texts cannot fail to be drawn.
    let html = if waits && method.is_safe() {
        html::drawn(&WaitPage {
            title,
            body,
            style: STYLE,
            frame,
        })
    } else {
        html::drawn(&ProblemPage {
            title,
            // This page does not know what was in the form, so it cannot try again by itself.
            body: if waits { t.form_body.to_owned() } else { body },
            leads_back: waits,
            quote: (code == Code::Internal).then(|| request_id.to_owned()),
            frame,
        })
    };
    *response.body_mut() = html.unwrap_or_default().into();
    html::put_headers(lang, response.headers_mut());
    if waits && method.is_safe() {
        html::refresh_after(response, RETRY_SECS_MIN + html::jitter(RETRY_SECS_SPREAD));
    }
}
