//! Identities, and the seeded source that makes new ones.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::crockford;
use crate::time::Timestamp;

/// An event's number, given by the database, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub i64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Position in an event's chain of groups. Version 1 is the event's creation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub i64);

impl Version {
    /// The version that follows this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl $name {
            /// The sixteen bytes as they are stored.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// The id with these sixteen bytes; `None` where there are not sixteen.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
        }
    };
}

uuid_id! {
    /// A reservation's UUIDv7. Unguessable, and so the buyer's capability to it.
    ReservationId
}
uuid_id! {
    /// Marks a group in the log, so that a node recognises its own after a lost answer.
    GroupId
}
uuid_id! {
    /// One attempt to pay; the provider's idempotency key.
    PaymentId
}

impl ReservationId {
    /// The least id that a reservation of this moment may have.
    pub fn first_of(at: Timestamp) -> Self {
        let millis = u64::try_from(at.as_micros() / 1_000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }
}

impl FromStr for ReservationId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// A reservation's name for people: ten characters, made from the id's last 48 bits.
///
/// It is found beside its buyer only, so it needs no index of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReservationCode([u8; 6]);

impl ReservationCode {
    /// The last six bytes of the reservation's id.
    pub const fn suffix(&self) -> &[u8; 6] {
        &self.0
    }
}

impl From<ReservationId> for ReservationCode {
    fn from(id: ReservationId) -> Self {
        let mut suffix = [0; 6];
        suffix.copy_from_slice(&id.as_bytes()[10..]);
        Self(suffix)
    }
}

impl fmt::Display for ReservationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self
            .0
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for (i, shift) in (0..10).rev().map(|digit| digit * 5).enumerate() {
            if i == 5 {
                f.write_str("-")?;
            }
            fmt::Write::write_char(f, crockford::digit(bits >> shift))?;
        }
        Ok(())
    }
}

/// The text is not a reservation code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a reservation code")]
pub struct InvalidCode;

impl FromStr for ReservationCode {
    type Err = InvalidCode;

    /// Reads a code as people type it: any case, with or without the dash, O for 0 and I or L for 1.
    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let mut bits = 0_u64;
        let mut digits = 0;
        for typed in text.bytes().filter(|b| *b != b'-') {
            bits = bits << 5 | crockford::bits(typed).ok_or(InvalidCode)?;
            digits += 1;
            if digits > 10 {
                return Err(InvalidCode);
            }
        }
        if digits != 10 || bits >> 48 != 0 {
            return Err(InvalidCode);
        }
        let bytes = bits.to_be_bytes();
        Ok(Self([
            bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
        ]))
    }
}

/// Makes new ids from a seed that the caller chose: from the system in production, fixed in tests.
#[derive(Debug)]
pub struct IdSource {
    rng: Mutex<StdRng>,
}

impl IdSource {
    /// A source whose ids follow from `seed` and the times it is asked at.
    ///
    /// `StdRng` is cryptographically strong, which a reservation's id has to be.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self {
            rng: Mutex::new(StdRng::from_seed(seed)),
        }
    }

    /// A new UUIDv7 for this moment (RFC 9562, section 5.7).
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A new reservation id.
    pub fn reservation(&self, now: Timestamp) -> ReservationId {
        ReservationId(self.uuid(now))
    }

    /// A new group id.
    pub fn group(&self, now: Timestamp) -> GroupId {
        GroupId(self.uuid(now))
    }

    /// A new payment id.
    pub fn payment(&self, now: Timestamp) -> PaymentId {
        PaymentId(self.uuid(now))
    }

    /// Fills `bytes` with random ones.
    pub fn fill(&self, bytes: &mut [u8]) {
        let mut rng = self
            .rng
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        rng.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_reserves_from_a_moment_on_has_a_greater_id() {
        let ids = IdSource::seeded([7; 32]);
        let at = |millis: i64| Timestamp::from_micros(millis * 1_000);
        let first = ReservationId::first_of(at(5_000));
        assert!(ids.reservation(at(4_999)) < first);
        assert!(ids.reservation(at(5_000)) > first);
    }

    #[test]
    fn a_code_reads_back_as_the_same_reservation() {
        let ids = IdSource::seeded([7; 32]);
        for _ in 0..100 {
            let code = ReservationCode::from(ids.reservation(Timestamp::from_micros(1)));
            assert_eq!(code.to_string().parse(), Ok(code));
            assert_eq!(
                code.to_string().to_lowercase().replace('-', "").parse(),
                Ok(code)
            );
        }
    }

    #[test]
    fn a_code_forgives_letters_that_look_like_digits() {
        let zero_and_one: ReservationCode = "00000-00001".parse().expect("a code");
        assert_eq!("OOOOO-OOOOI".parse(), Ok(zero_and_one));
        assert_eq!("ooooo-ooool".parse(), Ok(zero_and_one));
    }

    #[test]
    fn what_is_not_a_code_is_refused() {
        for text in [
            "",
            "0000",
            "00000-000000",
            "ZZZZZ-ZZZZZ",
            "0000U-00000",
            "김철수",
        ] {
            assert_eq!(text.parse::<ReservationCode>(), Err(InvalidCode), "{text}");
        }
    }

    #[test]
    fn ids_of_later_moments_sort_later() {
        let ids = IdSource::seeded([1; 32]);
        let early = ids.reservation(Timestamp::from_micros(1_000_000));
        let late = ids.reservation(Timestamp::from_micros(2_000_000));
        assert!(early < late);
        assert_eq!(early.0.get_version_num(), 7);
    }
}
