//! What comes before the body: the parts of a path, and the parameters behind the question mark.

use std::borrow::Cow;

use super::fault::{Fault, Faults};

/// The parameters of a request.
pub(crate) struct Query<'q> {
    pairs: Vec<(Cow<'q, str>, Value<'q>)>,
    /// Whether a blank value counts as none, as of a form's field that nobody filled in.
    blanks_left_out: bool,
}

/// A parameter's value; not every one can be read.
type Value<'q> = Result<Cow<'q, str>, Fault>;

impl<'q> Query<'q> {
    /// Reads what stands behind the question mark.
    pub(crate) fn read(raw: Option<&'q str>) -> Self {
        let pairs = raw
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        let parsed = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A name that cannot be read is none of ours.
            Some((decode(name, true).ok()?, decode(value, true)))
        });
        Self {
            pairs: parsed.collect(),
            blanks_left_out: false,
        }
    }

    /// Reads what a form sends, which names the fields that were left blank as well.
    pub(crate) fn filled_in(raw: Option<&'q str>) -> Self {
        Self {
            blanks_left_out: true,
            ..Self::read(raw)
        }
    }

    /// A parameter that may be left out.
    pub(crate) fn optional<T>(
        &self,
        name: &'static str,
        faults: &Faults,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let mut found = self.pairs.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        if found.next().is_some() {
            faults.note(name, Fault::Duplicate);
            return None;
        }
        match value {
            Ok(value) if value.is_empty() && self.blanks_left_out => None,
            Ok(value) => faults.catch(name, read(value)),
            Err(fault) => {
                faults.note(name, fault.clone());
                None
            }
        }
    }

    /// A parameter that has to be there.
    pub(crate) fn required<T>(
        &self,
        name: &'static str,
        faults: &Faults,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let is_there = self.text(name).is_some_and(|text| !text.is_empty());
        if !is_there && self.every(name).count() < 2 {
            faults.note(name, Fault::Missing);
        }
        self.optional(name, faults, read)
    }

    /// The first value of this name, if it can be read.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.every(name).next()
    }

    /// Every value of this name that can be read.
    pub(crate) fn every(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.pairs.iter().filter(move |(known, _)| known == name);
        values.filter_map(|(_, value)| value.as_deref().ok())
    }

    /// Every name and value that can be read, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.pairs.iter();
        pairs.filter_map(|(name, value)| Some((&**name, value.as_deref().ok()?)))
    }
}

/// A whole number from `min` to `max`, as text.
pub(crate) fn number(min: i64, max: i64) -> impl Fn(&str) -> Result<i64, Fault> {
    move |text| match text.parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(Fault::Integer { min, max }),
    }
}

/// Undoes percent-encoding, and `+` for a space in parameters. What is no code stays as it is.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>, Fault> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) if plus_is_space => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            (other, _) => decoded.push(*other),
        }
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| Fault::NotUtf8)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_codes_are_undone() {
        assert_eq!(decode("a%20b+c", true).as_deref(), Ok("a b c"));
        assert_eq!(decode("a+b", false).as_deref(), Ok("a+b"));
        assert_eq!(decode("%EA%B9%80", false).as_deref(), Ok("김"));
        assert_eq!(decode("100%", true).as_deref(), Ok("100%"));
        assert_eq!(decode("%zz%4", true).as_deref(), Ok("%zz%4"));
        assert_eq!(decode("%ff", true), Err(Fault::NotUtf8));
    }

    #[test]
    fn every_bad_parameter_is_noted() {
        let query = Query::read(Some("page=-1&size=1&size=2&q=%ff&blank=&good=7"));
        let faults = Faults::default();
        assert_eq!(query.optional("page", &faults, number(0, 9)), None);
        assert_eq!(query.optional("size", &faults, number(0, 9)), None);
        assert_eq!(query.optional("q", &faults, |_| Ok(())), None);
        assert_eq!(query.optional("blank", &faults, number(0, 9)), None);
        assert_eq!(query.optional("good", &faults, number(0, 9)), Some(7));
        let error = faults.unless_any(Some(())).expect_err("four faults");
        assert_eq!(error.fields(), ["page", "size", "q", "blank"]);
    }

    #[test]
    fn a_field_that_was_left_blank_is_left_out() {
        let query = Query::filled_in(Some("blank=&good=7"));
        let faults = Faults::default();
        assert_eq!(query.optional("blank", &faults, number(0, 9)), None);
        assert_eq!(query.optional("good", &faults, number(0, 9)), Some(7));
        assert!(faults.unless_any(Some(())).is_ok());
    }
}
