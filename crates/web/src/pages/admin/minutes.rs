//! How long seats are kept, as an organizer types it: minutes, and seconds where they are not whole.

/// The seconds that were typed: `7`, `0.5`, `1:40`; nothing is no time at all. `None`: no such time.
pub(super) fn secs(typed: &str) -> Option<i64> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some(0);
    }
    let (minutes, secs) = if let Some((minutes, secs)) = typed.split_once(':') {
        let secs = whole(secs).filter(|secs| typed.len() - minutes.len() == 3 && *secs < 60)?;
        (minutes, secs)
    } else if let Some((minutes, tenths)) = typed.split_once('.') {
        (minutes, whole(tenths).filter(|_| tenths.len() == 1)? * 6)
    } else {
        (typed, 0)
    };
    whole(minutes)?.checked_mul(60)?.checked_add(secs)
}

/// So many seconds as they are typed. What is read again is what was written, to the second.
pub(super) fn typed(secs: u32) -> String {
    match (secs / 60, secs % 60) {
        (minutes, 0) => minutes.to_string(),
        (minutes, secs) => format!("{minutes}:{secs:02}"),
    }
}

fn whole(digits: &str) -> Option<i64> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| are_digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::HOLD_SECS_MAX;

    #[test]
    fn every_time_that_is_kept_is_read_as_it_was_written() {
        for time in 0..=HOLD_SECS_MAX {
            assert_eq!(secs(&typed(time)), Some(time.into()), "{}", typed(time));
        }
    }

    #[test]
    fn people_type_minutes_halves_of_them_and_seconds() {
        for (typed, time) in [
            ("7", 420),
            (" 0.5 ", 30),
            ("1.7", 102),
            ("1:40", 100),
            ("0:01", 1),
            ("", 0),
        ] {
            assert_eq!(secs(typed), Some(time), "{typed}");
        }
        let ages = i64::MAX.to_string();
        for wrong in [
            "soon", "-1", "+1", "1.25", "1.", ".5", "1:5", "1:60", "1:005", ":30", "1:+5", "1:2.5",
            &ages,
        ] {
            assert_eq!(secs(wrong), None, "{wrong}");
        }
    }
}
