//! Every message, in English and Korean: one per code, one per fault of a field.

use std::borrow::Cow;

use super::Code;
use crate::lang::Lang;
use crate::request::Fault;

/// What a code says.
pub(crate) fn of_code(lang: Lang, code: Code) -> Cow<'static, str> {
    match lang {
        Lang::En => code_in_english(code).into(),
        Lang::Ko => code_in_korean(code).into(),
        Lang::Both => format!("{} {}", code_in_english(code), code_in_korean(code)).into(),
    }
}

/// What is wrong with a field.
pub(crate) fn of_fault(lang: Lang, fault: &Fault) -> Cow<'static, str> {
    match lang {
        Lang::En => fault_in_english(fault),
        Lang::Ko => fault_in_korean(fault),
        Lang::Both => format!("{} / {}", fault_in_english(fault), fault_in_korean(fault)).into(),
    }
}

const fn code_in_english(code: Code) -> &'static str {
    match code {
        Code::InvalidRequest => "The request is not valid.",
        Code::Unauthorized => "An organizer's token is needed.",
        Code::PaymentDeclined => {
            "The payment was declined. Your seats are kept until the hold ends."
        }
        Code::Forbidden => "This token does not allow it.",
        Code::NotFound => "There is nothing at this path.",
        Code::EventNotFound => "There is no such event.",
        Code::ReservationNotFound => "There is no such reservation.",
        Code::UserNotFound => "There is no such user.",
        Code::TicketNotFound => "There is no such ticket.",
        Code::MethodNotAllowed => "This path does not take that method.",
        Code::RequestTimeout => "The request took too long to arrive.",
        Code::PayloadTooLarge => "The body is too large.",
        Code::UriTooLong => "The path is too long.",
        Code::UnsupportedMediaType => "The body must be application/json.",
        Code::HeaderFieldsTooLarge => "The headers are too large.",
        Code::InsufficientSeats => "Not enough seats are left.",
        Code::SeatTaken => "At least one of these seats is taken. None was reserved.",
        Code::AlreadyReserved => "You have as many tickets of this event as one buyer may have.",
        Code::AlreadyCancelled => "The reservation was already cancelled.",
        Code::AlreadyConfirmed => "The reservation is already confirmed.",
        Code::PaymentInProgress => "A payment is in progress.",
        Code::ExtensionUsed => "The hold was already extended once.",
        Code::TicketUsed => "The ticket was already used.",
        Code::TicketNotUsed => "The ticket has not been used.",
        Code::TicketCancelled => "The ticket was cancelled.",
        Code::TicketWrongEvent => "The ticket is for another event.",
        Code::CannotDeleteEvent => "The event has reservations and cannot be deleted.",
        Code::SaleNotOpen => "The sale has not opened yet.",
        Code::SaleClosed => "The sale is closed.",
        Code::EventCancelled => "The event was cancelled.",
        Code::UserExists => "A user with this id exists.",
        Code::VersionConflict => "The event has changed since you read it.",
        Code::HoldExpired => "The hold has expired.",
        Code::IdempotencyKeyReused => "The idempotency key was used for another request.",
        Code::Internal => "Something went wrong on our side. Please quote the request id.",
        Code::RateLimited => {
            "Too many requests from your address. Nothing was done; try again shortly."
        }
        Code::Overloaded => "Too many requests at the moment. Nothing was done; try again shortly.",
        Code::ServiceUnavailable => {
            "Not available at the moment. Nothing was done; try again shortly."
        }
        Code::OutcomeUnknown => "The outcome is not known yet. Ask again before you repeat it.",
    }
}

const fn code_in_korean(code: Code) -> &'static str {
    match code {
        Code::InvalidRequest => "요청이 올바르지 않습니다.",
        Code::Unauthorized => "주최자 토큰이 필요합니다.",
        Code::PaymentDeclined => {
            "결제가 거절되었습니다. 좌석은 보류 시간이 끝날 때까지 유지됩니다."
        }
        Code::Forbidden => "이 토큰으로는 할 수 없는 작업입니다.",
        Code::NotFound => "요청한 경로를 찾을 수 없습니다.",
        Code::EventNotFound => "이벤트를 찾을 수 없습니다.",
        Code::ReservationNotFound => "예약을 찾을 수 없습니다.",
        Code::UserNotFound => "사용자를 찾을 수 없습니다.",
        Code::TicketNotFound => "티켓을 찾을 수 없습니다.",
        Code::MethodNotAllowed => "이 경로에서 지원하지 않는 메서드입니다.",
        Code::RequestTimeout => "요청이 제시간에 도착하지 않았습니다.",
        Code::PayloadTooLarge => "요청 본문이 너무 큽니다.",
        Code::UriTooLong => "경로가 너무 깁니다.",
        Code::UnsupportedMediaType => "요청 본문은 application/json이어야 합니다.",
        Code::HeaderFieldsTooLarge => "요청 헤더가 너무 큽니다.",
        Code::InsufficientSeats => "남은 좌석이 부족합니다.",
        Code::SeatTaken => "이미 선택된 좌석이 있습니다. 예약된 좌석은 없습니다.",
        Code::AlreadyReserved => "이 이벤트의 1인당 구매 한도에 도달했습니다.",
        Code::AlreadyCancelled => "이미 취소된 예약입니다.",
        Code::AlreadyConfirmed => "이미 확정된 예약입니다.",
        Code::PaymentInProgress => "결제가 진행 중입니다.",
        Code::ExtensionUsed => "보류 시간은 한 번만 연장할 수 있습니다.",
        Code::TicketUsed => "이미 사용된 티켓입니다.",
        Code::TicketNotUsed => "아직 사용되지 않은 티켓입니다.",
        Code::TicketCancelled => "취소된 티켓입니다.",
        Code::TicketWrongEvent => "다른 이벤트의 티켓입니다.",
        Code::CannotDeleteEvent => "예약이 있는 이벤트는 삭제할 수 없습니다.",
        Code::SaleNotOpen => "아직 판매가 시작되지 않았습니다.",
        Code::SaleClosed => "판매가 종료되었습니다.",
        Code::EventCancelled => "취소된 이벤트입니다.",
        Code::UserExists => "이미 존재하는 사용자입니다.",
        Code::VersionConflict => "조회한 뒤에 이벤트가 변경되었습니다.",
        Code::HoldExpired => "예약 보류 시간이 만료되었습니다.",
        Code::IdempotencyKeyReused => "멱등성 키가 이미 다른 요청에 사용되었습니다.",
        Code::Internal => "서버 오류가 발생했습니다. 요청 ID를 알려 주세요.",
        Code::RateLimited => {
            "같은 주소에서 너무 많은 요청이 왔습니다. 처리된 것은 없으니 잠시 후 다시 시도해 주세요."
        }
        Code::Overloaded => "요청이 너무 많습니다. 처리된 것은 없으니 잠시 후 다시 시도해 주세요.",
        Code::ServiceUnavailable => {
            "지금은 이용할 수 없습니다. 처리된 것은 없으니 잠시 후 다시 시도해 주세요."
        }
        Code::OutcomeUnknown => "아직 결과를 알 수 없습니다. 다시 요청하기 전에 조회해 주세요.",
    }
}

/// As long as there are faults: a table with a line for each, which is read better in one piece.
fn fault_in_english(fault: &Fault) -> Cow<'static, str> {
    match fault {
        Fault::Missing => "is missing".into(),
        Fault::Null => "must not be null".into(),
        Fault::Duplicate => "is given more than once".into(),
        Fault::Integer { min, max } => format!("must be a whole number from {min} to {max}").into(),
        Fault::NotText => "must be a string".into(),
        Fault::NotObject => "must be an object".into(),
        Fault::NotList => "must be an array".into(),
        Fault::Length { min, max } => format!("must have {min} to {max} characters").into(),
        Fault::Items { min, max } => format!("must have {min} to {max} items").into(),
        Fault::ControlCharacter => "must not contain control characters".into(),
        Fault::OneOf(choices) => format!("must be one of {}", choices.join(" | ")).into(),
        Fault::NotDateTime => {
            "must be a date-time like 2030-12-31T19:00:00 or 2030-12-31T19:00:00+09:00".into()
        }
        Fault::YearOutOfRange { min, max } => {
            format!("must be in a year from {min} to {max}").into()
        }
        Fault::NotZone => "must be a time zone like Asia/Seoul".into(),
        Fault::NotCurrency => "must be three letters like KRW".into(),
        Fault::NotGradeName { max } => {
            format!("must be 1 to {max} bytes of letters, digits, spaces and _").into()
        }
        Fault::NotUserId { max } => {
            format!("must be 1 to {max} characters of A-Z a-z 0-9 . _ @ -").into()
        }
        Fault::NotEmail => "must be an e-mail address".into(),
        Fault::NotPhone { max } => {
            format!("must be a phone number of at most {max} digits, spaces and + - ( ) .").into()
        }
        Fault::NotKey { max } => format!("must be 1 to {max} visible ASCII characters").into(),
        Fault::NotMethod { max } => {
            format!("must be 1 to {max} letters, digits and _, like CARD").into()
        }
        Fault::NotReservationId => "must be a reservation id or a reservation code".into(),
        Fault::NotVersion => "must be the ETag of an event".into(),
        Fault::NotUtf8 => "must be UTF-8".into(),
        Fault::NotJson(why) => format!("must be valid JSON: {why}").into(),
        Fault::TooDeep { max } => format!("must not be nested deeper than {max}").into(),
        Fault::NotReadable => "could not be read to its end".into(),
        Fault::TotalsDisagree { sum } => format!("must equal the sum of the grades, {sum}").into(),
        Fault::TooManySeats { max } => format!("must not add up to more than {max} seats").into(),
        Fault::FewerThanGrades { grades } => {
            format!("must be at least {grades}, one seat for each grade").into()
        }
        Fault::PricesDisagree => "must agree with the price in seatTypes".into(),
        Fault::UnknownSeatType { known } => format!("must be one of {}", known.join(", ")).into(),
        Fault::SeatTypeMissing { known } => {
            format!("is missing: choose one of {}", known.join(", ")).into()
        }
        Fault::SeatsNotNumbered => "must be left out: the grade has no numbered seats".into(),
        Fault::SeatsDisagree => "must equal the number of seats".into(),
        Fault::NotSeat => "must be a seat like R-A-12: its grade, its row and its number".into(),
        Fault::UnknownSeat => "is no seat of this event".into(),
        Fault::SeatOfOtherGrade { seat_type } => {
            format!("must be a seat of {seat_type}, the grade that is asked for").into()
        }
        Fault::RowsDisagree { seats } => format!("must equal rows x seatsPerRow, {seats}").into(),
        Fault::RowsNotAssigned => "must be left out: only ASSIGNED seating has rows".into(),
        Fault::SeatingStays => "cannot be changed after the event was created".into(),
        Fault::TooManyAssigned { max } => {
            format!("must not have more than {max} assigned seats").into()
        }
        Fault::TotalAssigned { seat_type } => {
            format!("must leave the total of {seat_type} alone: it follows from its rows").into()
        }
        Fault::ClosesBeforeItOpens => "must be later than saleOpensAt".into(),
        Fault::CodeNeedsUser => "is needed beside a reservation code".into(),
        Fault::NotHttp => "is not a valid HTTP request".into(),
    }
}

/// See [`fault_in_english`].
fn fault_in_korean(fault: &Fault) -> Cow<'static, str> {
    match fault {
        Fault::Missing => "필수 항목입니다".into(),
        Fault::Null => "null일 수 없습니다".into(),
        Fault::Duplicate => "두 번 이상 지정되었습니다".into(),
        Fault::Integer { min, max } => format!("{min}부터 {max}까지의 정수여야 합니다").into(),
        Fault::NotText => "문자열이어야 합니다".into(),
        Fault::NotObject => "객체여야 합니다".into(),
        Fault::NotList => "배열이어야 합니다".into(),
        Fault::Length { min, max } => format!("{min}자에서 {max}자까지여야 합니다").into(),
        Fault::Items { min, max } => format!("항목은 {min}개에서 {max}개까지여야 합니다").into(),
        Fault::ControlCharacter => "제어 문자를 포함할 수 없습니다".into(),
        Fault::OneOf(choices) => format!("다음 중 하나여야 합니다: {}", choices.join(" | ")).into(),
        Fault::NotDateTime => {
            "2030-12-31T19:00:00 또는 2030-12-31T19:00:00+09:00 형식의 일시여야 합니다".into()
        }
        Fault::YearOutOfRange { min, max } => {
            format!("{min}년부터 {max}년까지의 일시여야 합니다").into()
        }
        Fault::NotZone => "Asia/Seoul과 같은 시간대여야 합니다".into(),
        Fault::NotCurrency => "KRW와 같은 세 글자 통화 코드여야 합니다".into(),
        Fault::NotGradeName { max } => {
            format!("문자, 숫자, 공백, _로 된 1~{max}바이트여야 합니다").into()
        }
        Fault::NotUserId { max } => format!("A-Z a-z 0-9 . _ @ -로 된 1~{max}자여야 합니다").into(),
        Fault::NotEmail => "이메일 주소여야 합니다".into(),
        Fault::NotPhone { max } => {
            format!("숫자, 공백, + - ( ) .로 된 {max}자 이하의 전화번호여야 합니다").into()
        }
        Fault::NotKey { max } => format!("공백이 없는 ASCII 문자 1~{max}자여야 합니다").into(),
        Fault::NotMethod { max } => {
            format!("CARD처럼 영문자, 숫자, _로 된 1~{max}자여야 합니다").into()
        }
        Fault::NotReservationId => "예약 ID 또는 예약 코드여야 합니다".into(),
        Fault::NotVersion => "이벤트의 ETag여야 합니다".into(),
        Fault::NotUtf8 => "UTF-8이어야 합니다".into(),
        Fault::NotJson(why) => format!("올바른 JSON이어야 합니다: {why}").into(),
        Fault::TooDeep { max } => format!("{max}단계보다 깊게 중첩될 수 없습니다").into(),
        Fault::NotReadable => "끝까지 읽을 수 없습니다".into(),
        Fault::TotalsDisagree { sum } => format!("등급별 합계({sum})와 같아야 합니다").into(),
        Fault::TooManySeats { max } => format!("좌석의 합계는 {max}석을 넘을 수 없습니다").into(),
        Fault::FewerThanGrades { grades } => {
            format!("등급마다 한 석 이상이 되도록 {grades} 이상이어야 합니다").into()
        }
        Fault::PricesDisagree => "seatTypes의 가격과 같아야 합니다".into(),
        Fault::UnknownSeatType { known } => {
            format!("다음 중 하나여야 합니다: {}", known.join(", ")).into()
        }
        Fault::SeatTypeMissing { known } => {
            format!("등급을 선택해야 합니다: {}", known.join(", ")).into()
        }
        Fault::SeatsNotNumbered => "좌석 번호가 없는 등급이므로 지정할 수 없습니다".into(),
        Fault::SeatsDisagree => "좌석의 수와 같아야 합니다".into(),
        Fault::NotSeat => "R-A-12처럼 등급, 열, 번호로 된 좌석이어야 합니다".into(),
        Fault::UnknownSeat => "이 이벤트에 없는 좌석입니다".into(),
        Fault::SeatOfOtherGrade { seat_type } => {
            format!("선택한 등급 {seat_type}의 좌석이어야 합니다").into()
        }
        Fault::RowsDisagree { seats } => {
            format!("rows x seatsPerRow의 값({seats})과 같아야 합니다").into()
        }
        Fault::RowsNotAssigned => "ASSIGNED 좌석에만 지정할 수 있습니다".into(),
        Fault::SeatingStays => "이벤트를 만든 뒤에는 바꿀 수 없습니다".into(),
        Fault::TooManyAssigned { max } => format!("지정 좌석은 {max}석을 넘을 수 없습니다").into(),
        Fault::TotalAssigned { seat_type } => {
            format!("{seat_type} 등급의 좌석 수는 배치에 따라 정해지므로 바꿀 수 없습니다").into()
        }
        Fault::ClosesBeforeItOpens => "saleOpensAt보다 늦어야 합니다".into(),
        Fault::CodeNeedsUser => "예약 코드로 조회할 때 필요합니다".into(),
        Fault::NotHttp => "올바른 HTTP 요청이 아닙니다".into(),
    }
}
