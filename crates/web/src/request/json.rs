//! A JSON body as it was sent: members in their order, the same name twice still visible.
//!
//! Borrows what it can from the body, so that reading a small request costs few allocations.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::fault::Fault;

/// A value of a body.
#[derive(PartialEq, Debug)]
pub(crate) enum Json<'j> {
    Null,
    Bool,
    /// A whole number that fits.
    Integer(i64),
    /// Any other number: a fraction, an exponent, or too large.
    Number,
    Text(Cow<'j, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'j, str>, Self)>),
}

impl<'j> Json<'j> {
    /// Reads a body, at most `depth_max` deep.
    pub(crate) fn read(body: &'j [u8], depth_max: u32) -> Result<Self, Fault> {
        let text = std::str::from_utf8(body).map_err(|_| Fault::NotUtf8)?;
        if text.trim_ascii().is_empty() {
            return Err(Fault::Missing);
        }
        if is_deeper(body, depth_max) {
            return Err(Fault::TooDeep { max: depth_max });
        }
        serde_json::from_str(text).map_err(|error| Fault::NotJson(error.to_string()))
    }
}

/// Whether brackets are nested deeper than `depth_max`, outside strings.
fn is_deeper(body: &[u8], depth_max: u32) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > depth_max {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Json::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or(Json::Number, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Json::Number)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'j>(Cow<'j, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(AnyJson)? {
            Json::Text(name) => Ok(Self(name)),
            _ => Err(serde::de::Error::custom("a member's name must be a string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Json<'_>, Fault> {
        Json::read(body.as_bytes(), 4)
    }

    #[test]
    fn members_keep_their_order_and_their_doubles() {
        let Ok(Json::Object(members)) = read(r#"{"b": 1, "a": "x", "b": null}"#) else {
            panic!("an object")
        };
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "a", "b"]);
    }

    #[test]
    fn only_whole_numbers_that_fit_are_integers() {
        assert_eq!(read("-7"), Ok(Json::Integer(-7)));
        assert_eq!(read("9223372036854775807"), Ok(Json::Integer(i64::MAX)));
        for number in [
            "1.5",
            "2.0",
            "1e3",
            "99999999999999999999",
            "-99999999999999999999",
        ] {
            assert_eq!(read(number), Ok(Json::Number), "{number}");
        }
    }

    #[test]
    fn a_body_that_is_not_json_says_why() {
        for body in [
            "{",
            "{\"a\":}",
            "nul",
            "[1,]",
            "1e999",
            "{\"a\":1} x",
            "\"\u{1}\"",
            "\"\\ud800\"",
        ] {
            assert!(matches!(read(body), Err(Fault::NotJson(_))), "{body}");
        }
        assert_eq!(read(""), Err(Fault::Missing));
        assert_eq!(read(" \n"), Err(Fault::Missing));
        assert_eq!(Json::read(b"{\"a\": \"\xff\"}", 4), Err(Fault::NotUtf8));
    }

    #[test]
    fn nesting_is_counted_outside_strings() {
        assert!(read("[[[[1]]]]").is_ok());
        assert_eq!(read("[[[[[1]]]]]"), Err(Fault::TooDeep { max: 4 }));
        assert!(read(r#"["[[[[[[", "\"[[[[[["]"#).is_ok());
        assert_eq!(
            Json::read(&b"[".repeat(60_000), 4),
            Err(Fault::TooDeep { max: 4 })
        );
    }
}
