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
        Code::OutcomeUnknown if !method.is_safe() => (t.unknown_title, t.unknown_body.to_owned()),
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
            body: if waits && code != Code::OutcomeUnknown {
                t.form_body.to_owned()
            } else {
                body
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::texts::texts;

    async fn drawn(code: Code, lang: Lang, method: Method) -> String {
        let mut response = Response::default();
        draw(&mut response, &code.into(), lang, &method, "1");
        let html = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        String::from_utf8(html.expect("a page").to_vec()).expect("UTF-8")
    }

    #[tokio::test]
    async fn only_what_was_surely_not_done_is_called_undone() {
        let undone = [
            (Lang::En, "Nothing was done"),
            (Lang::Ko, "처리된 것은 없으며"),
        ];
        for (lang, undone) in undone {
            for code in [
                Code::Overloaded,
                Code::RateLimited,
                Code::ServiceUnavailable,
            ] {
                let html = drawn(code, lang, Method::POST).await;
                assert!(html.contains(undone), "{html}");
            }
            let html = drawn(Code::OutcomeUnknown, lang, Method::POST).await;
            assert!(!html.contains(undone), "{html}");
            assert!(html.contains(texts(lang).problem.unknown_body), "{html}");
            assert!(html.contains("data-back"), "{html}");
        }
    }
}
