//! The language of messages, chosen by `Accept-Language`.

/// A language that messages are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Lang {
    /// English, where the visitor asks for nothing we speak.
    #[default]
    En,
    /// Korean.
    Ko,
    /// Both, for somebody whose request was not read far enough to tell which.
    Both,
}

impl Lang {
    /// The tags of RFC 5646, as `Content-Language` lists them.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
            Self::Both => "en, ko",
        }
    }

    /// The best of what the header asks for (RFC 9110, section 12.5.4): the highest quality wins,
    /// and the first of equals. `q=0` refuses a language.
    pub(crate) fn of(accept_language: Option<&[u8]>) -> Self {
        let header = accept_language.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let mut best = (Self::default(), 0);
        for range in header.unwrap_or_default().split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let (Some(lang), Some(quality)) = (Self::of_range(tag.trim()), quality(parameters))
            else {
                continue;
            };
            if quality > best.1 {
                best = (lang, quality);
            }
        }
        best.0
    }

    fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        match primary {
            _ if primary.eq_ignore_ascii_case("ko") => Some(Self::Ko),
            _ if primary.eq_ignore_ascii_case("en") => Some(Self::En),
            "*" => Some(Self::default()),
            _ => None,
        }
    }
}

/// A quality in thousandths; `None` where it makes no sense.
fn quality(parameters: &str) -> Option<u32> {
    let Some(value) = parameters.trim().strip_prefix("q=") else {
        return Some(1_000);
    };
    let quality: f32 = value.trim().parse().ok()?;
    // Clamped to 0..=1 first, so the product is a small whole number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (quality.is_finite()).then(|| (quality.clamp(0.0, 1.0) * 1_000.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str) -> Lang {
        Lang::of(Some(header.as_bytes()))
    }

    #[test]
    fn english_is_spoken_where_nothing_is_asked_for() {
        assert_eq!(Lang::of(None), Lang::En);
        assert_eq!(of(""), Lang::En);
        assert_eq!(of("fr, de;q=0.8"), Lang::En);
        assert_eq!(Lang::of(Some(b"\xff\xfe")), Lang::En);
    }

    #[test]
    fn a_region_does_not_hide_its_language() {
        assert_eq!(of("ko-KR"), Lang::Ko);
        assert_eq!(of("KO"), Lang::Ko);
        assert_eq!(of("en-GB"), Lang::En);
    }

    #[test]
    fn the_highest_quality_wins_and_the_first_of_equals() {
        assert_eq!(of("en;q=0.5, ko;q=0.9"), Lang::Ko);
        assert_eq!(of("ko;q=0.3, en;q=0.8"), Lang::En);
        assert_eq!(of("ko, en"), Lang::Ko);
        assert_eq!(of("en, ko"), Lang::En);
        assert_eq!(of("fr, ko;q=0.1"), Lang::Ko);
    }

    #[test]
    fn a_language_of_quality_zero_is_refused() {
        assert_eq!(of("ko;q=0"), Lang::En);
        assert_eq!(of("ko;q=0, *;q=0.5"), Lang::En);
        assert_eq!(of("ko;q=nonsense, ko;q=NaN"), Lang::En);
    }
}
