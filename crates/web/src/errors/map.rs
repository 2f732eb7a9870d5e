//! From each use case's error to its code and details. Exhaustive, so that a new error does not
//! compile until it has a status.

use boxoffice::box_office::{CreateEventError, CreateUserError};
use boxoffice::command::{
    CancelError, CheckInError, DeleteError, ExtendError, PayError, ReserveError, SeatFault,
    Unserved, UpdateError,
};
use boxoffice::grade::SeatType;
use boxoffice::reservation::Reservation;
use boxoffice::store::StoreError;

use super::{ApiError, Code, Detail};
use crate::request::Fault;
use crate::response::{Refund, cancelled_at};

impl From<Unserved> for ApiError {
    fn from(error: Unserved) -> Self {
        match error {
            Unserved::Overloaded => Code::Overloaded.into(),
            Unserved::Unavailable => Code::ServiceUnavailable.into(),
            Unserved::OutcomeUnknown { reservation: None } => Code::OutcomeUnknown.into(),
            Unserved::OutcomeUnknown {
                reservation: Some(id),
            } => {
                Self::from(Code::OutcomeUnknown).with("reservationId", Detail::Text(id.to_string()))
            }
            Unserved::Internal => Self::from(Code::Internal).because(&error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Unavailable(_) => Code::ServiceUnavailable,
            StoreError::Unknown(_) => Code::OutcomeUnknown,
            StoreError::Corrupt { .. } => Code::Internal,
        };
        Self::from(code).because(&error)
    }
}

impl From<ReserveError> for ApiError {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::EventNotFound => Code::EventNotFound.into(),
            ReserveError::EventCancelled => Code::EventCancelled.into(),
            ReserveError::SaleNotOpen { opens_at } => {
                Self::from(Code::SaleNotOpen).with("saleOpensAt", Detail::At(opens_at))
            }
            ReserveError::SaleClosed => Code::SaleClosed.into(),
            ReserveError::UnknownSeatType { known } => Self::invalid_field(
                "seatType",
                Fault::UnknownSeatType {
                    known: names(&known),
                },
            ),
            ReserveError::SeatTypeMissing { known } => Self::invalid_field(
                "seatType",
                Fault::SeatTypeMissing {
                    known: names(&known),
                },
            ),
            ReserveError::SeatsNotNumbered => Self::invalid_field("seats", Fault::SeatsNotNumbered),
            ReserveError::SeatsUnfit { seat_type, faults } => {
                let fault = |(index, fault)| {
                    let fault = match fault {
                        SeatFault::Unknown => Fault::UnknownSeat,
                        SeatFault::OtherGrade => Fault::SeatOfOtherGrade {
                            seat_type: seat_type.to_string(),
                        },
                        SeatFault::Repeated => Fault::Duplicate,
                    };
                    (format!("seats[{index}]").into(), fault)
                };
                Self::invalid(faults.into_iter().map(fault).collect())
            }
            ReserveError::SeatsDisagree => Self::invalid_field("quantity", Fault::SeatsDisagree),
            ReserveError::SeatTaken { seats } => {
                let seats = seats.iter().map(ToString::to_string).collect();
                Self::from(Code::SeatTaken).with("seats", Detail::Texts(seats))
            }
            ReserveError::InsufficientSeats {
                requested,
                available,
            } => Self::from(Code::InsufficientSeats)
                .with("requested", Detail::Number(requested.into()))
                .with("available", Detail::Number(available.into())),
            ReserveError::AlreadyReserved { limit, holding } => Self::from(Code::AlreadyReserved)
                .with("limit", Detail::Number(limit.into()))
                .with("holding", Detail::Number(holding.into())),
            ReserveError::KeyReused => Code::IdempotencyKeyReused.into(),
            ReserveError::Unserved(why) => why.into(),
        }
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound => Code::ReservationNotFound.into(),
            CancelError::AlreadyCancelled(reservation) => already_cancelled(&reservation),
            CancelError::HoldExpired => Code::HoldExpired.into(),
            CancelError::PaymentInProgress => Code::PaymentInProgress.into(),
            CancelError::SaleClosed => Code::SaleClosed.into(),
            CancelError::TicketUsed { at } => {
                Self::from(Code::TicketUsed).with("usedAt", Detail::At(at))
            }
            CancelError::KeyReused => Code::IdempotencyKeyReused.into(),
            CancelError::Unserved(why) => why.into(),
        }
    }
}

impl From<PayError> for ApiError {
    fn from(error: PayError) -> Self {
        match error {
            PayError::NotFound => Code::ReservationNotFound.into(),
            PayError::HoldExpired => Code::HoldExpired.into(),
            PayError::PaymentInProgress => Code::PaymentInProgress.into(),
            PayError::AlreadyCancelled(reservation) => already_cancelled(&reservation),
            PayError::Declined(reservation) => declined(&reservation),
            PayError::ProviderUnavailable => Self::from(Code::ServiceUnavailable).because(&error),
            PayError::KeyReused => Code::IdempotencyKeyReused.into(),
            PayError::Unserved(why) => why.into(),
        }
    }
}

impl From<ExtendError> for ApiError {
    fn from(error: ExtendError) -> Self {
        match error {
            ExtendError::NotFound => Code::ReservationNotFound.into(),
            ExtendError::HoldExpired => Code::HoldExpired.into(),
            ExtendError::ExtensionUsed => Code::ExtensionUsed.into(),
            ExtendError::PaymentInProgress => Code::PaymentInProgress.into(),
            ExtendError::AlreadyConfirmed => Code::AlreadyConfirmed.into(),
            ExtendError::AlreadyCancelled(reservation) => already_cancelled(&reservation),
            ExtendError::KeyReused => Code::IdempotencyKeyReused.into(),
            ExtendError::Unserved(why) => why.into(),
        }
    }
}

impl From<CheckInError> for ApiError {
    fn from(error: CheckInError) -> Self {
        match error {
            CheckInError::NotFound => Code::TicketNotFound.into(),
            CheckInError::WrongEvent { event } => {
                Self::from(Code::TicketWrongEvent).with("eventId", Detail::Number(event.0))
            }
            CheckInError::AlreadyUsed { at } => {
                Self::from(Code::TicketUsed).with("usedAt", Detail::At(at))
            }
            CheckInError::NotUsed => Code::TicketNotUsed.into(),
            CheckInError::TicketCancelled => Code::TicketCancelled.into(),
            CheckInError::KeyReused => Code::IdempotencyKeyReused.into(),
            CheckInError::Unserved(why) => why.into(),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::EventNotFound => Code::EventNotFound.into(),
            UpdateError::EventCancelled => Code::EventCancelled.into(),
            UpdateError::UnknownSeatType { known } => Self::invalid_field(
                "seatTypes",
                Fault::UnknownSeatType {
                    known: names(&known),
                },
            ),
            UpdateError::TotalTooSmall {
                seat_type,
                requested,
                taken,
            } => Self::from(Code::InsufficientSeats)
                .with("seatType", Detail::Text(seat_type.to_string()))
                .with("requested", Detail::Number(requested.into()))
                .with("taken", Detail::Number(taken.into())),
            UpdateError::TotalAssigned { seat_type } => Self::invalid_field(
                "seatTypes",
                Fault::TotalAssigned {
                    seat_type: seat_type.to_string(),
                },
            ),
            UpdateError::SaleWindowInverted => {
                Self::invalid_field("saleClosesAt", Fault::ClosesBeforeItOpens)
            }
            UpdateError::VersionConflict { current } => {
                Self::from(Code::VersionConflict).with("version", Detail::Number(current.0))
            }
            UpdateError::Unserved(why) => why.into(),
        }
    }
}

impl From<DeleteError> for ApiError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::EventNotFound => Code::EventNotFound.into(),
            DeleteError::LiveReservations { tickets } => {
                Self::from(Code::CannotDeleteEvent).with("tickets", Detail::Number(tickets.into()))
            }
            DeleteError::Unserved(why) => why.into(),
        }
    }
}

impl From<CreateEventError> for ApiError {
    fn from(error: CreateEventError) -> Self {
        match error {
            CreateEventError::KeyReused => Code::IdempotencyKeyReused.into(),
            CreateEventError::Store(error) => error.into(),
        }
    }
}

impl From<CreateUserError> for ApiError {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::Exists => Code::UserExists.into(),
            CreateUserError::KeyReused => Code::IdempotencyKeyReused.into(),
            CreateUserError::Store(error) => error.into(),
        }
    }
}

/// Carries how long the seats are still kept, if they are.
fn declined(reservation: &Reservation) -> ApiError {
    let status = reservation.status().as_str().to_owned();
    let error = ApiError::from(Code::PaymentDeclined)
        .with("reservationId", Detail::Text(reservation.id.to_string()))
        .with("status", Detail::Text(status));
    match reservation.due_at() {
        Some(at) => error.with("expiresAt", Detail::At(at)),
        None => error,
    }
}

/// Carries the cancellation, so that whoever asks twice learns what became of the first.
fn already_cancelled(reservation: &Reservation) -> ApiError {
    let mut error = ApiError::from(Code::AlreadyCancelled)
        .with("reservationId", Detail::Text(reservation.id.to_string()))
        .with(
            "status",
            Detail::Text(reservation.status().as_str().to_owned()),
        );
    if let Some(at) = cancelled_at(reservation) {
        error = error.with("cancelledAt", Detail::At(at));
    }
    error.with("refund", Detail::Refund(Refund::of(reservation)))
}

fn names(grades: &[SeatType]) -> Vec<String> {
    grades.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_was_done_is_never_told_of_an_unknown_outcome() {
        let unknown = Unserved::OutcomeUnknown { reservation: None };
        assert_eq!(ApiError::from(unknown).code(), Code::OutcomeUnknown);
        assert_eq!(
            ApiError::from(Unserved::Overloaded).code(),
            Code::Overloaded
        );
        assert_eq!(
            ApiError::from(Unserved::Unavailable).code(),
            Code::ServiceUnavailable
        );
        let unknown = || StoreError::Unknown("the connection broke".to_owned());
        let errors = [
            unknown().into(),
            CreateEventError::from(unknown()).into(),
            CreateUserError::from(unknown()).into(),
        ];
        assert!(
            errors
                .iter()
                .all(|error: &ApiError| error.code() == Code::OutcomeUnknown)
        );
    }

    #[test]
    fn what_the_database_says_stays_inside() {
        let error = ApiError::from(StoreError::Unavailable("10.0.0.7: refused".to_owned()));
        let zone = crate::zone::Zone::named_or_utc("UTC");
        let now = boxoffice::time::Timestamp::from_micros(0);
        let told = error.envelope(crate::lang::Lang::En, &zone, now);
        let told = String::from_utf8(told).expect("UTF-8");
        assert!(!told.contains("10.0.0.7"), "{told}");
        assert!(error.internal().contains("10.0.0.7"));
    }
}
