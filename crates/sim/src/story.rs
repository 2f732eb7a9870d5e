//! A short story of a day that broke a rule: the steps that have to do with it, in words.

use std::collections::BTreeSet;

use crate::run::Run;

/// Steps that a story has.
const STEPS_MAX: usize = 40;

/// Tells what led to the first violation of a traced run.
pub fn story(run: &Run) -> Vec<String> {
    let Some(violation) = run.violations.first() else {
        return Vec::new();
    };
    let names: BTreeSet<&str> = violation
        .found
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| is_name(word))
        .collect();
    let concerns = |line: &&String| {
        let mut words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.any(|word| names.contains(word))
    };
    let mut steps: Vec<String> = if names.is_empty() {
        run.trace.clone()
    } else {
        run.trace.iter().filter(concerns).cloned().collect()
    };
    let left_out = steps.len().saturating_sub(STEPS_MAX);
    steps.drain(..left_out);
    if left_out > 0 {
        steps.insert(0, format!("({left_out} earlier steps are left out)"));
    }
    steps
}

/// Whether a word names a buyer, a key or a reservation.
fn is_name(word: &str) -> bool {
    let numbered = |prefix: &str| {
        word.strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    word.len() == 36 || numbered("u") || numbered("k") || numbered("poison")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auditor::{Rule, Violation};

    #[test]
    fn a_story_has_the_steps_that_name_who_is_concerned() {
        let run = Run {
            seed: 1,
            commands: 3,
            violations: vec![Violation {
                rule: Rule::Linearizable,
                found: "u7 reserves 2 A, under k3-1".to_owned(),
            }],
            trace: [
                "c1 asks n0: u7 reserves 2",
                "c2 asks n0: u71 reserves 2",
                "k3-1 is new",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..Run::default()
        };
        assert_eq!(story(&run), ["c1 asks n0: u7 reserves 2", "k3-1 is new"]);
    }
}
