//! The stable names of what goes wrong, and their statuses.

use axum::http::StatusCode;

/// The stable name of what went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    InvalidRequest,
    Unauthorized,
    PaymentDeclined,
    Forbidden,
    NotFound,
    EventNotFound,
    ReservationNotFound,
    UserNotFound,
    TicketNotFound,
    MethodNotAllowed,
    RequestTimeout,
    PayloadTooLarge,
    UriTooLong,
    UnsupportedMediaType,
    HeaderFieldsTooLarge,
    InsufficientSeats,
    SeatTaken,
    AlreadyReserved,
    AlreadyCancelled,
    AlreadyConfirmed,
    PaymentInProgress,
    ExtensionUsed,
    TicketUsed,
    TicketNotUsed,
    TicketCancelled,
    TicketWrongEvent,
    CannotDeleteEvent,
    SaleNotOpen,
    SaleClosed,
    EventCancelled,
    UserExists,
    VersionConflict,
    HoldExpired,
    IdempotencyKeyReused,
    RateLimited,
    Internal,
    Overloaded,
    ServiceUnavailable,
    OutcomeUnknown,
}

impl Code {
    /// Every code, in the order of their statuses.
    pub(crate) const ALL: [Self; 39] = [
        Self::InvalidRequest,
        Self::Unauthorized,
        Self::PaymentDeclined,
        Self::Forbidden,
        Self::NotFound,
        Self::EventNotFound,
        Self::ReservationNotFound,
        Self::UserNotFound,
        Self::TicketNotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::InsufficientSeats,
        Self::SeatTaken,
        Self::AlreadyReserved,
        Self::AlreadyCancelled,
        Self::AlreadyConfirmed,
        Self::PaymentInProgress,
        Self::ExtensionUsed,
        Self::TicketUsed,
        Self::TicketNotUsed,
        Self::TicketCancelled,
        Self::TicketWrongEvent,
        Self::CannotDeleteEvent,
        Self::SaleNotOpen,
        Self::SaleClosed,
        Self::EventCancelled,
        Self::UserExists,
        Self::VersionConflict,
        Self::HoldExpired,
        Self::PayloadTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::IdempotencyKeyReused,
        Self::RateLimited,
        Self::HeaderFieldsTooLarge,
        Self::Internal,
        Self::Overloaded,
        Self::ServiceUnavailable,
        Self::OutcomeUnknown,
    ];

    /// The name as it is sent.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::PaymentDeclined => "PAYMENT_DECLINED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::EventNotFound => "EVENT_NOT_FOUND",
            Self::ReservationNotFound => "RESERVATION_NOT_FOUND",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::TicketNotFound => "TICKET_NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UriTooLong => "URI_TOO_LONG",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::HeaderFieldsTooLarge => "REQUEST_HEADER_FIELDS_TOO_LARGE",
            Self::InsufficientSeats => "INSUFFICIENT_SEATS",
            Self::SeatTaken => "SEAT_TAKEN",
            Self::AlreadyReserved => "ALREADY_RESERVED",
            Self::AlreadyCancelled => "ALREADY_CANCELLED",
            Self::AlreadyConfirmed => "ALREADY_CONFIRMED",
            Self::PaymentInProgress => "PAYMENT_IN_PROGRESS",
            Self::ExtensionUsed => "EXTENSION_USED",
            Self::TicketUsed => "TICKET_USED",
            Self::TicketNotUsed => "TICKET_NOT_USED",
            Self::TicketCancelled => "TICKET_CANCELLED",
            Self::TicketWrongEvent => "TICKET_WRONG_EVENT",
            Self::CannotDeleteEvent => "CANNOT_DELETE_EVENT",
            Self::SaleNotOpen => "SALE_NOT_OPEN",
            Self::SaleClosed => "SALE_CLOSED",
            Self::EventCancelled => "EVENT_CANCELLED",
            Self::UserExists => "USER_EXISTS",
            Self::VersionConflict => "VERSION_CONFLICT",
            Self::HoldExpired => "HOLD_EXPIRED",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::Overloaded => "OVERLOADED",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
        }
    }

    /// The status that it is sent with.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::PaymentDeclined => StatusCode::PAYMENT_REQUIRED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound
            | Self::EventNotFound
            | Self::ReservationNotFound
            | Self::UserNotFound
            | Self::TicketNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::HeaderFieldsTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::InsufficientSeats
            | Self::SeatTaken
            | Self::AlreadyReserved
            | Self::AlreadyCancelled
            | Self::AlreadyConfirmed
            | Self::PaymentInProgress
            | Self::ExtensionUsed
            | Self::TicketUsed
            | Self::TicketNotUsed
            | Self::TicketCancelled
            | Self::TicketWrongEvent
            | Self::CannotDeleteEvent
            | Self::SaleNotOpen
            | Self::SaleClosed
            | Self::EventCancelled
            | Self::UserExists
            | Self::VersionConflict => StatusCode::CONFLICT,
            Self::HoldExpired => StatusCode::GONE,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded | Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::OutcomeUnknown => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// After how many seconds a retry makes sense, where that is told.
    pub(crate) const fn retry_after_secs(self) -> Option<&'static str> {
        match self {
            Self::RateLimited | Self::Overloaded => Some("1"),
            Self::ServiceUnavailable => Some("2"),
            _ => None,
        }
    }

    /// Whether the connection ends with it, because the rest of the request is not read.
    pub(crate) const fn closes(self) -> bool {
        matches!(
            self,
            Self::RequestTimeout
                | Self::PayloadTooLarge
                | Self::UriTooLong
                | Self::HeaderFieldsTooLarge
        )
    }

    /// The code for an answer that something else than ours refused with.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::URI_TOO_LONG => Self::UriTooLong,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeaderFieldsTooLarge,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Self::ServiceUnavailable,
            StatusCode::GATEWAY_TIMEOUT => Self::OutcomeUnknown,
            _ if status.is_client_error() => Self::InvalidRequest,
            _ => Self::Internal,
        }
    }
}
