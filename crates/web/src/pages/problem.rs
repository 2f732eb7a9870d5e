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

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    title: &'static str,
    body: String,
    /// What to quote to us.
    quote: Option<String>,
    /// Whether to ask for the same address again makes sense.
    may_retry: bool,
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
    let leads_back = waits && !method.is_safe();
    let page = ProblemPage {
        title,
        // This page does not know what was in the form, so it cannot try again by itself.
        body: if leads_back {
            t.form_body.to_owned()
        } else {
            body
        },
        leads_back,
        quote: (code == Code::Internal).then(|| request_id.to_owned()),
        may_retry: waits && method.is_safe(),
        frame,
    };
    let lang = page.frame.lang;
    // A page of nothing but texts cannot fail to be drawn.
    *response.body_mut() = html::drawn(&page).unwrap_or_default().into();
    html::put_headers(lang, response.headers_mut());
    if page.may_retry {
        html::refresh_after(response, RETRY_SECS_MIN + html::jitter(RETRY_SECS_SPREAD));
    }
}
