//! A ticket's code, as it is printed and scanned: which ticket it is, and proof that we made it.
//!
//! Forty of Crockford's characters, which a QR code of version 3 takes in its alphanumeric mode
//! with a quarter of it torn off. Who knows the reservation's id still cannot make one.

use std::fmt;
use std::str::FromStr;

use crate::crockford;
use crate::hmac::HmacKey;
use crate::ids::{EventId, ReservationId};
use crate::reservation::QUANTITY_MAX;

/// Bytes of the key.
pub const TICKET_KEY_LEN: usize = 32;

/// Bytes of proof in a code. 2^64 guesses, each of them a request, are enough.
const PROOF_LEN: usize = 8;

/// Bytes of a code: the ticket's number, its reservation, the proof.
const CODE_LEN: usize = 1 + 16 + PROOF_LEN;

/// Says what is signed, so that the key may sign other things too.
const PURPOSE: &[u8] = b"onsale ticket 1";

/// Signs tickets. Every node has the same.
#[derive(Clone, Debug)]
pub struct TicketKey(HmacKey);

impl TicketKey {
    /// The key of these bytes.
    pub fn new(secret: &[u8; TICKET_KEY_LEN]) -> Self {
        Self(HmacKey::new(secret))
    }

    /// The code of one ticket; `number` is its place in the reservation.
    pub fn sign(&self, event: EventId, reservation: ReservationId, number: u32) -> TicketCode {
        let number = u8::try_from(number).unwrap_or(0);
        TicketCode {
            number,
            reservation,
            proof: self.proof(event, reservation, number),
        }
    }

    /// Whether this key made the code for a ticket of this event.
    pub fn has_signed(&self, event: EventId, code: &TicketCode) -> bool {
        let proof = self.proof(event, code.reservation, code.number);
        // Every byte is looked at, so that the time it takes tells nothing.
        let pairs = proof.iter().zip(&code.proof);
        pairs.fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs)) == 0
    }

    fn proof(&self, event: EventId, reservation: ReservationId, number: u8) -> [u8; PROOF_LEN] {
        let event = event.0.to_be_bytes();
        let mac = self
            .0
            .mac(&[PURPOSE, &event, reservation.as_bytes(), &[number]]);
        let mut proof = [0; PROOF_LEN];
        proof.copy_from_slice(&mac[..PROOF_LEN]);
        proof
    }
}

/// What is printed on a ticket. Reading one proves nothing; see [`TicketKey::has_signed`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TicketCode {
    number: u8,
    reservation: ReservationId,
    proof: [u8; PROOF_LEN],
}

impl TicketCode {
    /// The ticket's place in its reservation, from 1.
    pub fn number(&self) -> u32 {
        self.number.into()
    }

    /// The reservation.
    pub const fn reservation(&self) -> ReservationId {
        self.reservation
    }
}

impl fmt::Display for TicketCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; CODE_LEN];
        bytes[0] = self.number;
        bytes[1..17].copy_from_slice(self.reservation.as_bytes());
        bytes[17..].copy_from_slice(&self.proof);
        crockford::write(f, &bytes)
    }
}

/// The text is not a ticket's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a ticket's code")]
pub struct InvalidTicketCode;

impl FromStr for TicketCode {
    type Err = InvalidTicketCode;

    /// Reads a code as it is scanned or typed: any case, dashes left out, O for 0, I or L for 1.
    fn from_str(text: &str) -> Result<Self, InvalidTicketCode> {
        let bytes: [u8; CODE_LEN] = crockford::read(text).ok_or(InvalidTicketCode)?;
        let number = bytes[0];
        if !(1..=QUANTITY_MAX).contains(&number.into()) {
            return Err(InvalidTicketCode);
        }
        let reservation = ReservationId::from_slice(&bytes[1..17]).ok_or(InvalidTicketCode)?;
        let mut proof = [0; PROOF_LEN];
        proof.copy_from_slice(&bytes[17..]);
        Ok(Self {
            number,
            reservation,
            proof,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const EVENT: EventId = EventId(7);

    fn reservation() -> ReservationId {
        ReservationId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001))
    }

    #[test]
    fn a_code_reads_back_as_the_same_ticket() {
        let key = TicketKey::new(&[7; TICKET_KEY_LEN]);
        for number in 1..=QUANTITY_MAX {
            let code = key.sign(EVENT, reservation(), number);
            let text = code.to_string();
            assert_eq!(text.len(), 40);
            assert_eq!(text.parse(), Ok(code));
            assert_eq!(text.to_lowercase().parse(), Ok(code));
            assert_eq!((code.number(), code.reservation()), (number, reservation()));
            assert!(key.has_signed(EVENT, &code));
        }
    }

    #[test]
    fn no_changed_code_was_signed() {
        let key = TicketKey::new(&[7; TICKET_KEY_LEN]);
        let code = key.sign(EVENT, reservation(), 1);
        assert!(!key.has_signed(EventId(8), &code));
        assert!(!TicketKey::new(&[8; TICKET_KEY_LEN]).has_signed(EVENT, &code));
        assert!(!key.has_signed(EVENT, &TicketCode { number: 2, ..code }));
        for byte in 0..PROOF_LEN {
            let mut forged = code;
            forged.proof[byte] ^= 1;
            assert!(!key.has_signed(EVENT, &forged), "byte {byte}");
        }
    }

    #[test]
    fn what_is_not_a_code_is_refused() {
        let key = TicketKey::new(&[7; TICKET_KEY_LEN]);
        let code = key.sign(EVENT, reservation(), 1).to_string();
        let eleventh = key.sign(EVENT, reservation(), 11).to_string();
        for text in [
            "",
            "0",
            &code[1..],
            &format!("{code}0"),
            &eleventh,
            "김철수",
        ] {
            assert_eq!(text.parse::<TicketCode>(), Err(InvalidTicketCode), "{text}");
        }
    }
}
