//! Randomness that a seed repeats, on every machine and with every version of every library.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

/// A stream of numbers that follows from a seed and a name for the stream.
///
/// Steele, Lea and Flood's `SplitMix64`: small, fast, and its streams are far from each other.
/// Source: <https://doi.org/10.1145/2660193.2660195>.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of this name; each has its own, so that leaving one out changes no other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self(seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let start = dice.roll() ^ stream;
        Self(start)
    }

    /// The next 64 bits.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to and without `end`; 0 where `end` is 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        let scaled = u128::from(self.roll()) * u128::from(end);
        u32::try_from(scaled >> 64).unwrap_or(0)
    }

    /// A number of the range.
    pub(crate) fn within(&mut self, range: RangeInclusive<u32>) -> u32 {
        let (first, last) = (*range.start(), *range.end());
        first + self.below(last - first + 1)
    }

    /// True `chance` times in a thousand.
    pub(crate) fn per_mille(&mut self, chance: u32) -> bool {
        self.below(1_000) < chance
    }

    /// True `chance` times in a hundred.
    pub(crate) fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }

    /// These dice, for several tasks to share.
    pub(crate) fn shared(self) -> SharedDice {
        SharedDice(AtomicU64::new(self.0))
    }

    /// Thirty-two bytes, for a seed of somebody else's.
    pub(crate) fn seed_bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.roll().to_le_bytes());
        }
        bytes
    }
}

/// Dice that the tasks of one day share. They run on one thread, so that a roll is a load and a store
/// without the locked instructions of a mutex, which are half of what a statement costs otherwise.
#[derive(Debug)]
pub(crate) struct SharedDice(AtomicU64);

impl SharedDice {
    /// Rolls them as often as `roll` does.
    pub(crate) fn roll<T>(&self, roll: impl FnOnce(&mut Dice) -> T) -> T {
        let mut dice = Dice(self.0.load(Ordering::Relaxed));
        let rolled = roll(&mut dice);
        self.0.store(dice.0, Ordering::Relaxed);
        rolled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_stream_roll_the_same() {
        let rolls = |seed, stream| -> Vec<u32> {
            let mut dice = Dice::new(seed, stream);
            (0..8).map(|_| dice.below(1_000)).collect()
        };
        assert_eq!(rolls(7, 1), rolls(7, 1));
        assert_ne!(rolls(7, 1), rolls(7, 2));
        assert_ne!(rolls(7, 1), rolls(8, 1));
    }

    #[test]
    fn shared_dice_roll_as_others_do() {
        let (mut own, shared) = (Dice::new(7, 1), Dice::new(7, 1).shared());
        for _ in 0..3 {
            let (first, second) = (own.below(1_000), own.below(1_000));
            let rolled = shared.roll(|dice| (dice.below(1_000), dice.below(1_000)));
            assert_eq!(rolled, (first, second));
        }
    }

    #[test]
    fn every_face_comes_up() {
        let mut dice = Dice::new(1, 1);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[dice.within(1..=6) as usize - 1] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(dice.below(0), 0);
    }
}
