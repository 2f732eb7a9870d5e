//! Bytes as people type them: five bits a character, none of which looks like another.
//!
//! Source: <https://www.crockford.com/base32.html>.

use std::fmt::{self, Write};

/// No I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The character of these five bits; higher ones are not looked at.
pub(crate) fn digit(bits: u64) -> char {
    let index = usize::try_from(bits & 31).unwrap_or(0);
    char::from(ALPHABET[index])
}

/// The five bits of a character as it is typed: any case, O for 0, I or L for 1.
pub(crate) fn bits(typed: u8) -> Option<u64> {
    let upper = match typed.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let index = ALPHABET.iter().position(|known| *known == upper)?;
    u64::try_from(index).ok()
}

/// Writes bytes, five of which are eight characters.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for five in bytes.chunks(5) {
        let word = five
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        for shift in (0..8).rev().map(|place| place * 5) {
            f.write_char(digit(word >> shift))?;
        }
    }
    Ok(())
}

/// Reads exactly `N` bytes, a multiple of five; dashes are left out.
pub(crate) fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut typed = text.bytes().filter(|byte| *byte != b'-');
    for five in bytes.chunks_mut(5) {
        let mut word = 0;
        for _ in 0..8 {
            word = word << 5 | bits(typed.next()?)?;
        }
        five.copy_from_slice(&u64::to_be_bytes(word)[3..]);
    }
    typed.next().is_none().then_some(bytes)
}
