//! A group's commands and outcomes in brief, as the event's log keeps them.

use std::fmt::Write;

use crate::command::{Command, Outcome};

/// Counts outcomes by command: `{"reserve":{"done":250,"refused":6}}`.
///
/// Every name is one of ours, so none needs escaping.
pub(super) fn brief(commands: &[Command], outcomes: &[Outcome]) -> String {
    let mut counts = counts(commands, outcomes);
    counts.sort_unstable();
    let mut json = String::with_capacity(64);
    json.push('{');
    for (index, of_kind) in counts.chunk_by(|one, other| one.0 == other.0).enumerate() {
        for (place, (kind, fate, count)) in of_kind.iter().enumerate() {
            let parts: &[&str] = match (index, place) {
                (0, 0) => &["\"", kind, "\":{"],
                (_, 0) => &[",\"", kind, "\":{"],
                (_, _) => &[","],
            };
            json.extend(parts.iter().copied());
            // Writing to a string cannot fail.
            let _ = write!(json, "\"{fate}\":{count}");
        }
        json.push('}');
    }
    json.push('}');
    json
}

/// How many of the commands of a kind came to what.
fn counts(commands: &[Command], outcomes: &[Outcome]) -> Vec<(&'static str, &'static str, u32)> {
    let mut counts: Vec<(&str, &str, u32)> = Vec::with_capacity(4);
    for (command, outcome) in commands.iter().zip(outcomes) {
        let (kind, fate) = (command.kind().name(), outcome.fate().name());
        // Few kinds and fewer fates: the last that was counted is most often the next.
        let mut known = counts.iter_mut().rev();
        match known.find(|known| (known.0, known.1) == (kind, fate)) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((kind, fate, 1)),
        }
    }
    counts
}
