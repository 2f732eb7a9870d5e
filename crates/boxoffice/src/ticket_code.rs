//! A ticket's code, as it is printed and scanned: which ticket it is, and proof that we made it.
//!
//! Forty of Crockford's characters, which a QR code of version 3 takes in its alphanumeric mode
//! with a quarter of it torn off. Who knows the reservation's id still cannot make one.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::crockford;
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
#[derive(Clone)]
pub struct TicketKey {
    /// HMAC's two hashes, with the padded key taken in already.
    inner: Sha256,
    outer: Sha256,
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey(..)")
    }
}

impl TicketKey {
    /// The key of these bytes.
    pub fn new(secret: &[u8; TICKET_KEY_LEN]) -> Self {
        Self::of(secret)
    }

    /// HMAC (RFC 2104) over SHA-256, for a key no longer than a block.
    fn of(secret: &[u8]) -> Self {
        let mut block = [0_u8; 64];
        block[..secret.len()].copy_from_slice(secret);
        let hash_of = |pad: u8| Sha256::new().chain_update(block.map(|byte| byte ^ pad));
        Self {
            inner: hash_of(0x36),
            outer: hash_of(0x5c),
        }
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part);
        }
        let outer = self.outer.clone().chain_update(inner.finalize());
        outer.finalize().into()
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
        let mac = self.mac(&[PURPOSE, &event, reservation.as_bytes(), &[number]]);
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

    fn bytes_of(hex: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
        (0..hex.len()).step_by(2).map(byte).collect()
    }

    /// RFC 4231, test cases 1 to 3.
    #[test]
    fn the_proof_is_an_hmac() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(TicketKey::of(key).mac(&[data]).to_vec(), bytes_of(expected));
        }
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
