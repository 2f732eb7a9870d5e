//! Gzip whose greater part was packed in advance (RFC 1951 and 1952).
//!
//! A hot event is the same for everybody but for a short end that each answer has to itself. The
//! beginning is packed once; the end follows as a stored block, and the checksums are combined.

use flate2::{Compress, Compression, Crc, FlushCompress};

/// A member's head: deflate, no name, no time, an unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Head, stored block's frame, checksum and length, in bytes.
const FRAME_LEN: usize = HEAD.len() + 5 + 8;

/// The packed beginning of a body.
pub(crate) struct Packed {
    /// Deflated, up to a byte's boundary, and not ended.
    deflated: Vec<u8>,
    crc: Crc,
}

impl Packed {
    /// Packs the beginning.
    pub(crate) fn beginning(plain: &[u8]) -> Option<Self> {
        let mut deflated = Vec::with_capacity(plain.len() + 64);
        let mut compress = Compress::new(Compression::default(), false);
        compress
            .compress_vec(plain, &mut deflated, FlushCompress::Sync)
            .ok()?;
        // A sync flush that has room ends with an empty stored block.
        let is_whole =
            compress.total_in() == plain.len() as u64 && deflated.ends_with(&[0, 0, 0xff, 0xff]);
        let mut crc = Crc::new();
        crc.update(plain);
        is_whole.then_some(Self { deflated, crc })
    }

    /// The whole body, with this end; `None` where the end is too long for one stored block.
    pub(crate) fn with_end(&self, end: &[u8]) -> Option<Vec<u8>> {
        let len = u16::try_from(end.len()).ok()?;
        let mut crc = Crc::new();
        crc.update(end);
        let mut whole = Crc::new();
        whole.combine(&self.crc);
        whole.combine(&crc);
        let mut packed = Vec::with_capacity(FRAME_LEN + self.deflated.len() + end.len());
        packed.extend_from_slice(&HEAD);
        packed.extend_from_slice(&self.deflated);
        packed.push(1);
        packed.extend_from_slice(&len.to_le_bytes());
        packed.extend_from_slice(&(!len).to_le_bytes());
        packed.extend_from_slice(end);
        packed.extend_from_slice(&whole.sum().to_le_bytes());
        packed.extend_from_slice(&whole.amount().to_le_bytes());
        Some(packed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_packed_in_two_parts_is_unpacked_as_one() {
        for len in [0, 1, 900, 40_000] {
            let beginning: Vec<u8> = (0..len).map(|i| b"{\"seats\":7}"[i % 11]).collect();
            let packed = Packed::beginning(&beginning).expect("packed");
            for end in [&b""[..], b",\"metadata\":{}}"] {
                let packed = packed.with_end(end).expect("short enough");
                let mut unpacked = Vec::new();
                flate2::read::GzDecoder::new(&packed[..])
                    .read_to_end(&mut unpacked)
                    .expect("gzip");
                assert_eq!(unpacked, [&beginning, end].concat());
            }
        }
    }
}
