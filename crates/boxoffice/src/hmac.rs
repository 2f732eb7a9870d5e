//! HMAC (RFC 2104) over SHA-256: proof that we made something.

use std::fmt;

use sha2::{Digest, Sha256};

/// Bytes that SHA-256 takes in at a time.
const BLOCK_LEN: usize = 64;

/// A key that signs.
#[derive(Clone)]
pub struct HmacKey {
    /// The two hashes, with the padded key taken in already.
    inner: Sha256,
    outer: Sha256,
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

impl HmacKey {
    /// The key of this secret; one that is longer than a block is hashed first.
    pub fn new(secret: &[u8]) -> Self {
        let mut block = [0_u8; BLOCK_LEN];
        if secret.len() > BLOCK_LEN {
            block[..32].copy_from_slice(&Sha256::digest(secret));
        } else {
            block[..secret.len()].copy_from_slice(secret);
        }
        let hash_of = |pad: u8| Sha256::new().chain_update(block.map(|byte| byte ^ pad));
        Self {
            inner: hash_of(0x36),
            outer: hash_of(0x5c),
        }
    }

    /// The proof for these parts, one after the other. Who signs texts of varying length sees to it
    /// that no two of them come to the same bytes.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part);
        }
        let outer = self.outer.clone().chain_update(inner.finalize());
        outer.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(hex: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
        (0..hex.len()).step_by(2).map(byte).collect()
    }

    /// RFC 4231, test cases 1 to 3, and 6.
    #[test]
    fn a_mac_is_an_hmac_of_sha_256() {
        let cases: [(&[u8], &[u8], &str); 4] = [
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
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(HmacKey::new(key).mac(&[data]).to_vec(), bytes_of(expected));
        }
    }
}
