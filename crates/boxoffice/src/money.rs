//! Amounts in integer minor units, and the currency they are in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The dearest ticket, in minor units; ten of them still fit wherever an amount is kept.
pub const PRICE_MAX: i64 = 1_000_000_000_000;

/// An amount in the minor unit of the event's currency: won, cents, fils.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This amount `count` times. Prices are bounded by [`PRICE_MAX`], so it cannot overflow.
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as i64))
    }

    /// The sum of both.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A currency's three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Currency([u8; 3]);

impl Currency {
    /// South Korean won, the default.
    pub const KRW: Self = Self(*b"KRW");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not three letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a three-letter currency code")]
pub struct InvalidCurrency;

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        match text.as_bytes() {
            letters @ [_, _, _] if letters.iter().all(u8::is_ascii_alphabetic) => {
                let mut upper = [letters[0], letters[1], letters[2]];
                upper.make_ascii_uppercase();
                Ok(Self(upper))
            }
            _ => Err(InvalidCurrency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_of_the_dearest_tickets_have_a_price() {
        assert_eq!(Money(PRICE_MAX).times(10), Money(10 * PRICE_MAX));
        assert_eq!(Money(3).plus(Money(4)), Money(7));
    }

    #[test]
    fn a_currency_is_three_letters_in_any_case() {
        let won: Currency = "krw".parse().expect("a currency");
        assert_eq!(won, Currency::KRW);
        assert_eq!(won.to_string(), "KRW");
        for wrong in ["", "WON!", "K1W", "KRWX", "원"] {
            assert_eq!(wrong.parse::<Currency>(), Err(InvalidCurrency), "{wrong}");
        }
    }
}
