//! What can be wrong with one field, before it is told in a language.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::errors::ApiError;

/// What is wrong with one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Missing,
    Null,
    Duplicate,
    Integer { min: i64, max: i64 },
    NotText,
    NotObject,
    NotList,
    Length { min: usize, max: usize },
    Items { min: usize, max: usize },
    ControlCharacter,
    OneOf(&'static [&'static str]),
    NotDateTime,
    YearOutOfRange { min: i16, max: i16 },
    NotZone,
    NotCurrency,
    NotGradeName { max: usize },
    NotUserId { max: usize },
    NotEmail,
    NotPhone { max: usize },
    NotKey { max: usize },
    NotMethod { max: usize },
    NotReservationId,
    NotVersion,
    NotUtf8,
    NotJson(String),
    TooDeep { max: u32 },
    NotReadable,
    TotalsDisagree { sum: u64 },
    TooManySeats { max: u32 },
    FewerThanGrades { grades: usize },
    PricesDisagree,
    UnknownSeatType { known: Vec<String> },
    SeatTypeMissing { known: Vec<String> },
    SeatsNotNumbered,
    SeatsDisagree,
    NotSeat,
    UnknownSeat,
    SeatOfOtherGrade { seat_type: String },
    RowsDisagree { seats: u32 },
    RowsNotAssigned,
    SeatingStays,
    TooManyAssigned { max: u32 },
    TotalAssigned { seat_type: String },
    ClosesBeforeItOpens,
    CodeNeedsUser,
    NotHttp,
}

/// Most faults that one answer tells; a client that makes more will see the rest next time.
const FAULTS_MAX: usize = 100;

/// Every fault of a request, gathered while it is read.
#[derive(Default, Debug)]
pub(crate) struct Faults(RefCell<Vec<(Cow<'static, str>, Fault)>>);

impl Faults {
    /// Notes a fault of a field. A field's first fault is the one that is told.
    pub(crate) fn note(&self, field: impl Into<Cow<'static, str>>, fault: Fault) {
        let field = field.into();
        let mut faults = self.0.borrow_mut();
        if faults.len() < FAULTS_MAX && faults.iter().all(|(noted, _)| *noted != field) {
            faults.push((field, fault));
        }
    }

    /// What `read` gives, or a note of why it gives nothing.
    pub(crate) fn catch<T>(
        &self,
        field: impl Into<Cow<'static, str>>,
        read: Result<T, Fault>,
    ) -> Option<T> {
        read.map_err(|fault| self.note(field, fault)).ok()
    }

    /// `value`, if it is there and nothing at all was wrong.
    pub(crate) fn unless_any<T>(self, value: Option<T>) -> Result<T, ApiError> {
        let faults = self.0.into_inner();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(ApiError::invalid(faults)),
        }
    }
}
