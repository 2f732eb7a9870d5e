//! A group's commands and outcomes in brief, as the event's log keeps them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::command::{Command, Outcome};

/// Counts outcomes by command: `{"reserve":{"done":250,"refused":6}}`.
///
/// Every name is one of ours, so none needs escaping.
pub(super) fn brief(commands: &[Command], outcomes: &[Outcome]) -> String {
    let mut counts: BTreeMap<&str, BTreeMap<&str, u32>> = BTreeMap::new();
    for (command, outcome) in commands.iter().zip(outcomes) {
        let fates = counts.entry(command.kind().name()).or_default();
        *fates.entry(outcome.fate().name()).or_default() += 1;
    }
    let mut json = String::from("{");
    for (i, (kind, fates)) in counts.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(json, "{comma}\"{kind}\":{{");
        for (j, (fate, count)) in fates.iter().enumerate() {
            let comma = if j == 0 { "" } else { "," };
            let _ = write!(json, "{comma}\"{fate}\":{count}");
        }
        json.push('}');
    }
    json.push('}');
    json
}
