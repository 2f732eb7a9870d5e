//! When to look for dead entries in a map whose entries nobody is bound to remove.

/// Entries below which looking is not worth it.
const LEN_MIN: usize = 64;

/// Says when a map has doubled since it was last cleared of dead entries.
///
/// Looking through all of it only then costs each insertion a constant time on average, and keeps
/// the map at most twice as large as what was alive in it.
#[derive(Debug)]
pub(crate) struct Pruning {
    due_len: usize,
}

impl Pruning {
    /// For an empty map.
    pub(crate) fn new() -> Self {
        Self { due_len: LEN_MIN }
    }

    /// Whether a map of this length is to be looked through.
    pub(crate) fn is_due(&self, len: usize) -> bool {
        len >= self.due_len
    }

    /// Notes that it was, and that this many entries stayed.
    pub(crate) fn done(&mut self, len: usize) {
        self.due_len = len.saturating_mul(2).max(LEN_MIN);
    }
}
