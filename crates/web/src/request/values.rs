//! Reads single values: numbers in a range, texts of a length, the box office's own types.

use std::ops::RangeInclusive;

use boxoffice::buyer::{USER_ID_LEN_MAX, UserId};
use boxoffice::grade::{GRADE_NAME_LEN_MAX, SeatType};
use boxoffice::idempotency::{IdempotencyKey, KEY_LEN_MAX};
use boxoffice::ids::EventId;
use boxoffice::money::{Currency, Money, PRICE_MAX};
use boxoffice::time::Timestamp;

use super::fault::Fault;
use super::json::Json;
use crate::zone::{NoMoment, YEAR_MAX, YEAR_MIN, Zone};

/// Reads one type of value, wherever it stands.
pub(crate) type Read<T> = Result<T, Fault>;

/// A whole number in this range.
pub(crate) fn integer(range: RangeInclusive<i64>) -> impl Fn(&Json<'_>) -> Read<i64> {
    move |value| match value {
        Json::Integer(number) if range.contains(number) => Ok(*number),
        _ => Err(Fault::Integer {
            min: *range.start(),
            max: *range.end(),
        }),
    }
}

/// A whole number from `min` to `max`.
pub(crate) fn count(min: u32, max: u32) -> impl Fn(&Json<'_>) -> Read<u32> {
    let read = integer(min.into()..=max.into());
    move |value| {
        let number = read(value)?;
        u32::try_from(number).map_err(|_| Fault::Integer {
            min: min.into(),
            max: max.into(),
        })
    }
}

/// A price in minor units.
pub(crate) fn price(value: &Json<'_>) -> Read<Money> {
    integer(0..=PRICE_MAX)(value).map(Money)
}

/// An event's number.
pub(crate) fn event_id(value: &Json<'_>) -> Read<EventId> {
    integer(1..=i64::MAX)(value).map(EventId)
}

/// A string, whatever is in it.
pub(crate) fn any_text<'r>(value: &'r Json<'_>) -> Read<&'r str> {
    match value {
        Json::Text(text) => Ok(text),
        _ => Err(Fault::NotText),
    }
}

/// One line of 1 to `max` characters, without space around it.
pub(crate) fn line(max: usize) -> impl Fn(&Json<'_>) -> Read<String> {
    move |value| line_of(any_text(value)?, max)
}

/// One line of 1 to `max` characters, without space around it.
pub(crate) fn line_of(text: &str, max: usize) -> Read<String> {
    bounded(text.trim(), max, |c| !c.is_control())
}

/// A text of at most `max` characters; may have line breaks and tabs.
pub(crate) fn prose(max: usize) -> impl Fn(&Json<'_>) -> Read<String> {
    move |value| {
        bounded(any_text(value)?, max, |c| {
            !c.is_control() || "\n\r\t".contains(c)
        })
    }
}

fn bounded(text: &str, max: usize, allowed: impl Fn(char) -> bool) -> Read<String> {
    // The length in bytes decides most cases without counting.
    let too_long = text.len() > max && text.chars().count() > max;
    if text.is_empty() || too_long {
        return Err(Fault::Length { min: 1, max });
    }
    if !text.chars().all(allowed) {
        return Err(Fault::ControlCharacter);
    }
    Ok(text.to_owned())
}

/// A buyer's id.
pub(crate) fn user_id(value: &Json<'_>) -> Read<UserId> {
    user_id_of(any_text(value)?)
}

/// A buyer's id.
pub(crate) fn user_id_of(text: &str) -> Read<UserId> {
    text.parse().map_err(|_| Fault::NotUserId {
        max: USER_ID_LEN_MAX,
    })
}

/// A grade's name, in any case.
pub(crate) fn seat_type(value: &Json<'_>) -> Read<SeatType> {
    seat_type_of(any_text(value)?)
}

/// A grade's name, in any case.
pub(crate) fn seat_type_of(text: &str) -> Read<SeatType> {
    text.parse().map_err(|_| Fault::NotGradeName {
        max: GRADE_NAME_LEN_MAX,
    })
}

/// A currency's three letters.
pub(crate) fn currency(value: &Json<'_>) -> Read<Currency> {
    any_text(value)?.parse().map_err(|_| Fault::NotCurrency)
}

/// A zone of the IANA database.
pub(crate) fn zone(value: &Json<'_>) -> Read<Zone> {
    Zone::named(any_text(value)?).ok_or(Fault::NotZone)
}

/// RFC 3339, or a local date-time of `zone`.
pub(crate) fn moment(zone: &Zone) -> impl Fn(&Json<'_>) -> Read<Timestamp> {
    move |value| {
        zone.read(any_text(value)?).map_err(|error| match error {
            NoMoment::NotDateTime => Fault::NotDateTime,
            NoMoment::YearOutOfRange => Fault::YearOutOfRange {
                min: YEAR_MIN,
                max: YEAR_MAX,
            },
        })
    }
}

/// One of a fixed set of names, in any case.
pub(crate) fn one_of<T: Copy>(
    names: &'static [&'static str],
    values: &'static [T],
) -> impl Fn(&str) -> Read<T> {
    move |text| {
        let found = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text.trim()));
        found
            .and_then(|index| values.get(index))
            .copied()
            .ok_or(Fault::OneOf(names))
    }
}

/// Longest e-mail address (RFC 5321, section 4.5.3.1.3, less the brackets).
pub(crate) const EMAIL_LEN_MAX: usize = 254;

/// An e-mail address: something, one `@`, a domain. Only a letter to it would tell more.
pub(crate) fn email(value: &Json<'_>) -> Read<String> {
    let text = line(EMAIL_LEN_MAX)(value)?;
    let parts = text.rsplit_once('@').filter(|(local, domain)| {
        let labels = domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
        !local.is_empty() && local.len() <= 64 && !local.contains('@') && labels
    });
    match parts {
        Some(_) if !text.contains(char::is_whitespace) => Ok(text),
        _ => Err(Fault::NotEmail),
    }
}

/// Longest phone number, in characters.
pub(crate) const PHONE_LEN_MAX: usize = 32;

/// A phone number as people write it.
pub(crate) fn phone(value: &Json<'_>) -> Read<String> {
    let text = any_text(value)?.trim();
    let allowed = |c: char| c.is_ascii_digit() || "+-(). ".contains(c);
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    if text.len() > PHONE_LEN_MAX || !has_digit || !text.chars().all(allowed) {
        return Err(Fault::NotPhone { max: PHONE_LEN_MAX });
    }
    Ok(text.to_owned())
}

/// The client's name for a request, from its header's bytes.
pub(crate) fn idempotency_key(header: &[u8]) -> Read<IdempotencyKey> {
    let text = std::str::from_utf8(header).ok();
    text.and_then(|text| text.parse().ok())
        .ok_or(Fault::NotKey { max: KEY_LEN_MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Json<'_> {
        Json::Text(text.into())
    }

    #[test]
    fn a_number_is_whole_and_in_its_range() {
        let read = integer(1..=10);
        assert_eq!(read(&Json::Integer(10)), Ok(10));
        let fault = Fault::Integer { min: 1, max: 10 };
        let bad = [
            Json::Integer(0),
            Json::Integer(11),
            Json::Number,
            Json::Null,
            Json::Bool,
            text("2"),
        ];
        for bad in bad {
            assert_eq!(read(&bad), Err(fault.clone()), "{bad:?}");
        }
    }

    #[test]
    fn a_line_has_no_control_characters_and_is_counted_in_characters() {
        assert_eq!(line(3)(&text(" 김철수 ")), Ok("김철수".to_owned()));
        assert_eq!(
            line(3)(&text("김철수!")),
            Err(Fault::Length { min: 1, max: 3 })
        );
        assert_eq!(line(3)(&text("  ")), Err(Fault::Length { min: 1, max: 3 }));
        assert_eq!(line(9)(&text("a\0b")), Err(Fault::ControlCharacter));
        assert_eq!(line(9)(&text("a\nb")), Err(Fault::ControlCharacter));
        assert_eq!(prose(9)(&text("a\nb")), Ok("a\nb".to_owned()));
        assert_eq!(prose(9)(&text("a\0b")), Err(Fault::ControlCharacter));
    }

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        for good in [
            "mina@example.com",
            "a.b+c@sub.example.co.kr",
            "민아@예시.한국",
        ] {
            assert!(email(&text(good)).is_ok(), "{good}");
        }
        let long = format!("a@{}.com", "x".repeat(260));
        for bad in [
            "mina",
            "@x",
            "a@",
            "a@b@c",
            "a@.com",
            "a b@x.com",
            "a@-x.com",
            &long,
        ] {
            assert!(email(&text(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_phone_number_has_digits() {
        assert!(phone(&text("+82 (0)10-1234-5678")).is_ok());
        for bad in ["", "call me", "++--", &"1".repeat(33)] {
            assert!(phone(&text(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_visible_ascii() {
        assert!(idempotency_key(b"order-1").is_ok());
        for bad in [&b""[..], b"a b", b"\xff", &[b'x'; 256]] {
            assert_eq!(idempotency_key(bad), Err(Fault::NotKey { max: 255 }));
        }
    }
}
