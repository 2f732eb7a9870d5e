//! Who buys: the opaque user id, and the profile that a buyer may have.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Timestamp;

/// Longest user id, in characters.
pub const USER_ID_LEN_MAX: usize = 64;

/// Who a buyer says she is: 1 to 64 of `[A-Za-z0-9._@-]`, compared as bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be a user id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a user id is 1 to 64 of A-Z a-z 0-9 . _ @ -")]
pub struct InvalidUserId;

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, InvalidUserId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
        if text.is_empty() || text.len() > USER_ID_LEN_MAX || !text.bytes().all(allowed) {
            return Err(InvalidUserId);
        }
        Ok(Self(text.into()))
    }
}

/// A buyer's profile. A reservation needs none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// Her id.
    pub id: UserId,
    /// What to call her.
    pub username: String,
    /// Where to write to, if she said.
    pub email: Option<String>,
    /// Where to call, if she said.
    pub phone_number: Option<String>,
    /// When the profile was made.
    pub created_at: Timestamp,
}

/// What a buyer has done so far; queried when asked for, never kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct UserStatistics {
    /// Every reservation she ever made.
    pub total_reservations: u64,
    /// What her confirmed reservations cost together.
    pub total_spent: Money,
    /// How many she cancelled.
    pub cancelled_reservations: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_short_plain_text() {
        let id: UserId = "mina.kim_7@example-1".parse().expect("a user id");
        assert_eq!(
            (id.as_str(), id.to_string().as_str()),
            ("mina.kim_7@example-1", id.as_str())
        );
        assert!("a".repeat(USER_ID_LEN_MAX).parse::<UserId>().is_ok());
        for wrong in [
            "",
            " ",
            "a b",
            "a/b",
            "김미나",
            &"a".repeat(USER_ID_LEN_MAX + 1),
        ] {
            assert_eq!(wrong.parse::<UserId>(), Err(InvalidUserId), "{wrong}");
        }
    }
}
