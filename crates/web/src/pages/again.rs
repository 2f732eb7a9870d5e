//! A form that was not answered for load, sent again by itself under its own key.

use askama::Template;

use super::html::{self, Frame};
use crate::api::Answer;
use crate::errors::Code;
use crate::lang::Lang;
use crate::request::Form;

/// Milliseconds that a page waits at least before it sends its form again.
const WAIT_MILLIS_MIN: u32 = 1_500;

/// Milliseconds over which those who wait are spread.
const WAIT_MILLIS_SPREAD: u32 = 3_000;

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage {
    frame: Frame,
    title: &'static str,
    body: &'static str,
    action: String,
    fields: Vec<(String, String)>,
    wait_millis: u32,
}

/// Whether a form may be sent again as it is: nothing was done, or its key finds out what was.
pub(super) fn is_worth_it(code: Code) -> bool {
    matches!(
        code,
        Code::Overloaded | Code::ServiceUnavailable | Code::OutcomeUnknown | Code::RateLimited
    )
}

/// The page that sends the form again.
pub(super) fn page(code: Code, action: &str, form: &Form, lang: Lang) -> Answer {
    let frame = Frame::new(lang, "/");
    let t = &frame.t.again;
    let (title, body) = match code {
        Code::OutcomeUnknown => (t.unknown_title, t.unknown_body),
        _ => (t.busy_title, t.busy_body),
    };
    let fields = form.fields();
    let template = AgainPage {
        title,
        body,
        action: action.to_owned(),
        fields: fields
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        wait_millis: WAIT_MILLIS_MIN + html::jitter(WAIT_MILLIS_SPREAD),
        frame,
    };
    html::page(code.status(), lang, &template)
}
