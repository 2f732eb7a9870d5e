//! What goes wrong, as it is told: one code, one status, one envelope.

mod code;
mod map;
mod messages;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use boxoffice::time::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::lang::Lang;
use crate::request::Fault;
use crate::response::Refund;
use crate::zone::Zone;

pub(crate) use code::Code;
pub(crate) use messages::{of_code, of_fault};

/// One thing that `details` tells.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Detail {
    /// A number.
    Number(i64),
    /// A text that is the same in every language.
    Text(String),
    /// Texts that are the same in every language.
    Texts(Vec<String>),
    /// A moment, told in the default zone.
    At(Timestamp),
    /// What is wrong with a field, told in the visitor's language.
    Fault(Fault),
    /// A refund, or that there is none to give.
    Refund(Refund),
}

/// What went wrong, before it is told in a language.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ApiError {
    code: Code,
    details: Vec<(Cow<'static, str>, Detail)>,
    /// For the log; never sent.
    internal: Option<Box<str>>,
}

impl ApiError {
    /// Every bad field at once.
    pub(crate) fn invalid(faults: Vec<(Cow<'static, str>, Fault)>) -> Self {
        let details = faults
            .into_iter()
            .map(|(field, fault)| (field, Detail::Fault(fault)))
            .collect();
        Self {
            code: Code::InvalidRequest,
            details,
            internal: None,
        }
    }

    /// One bad field.
    pub(crate) fn invalid_field(field: &'static str, fault: Fault) -> Self {
        Self::invalid(vec![(field.into(), fault)])
    }

    /// The same with one more detail.
    pub(crate) fn with(mut self, name: &'static str, detail: Detail) -> Self {
        self.details.push((name.into(), detail));
        self
    }

    /// The same with something to tell in the log.
    pub(crate) fn because(mut self, internal: &dyn std::fmt::Display) -> Self {
        self.internal = Some(internal.to_string().into());
        self
    }

    /// The code.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    /// What only the log may know.
    pub(crate) fn internal(&self) -> &str {
        self.internal.as_deref().unwrap_or("")
    }

    /// The detail of this name, if there is one.
    pub(crate) fn detail(&self, name: &str) -> Option<&Detail> {
        let mut details = self.details.iter();
        details
            .find(|(known, _)| known == name)
            .map(|(_, detail)| detail)
    }

    /// What is wrong with which field.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&str, &Fault)> {
        self.details
            .iter()
            .filter_map(|(name, detail)| match detail {
                Detail::Fault(fault) => Some((&**name, fault)),
                _ => None,
            })
    }

    /// The names of the details, for tests of what was refused.
    #[cfg(any(test, feature = "doors"))]
    pub(crate) fn fields(&self) -> Vec<String> {
        self.details
            .iter()
            .map(|(name, _)| name.to_string())
            .collect()
    }

    /// The envelope, in this language.
    pub(crate) fn envelope(&self, lang: Lang, zone: &Zone, now: Timestamp) -> Vec<u8> {
        let envelope = Envelope {
            success: false,
            error: Told {
                error: self,
                lang,
                zone,
            },
            timestamp: zone.tell(now).to_string(),
        };
        // Nothing in an envelope can fail to be written.
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    /// The headers that go with the envelope.
    pub(crate) fn put_headers(&self, lang: Lang, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(secs) = self.code.retry_after_secs() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(secs));
        }
        if self.code == Code::Unauthorized {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"onsale\""),
            );
        }
        if self.code.closes() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self {
            code,
            details: Vec::new(),
            internal: None,
        }
    }
}

/// The status alone, with the error beside it: the gateway knows the language and writes the rest.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code.status();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    success: bool,
    error: Told<'a>,
    timestamp: String,
}

struct Told<'a> {
    error: &'a ApiError,
    lang: Lang,
    zone: &'a Zone,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("code", self.error.code.as_str())?;
        map.serialize_entry("message", &*of_code(self.lang, self.error.code))?;
        map.serialize_entry("details", &ToldDetails(self))?;
        map.end()
    }
}

struct ToldDetails<'a>(&'a Told<'a>);

impl Serialize for ToldDetails<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Told { error, lang, zone } = *self.0;
        let mut map = serializer.serialize_map(Some(error.details.len()))?;
        for (name, detail) in &error.details {
            match detail {
                Detail::Number(number) => map.serialize_entry(name, number)?,
                Detail::Text(text) => map.serialize_entry(name, text)?,
                Detail::Texts(texts) => map.serialize_entry(name, texts)?,
                Detail::At(at) => map.serialize_entry(name, &zone.tell(*at))?,
                Detail::Fault(fault) => map.serialize_entry(name, &of_fault(lang, fault))?,
                Detail::Refund(refund) => map.serialize_entry(name, &refund.told(zone))?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn told(error: &ApiError, lang: Lang) -> String {
        let seoul = Zone::named("Asia/Seoul").expect("a zone");
        let now = seoul.read("2030-12-31T19:00:00").expect("a moment");
        String::from_utf8(error.envelope(lang, &seoul, now)).expect("UTF-8")
    }

    #[test]
    fn an_error_is_told_in_the_envelope_of_the_contract() {
        let error = ApiError::from(Code::InsufficientSeats)
            .with("requested", Detail::Number(2))
            .with("available", Detail::Number(0))
            .because(&"never sent");
        assert_eq!(
            told(&error, Lang::En),
            r#"{"success":false,"error":{"code":"INSUFFICIENT_SEATS","message":"Not enough seats are left.","details":{"requested":2,"available":0}},"timestamp":"2030-12-31T19:00:00+09:00"}"#
        );
    }

    #[test]
    fn the_message_follows_the_language_and_the_code_does_not() {
        let error = ApiError::from(Code::NotFound);
        assert!(told(&error, Lang::Ko).contains(r#""code":"NOT_FOUND""#));
        assert_ne!(told(&error, Lang::Ko), told(&error, Lang::En));
    }

    #[test]
    fn every_code_has_its_own_name_and_a_message_in_both_languages() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            let [en, ko] = [Lang::En, Lang::Ko].map(|lang| of_code(lang, code));
            assert!(en.is_ascii() && !ko.is_ascii(), "{code:?}: {en} / {ko}");
        }
    }

    #[test]
    fn whoever_is_turned_away_for_load_is_told_when_to_come_back() {
        for code in Code::ALL {
            let mut headers = HeaderMap::new();
            ApiError::from(code).put_headers(Lang::En, &mut headers);
            let for_load = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::SERVICE_UNAVAILABLE,
            ]
            .contains(&code.status());
            assert_eq!(headers.contains_key(RETRY_AFTER), for_load, "{code:?}");
        }
    }
}
