//! Requests that may be sent twice and must count once.

use std::hash::Hasher;
use std::str::FromStr;
use std::sync::Arc;

use siphasher::sip128::{Hasher128, SipHasher24};

use crate::buyer::UserId;
use crate::ids::ReservationId;
use crate::time::Timestamp;

/// Longest idempotency key, in characters.
pub const KEY_LEN_MAX: usize = 255;

/// The client's name for one request: 1 to 255 visible ASCII characters, compared as bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// The key as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text cannot be an idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an idempotency key is 1 to 255 visible ASCII characters")]
pub struct InvalidKey;

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > KEY_LEN_MAX || !visible {
            return Err(InvalidKey);
        }
        Ok(Self(text.into()))
    }
}

/// What a request asked for, in 16 bytes, to tell a retry from another request under the same key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BodyHash(pub [u8; 16]);

impl BodyHash {
    /// The hash of a request's meaning, part by part. White space and field order do not count.
    ///
    /// `SipHash` 2-4 of 128 bits (Aumasson and Bernstein, 2012) with a fixed key: who makes two
    /// bodies with one hash harms only herself, for the key's scope is her own.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = SipHasher24::new();
        for part in parts {
            hasher.write(&(part.len() as u64).to_be_bytes());
            hasher.write(part);
        }
        Self(hasher.finish128().as_bytes())
    }
}

/// A key together with what was asked under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyedRequest {
    /// The client's key.
    pub key: IdempotencyKey,
    /// What the request asked for.
    pub body: BodyHash,
}

/// A key that led to a success, in the scope of one event and one user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRecord {
    /// Whose key it is.
    pub user: UserId,
    /// The key and what was asked.
    pub request: KeyedRequest,
    /// The reservation that it led to.
    pub reservation: ReservationId,
    /// When; keys are purged by age.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii() {
        assert_eq!(
            "k-1".parse::<IdempotencyKey>().expect("a key").as_str(),
            "k-1"
        );
        for wrong in ["", "a b", "열쇠", "\n", &"k".repeat(KEY_LEN_MAX + 1)] {
            assert_eq!(wrong.parse::<IdempotencyKey>(), Err(InvalidKey), "{wrong}");
        }
    }

    #[test]
    fn where_a_part_ends_is_part_of_what_was_asked() {
        assert_eq!(BodyHash::of(&[b"ab", b"c"]), BodyHash::of(&[b"ab", b"c"]));
        assert_ne!(BodyHash::of(&[b"ab", b"c"]), BodyHash::of(&[b"a", b"bc"]));
    }
}
