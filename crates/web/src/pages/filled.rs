//! A form as a buyer filled it in, and what is wrong with it.

use crate::errors::{ApiError, Code, Detail, of_code, of_fault};
use crate::lang::Lang;
use crate::request::{Form, Query};

use super::texts::texts;

/// What she had filled in when her form could not be done.
#[derive(Default)]
pub(crate) struct Filled {
    pub(crate) user: String,
    pub(crate) seat_type: String,
    pub(crate) quantity: u32,
    pub(crate) seats: Vec<String>,
    /// The key of the form that this page answers.
    pub(crate) answers: String,
    /// What went wrong, in a sentence.
    pub(crate) notice: Option<String>,
    faults: Vec<(String, String)>,
}

impl Filled {
    /// The form as it was sent, and why it could not be done.
    pub(crate) fn of(form: &Form, error: &ApiError, lang: Lang) -> Self {
        let fields = form.fields();
        let text = |name| fields.text(name).unwrap_or_default().to_owned();
        let faults = error.faults().map(|(field, fault)| {
            let field = field.split('[').next().unwrap_or(field);
            (field.to_owned(), of_fault(lang, fault).into_owned())
        });
        Self {
            user: text("user"),
            seat_type: text("seatType"),
            quantity: quantity(&fields),
            seats: fields.every("seats").map(str::to_owned).collect(),
            answers: text("key"),
            notice: Some(above(error, lang)),
            faults: faults.collect(),
        }
    }

    /// What is wrong with this field, if anything.
    pub(crate) fn fault(&self, field: &str) -> Option<&str> {
        let mut faults = self.faults.iter();
        faults
            .find(|(known, _)| known == field)
            .map(|(_, fault)| fault.as_str())
    }
}

fn quantity(fields: &Query<'_>) -> u32 {
    fields
        .text("quantity")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
}

/// What stands above a form that could not be done.
pub(crate) fn above(error: &ApiError, lang: Lang) -> String {
    let is_marked = |field: &str| !field.is_empty() && field != "body";
    if error.code() == Code::InvalidRequest && error.faults().any(|(field, _)| is_marked(field)) {
        return texts(lang).buy.marked.to_owned();
    }
    notice(error, lang)
}

/// Why something could not be done, as a person says it.
pub(crate) fn notice(error: &ApiError, lang: Lang) -> String {
    let t = &texts(lang).buy;
    let number = |name| match error.detail(name) {
        Some(Detail::Number(number)) => u32::try_from(*number).ok(),
        _ => None,
    };
    let told = match error.code() {
        Code::InsufficientSeats => number("available")
            .zip(number("requested"))
            .map(|(available, requested)| (t.only_left)(available, requested)),
        Code::AlreadyReserved => number("limit")
            .zip(number("holding"))
            .map(|(limit, holding)| (t.limit_reached)(limit, holding)),
        Code::IdempotencyKeyReused => Some(t.sent_before.to_owned()),
        Code::SeatTaken => match error.detail("seats") {
            Some(Detail::Texts(seats)) => Some((t.seats_gone)(seats)),
            _ => None,
        },
        _ => None,
    };
    told.unwrap_or_else(|| of_code(lang, error.code()).into_owned())
}
