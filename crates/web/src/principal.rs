//! Who asks, and what she may do.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::errors::{ApiError, Code};
use crate::settings::AdminToken;

/// Who asks. Buyers' accounts will be another variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Principal {
    /// Whoever shows the organizer's token, or everybody where there is none.
    Organizer,
    /// Somebody who shows no token, or nothing that could be one.
    Visitor,
    /// Somebody who shows a token that is not ours.
    Stranger,
}

impl Principal {
    /// Who sends these headers, where `token` is the organizer's.
    pub(crate) fn of(headers: &HeaderMap, token: Option<&AdminToken>) -> Self {
        let Some(token) = token else {
            return Self::Organizer;
        };
        match headers
            .get(AUTHORIZATION)
            .and_then(|value| bearer(value.as_bytes()))
        {
            None => Self::Visitor,
            Some(presented) if token.is(presented) => Self::Organizer,
            Some(_) => Self::Stranger,
        }
    }

    /// Whether she may change events, list reservations and read metrics.
    pub(crate) fn may_organize(self) -> Result<(), ApiError> {
        match self {
            Self::Organizer => Ok(()),
            Self::Visitor => Err(Code::Unauthorized.into()),
            Self::Stranger => Err(Code::Forbidden.into()),
        }
    }
}

/// The token of `Bearer <token>` (RFC 6750, section 2.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(authorization: Option<&'static str>) -> Principal {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.parse().expect("a header value"));
        }
        Principal::of(&headers, Some(&AdminToken::new("secret")))
    }

    #[test]
    fn only_the_right_token_makes_an_organizer() {
        assert_eq!(of(Some("Bearer secret")), Principal::Organizer);
        assert_eq!(of(Some("bearer secret")), Principal::Organizer);
        assert_eq!(of(Some("Bearer Secret")), Principal::Stranger);
        assert_eq!(of(Some("Bearer secrets")), Principal::Stranger);
    }

    #[test]
    fn who_shows_nothing_that_could_be_a_token_is_a_visitor() {
        for value in [
            None,
            Some("secret"),
            Some("Basic c2VjcmV0"),
            Some("Bearer"),
            Some("Bearer "),
        ] {
            assert_eq!(of(value), Principal::Visitor, "{value:?}");
        }
    }

    #[test]
    fn without_a_token_everybody_is_the_organizer() {
        assert_eq!(Principal::of(&HeaderMap::new(), None), Principal::Organizer);
    }
}
