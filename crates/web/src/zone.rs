//! Time zones: reading what people write, and telling moments back to them.
//!
//! A date-time without an offset is local to a zone. Where clocks jump ahead and it does not
//! exist, it is read as if they had not (later by the gap); where they go back and it happens
//! twice, the earlier one is meant. That is what RFC 5545 asks of calendars.

use boxoffice::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};

/// Earliest year of a moment that is taken in.
pub(crate) const YEAR_MIN: i16 = 1900;

/// Latest year of a moment that is taken in.
pub(crate) const YEAR_MAX: i16 = 9999;

/// Longest zone name, in characters.
pub(crate) const ZONE_LEN_MAX: usize = 64;

/// Longest date-time, in characters: microseconds, an offset and a zone in brackets fit.
pub(crate) const DATE_TIME_LEN_MAX: usize = 100;

/// The zone of events that name none.
pub(crate) const DEFAULT_ZONE: &str = "Asia/Seoul";

/// Whether the built-in IANA database has a zone of this name.
pub fn is_known_zone(name: &str) -> bool {
    Zone::named(name).is_some()
}

/// A zone of the IANA database, which is built in.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The zone of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name.is_empty() || name.len() > ZONE_LEN_MAX {
            return None;
        }
        TimeZone::get(name)
            .ok()
            .filter(|zone| zone.iana_name().is_some())
            .map(Self)
    }

    /// The zone of this name, or UTC where there is none.
    pub(crate) fn named_or_utc(name: &str) -> Self {
        Self::named(name).unwrap_or(Self(TimeZone::UTC))
    }

    /// The name as the database spells it.
    pub(crate) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// This moment, as people in this zone tell it.
    pub(crate) fn tell(&self, at: Timestamp) -> Moment {
        let at = instant(at);
        Moment {
            at,
            offset: whole_minutes(self.0.to_offset(at)),
        }
    }

    /// This moment on the clocks and calendars of this zone.
    pub(crate) fn civil(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(instant(at))
    }

    /// Reads RFC 3339, or a local date-time of this zone.
    pub(crate) fn read(&self, text: &str) -> Result<Timestamp, NoMoment> {
        let text = text.trim();
        let has_time = text.contains(['T', 't', ' ']);
        if !text.is_ascii() || text.len() > DATE_TIME_LEN_MAX || !has_time {
            return Err(NoMoment::NotDateTime);
        }
        let at = match text.parse::<jiff::Timestamp>() {
            Ok(at) => at,
            Err(_) => self.read_local(text)?,
        };
        let year = self.0.to_datetime(at).year();
        if !(YEAR_MIN..=YEAR_MAX).contains(&year) {
            return Err(NoMoment::YearOutOfRange);
        }
        Ok(Timestamp::from_micros(at.as_microsecond()))
    }

    fn read_local(&self, text: &str) -> Result<jiff::Timestamp, NoMoment> {
        let local: DateTime = text.parse().map_err(|_| NoMoment::NotDateTime)?;
        let zoned = self.0.to_ambiguous_zoned(local).compatible();
        Ok(zoned.map_err(|_| NoMoment::YearOutOfRange)?.timestamp())
    }
}

/// Why a text is no moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoMoment {
    /// Neither RFC 3339 nor a local date-time.
    NotDateTime,
    /// Before [`YEAR_MIN`] or after [`YEAR_MAX`].
    YearOutOfRange,
}

/// A moment with the offset that it is told in; written in RFC 3339.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Moment {
    at: jiff::Timestamp,
    offset: Offset,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.at.display_with_offset(self.offset).fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An offset that RFC 3339 can write: before clocks were set by the hour, some had seconds in them.
fn whole_minutes(offset: Offset) -> Offset {
    let secs = offset.seconds();
    Offset::from_seconds(secs - secs % 60).unwrap_or(offset)
}

/// A moment outside the calendar is told as the calendar's end.
fn instant(at: Timestamp) -> jiff::Timestamp {
    let edge = if at.as_micros() < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    };
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect("a zone of the database")
    }

    fn told(zone_name: &str, text: &str) -> String {
        let zone = zone(zone_name);
        zone.tell(zone.read(text).expect("a moment")).to_string()
    }

    #[test]
    fn a_local_date_time_is_read_in_its_zone() {
        assert_eq!(
            told("Asia/Seoul", "2030-12-31T19:00:00"),
            "2030-12-31T19:00:00+09:00"
        );
        assert_eq!(
            told("Europe/Berlin", "2030-07-01T20:30"),
            "2030-07-01T20:30:00+02:00"
        );
    }

    #[test]
    fn an_offset_wins_over_the_zone() {
        assert_eq!(
            told("Asia/Seoul", "2030-12-31T10:00:00Z"),
            "2030-12-31T19:00:00+09:00"
        );
        assert_eq!(
            told("Asia/Seoul", "2030-12-31T11:00:00+01:00"),
            "2030-12-31T19:00:00+09:00"
        );
    }

    #[test]
    fn a_local_time_that_clocks_jump_over_is_read_an_hour_later() {
        assert_eq!(
            told("Europe/Berlin", "2030-03-31T02:30:00"),
            "2030-03-31T03:30:00+02:00"
        );
    }

    #[test]
    fn of_a_local_time_that_happens_twice_the_first_is_meant() {
        assert_eq!(
            told("Europe/Berlin", "2030-10-27T02:30:00"),
            "2030-10-27T02:30:00+02:00"
        );
    }

    #[test]
    fn fractions_of_a_second_are_kept_to_the_microsecond() {
        let told = told("UTC", "2030-12-31T19:00:00.123456789Z");
        assert_eq!(told, "2030-12-31T19:00:00.123456+00:00");
    }

    #[test]
    fn what_is_no_date_time_is_refused() {
        let seoul = zone("Asia/Seoul");
        for text in [
            "",
            "tomorrow",
            "2030-12-31",
            "2030-13-01T00:00:00",
            "2030-02-30T10:00:00",
            "２０３０",
        ] {
            assert_eq!(seoul.read(text), Err(NoMoment::NotDateTime), "{text}");
        }
        let endless = format!("2030-12-31T19:00:00.{}Z", "0".repeat(200));
        assert_eq!(seoul.read(&endless), Err(NoMoment::NotDateTime));
    }

    #[test]
    fn years_that_no_event_can_have_are_refused() {
        let seoul = zone("Asia/Seoul");
        assert_eq!(
            seoul.read("1899-12-31T23:59:59"),
            Err(NoMoment::YearOutOfRange)
        );
        assert!(seoul.read("1900-01-01T00:00:00").is_ok());
        assert!(seoul.read("9999-12-29T00:00:00").is_ok());
    }

    #[test]
    fn a_zone_is_found_in_any_case_and_spelt_as_the_database_does() {
        assert_eq!(zone("asia/seoul").name(), "Asia/Seoul");
        for bad in ["", "Mars/Olympus", "+09:00", &"x".repeat(65)] {
            assert_eq!(Zone::named(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_moment_outside_the_calendar_is_told_as_its_end() {
        let told = zone("UTC")
            .tell(Timestamp::from_micros(i64::MAX))
            .to_string();
        assert!(told.starts_with("9999-12-30T22:00:00"), "{told}");
    }
}
