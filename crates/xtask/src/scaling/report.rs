//! The replay as tables.

use std::fmt::Write;

use super::evening::{BEGINS_SECS, Numbers, Outcome, outcomes};

/// When the tables look at the group.
const MOMENTS: [(u32, u32); 10] = [
    (18, 50),
    (19, 0),
    (19, 2),
    (19, 4),
    (19, 10),
    (19, 29),
    (19, 40),
    (19, 59),
    (20, 15),
    (20, 59),
];
/// How many times the reference's load the second evening has.
pub(crate) const HARDER: f64 = 4.0;
/// The reference's own account, at those moments.
const STORY: [Option<u32>; 10] = [
    Some(2),
    Some(2),
    Some(4),
    Some(6),
    None,
    None,
    Some(5),
    None,
    Some(2),
    None,
];

/// What every policy makes of both evenings.
pub(crate) fn text(numbers: &Numbers) -> String {
    let mut text = String::new();
    for (times, title) in [
        (1.0, "The reference's evening"),
        (HARDER, "The same with four times the requests"),
    ] {
        let _ = writeln!(text, "\n{title}: instances asked for\n");
        table(&mut text, &outcomes(numbers, times), times);
    }
    let _ = writeln!(
        text,
        "\nThe reference's account has six instances at 19:04, which its cooldown of 300 s forbids, \
         and five at 19:40\nwith 25 to 30 % CPU, where its alarm wants less than 20 %. Over both \
         evenings the best: {}.",
        winner(numbers)
    );
    text
}

fn table(text: &mut String, outcomes: &[Outcome], times: f64) {
    let _ = write!(text, "{:<24}", "");
    for (hour, minute) in MOMENTS {
        let _ = write!(text, "{hour:>4}:{minute:02}");
    }
    let _ = writeln!(
        text,
        "{:>10}{:>16}{:>8}",
        "s > 70 %", "beyond capacity", "hours"
    );
    if times < 2.0 {
        let _ = write!(text, "{:<24}", "the reference's account");
        for size in STORY {
            let _ = write!(
                text,
                "{:>7}",
                size.map_or_else(|| "-".to_owned(), |size| size.to_string())
            );
        }
        let _ = writeln!(text);
    }
    for outcome in outcomes {
        let _ = write!(text, "{:<24}", outcome.name);
        for (hour, minute) in MOMENTS {
            let second = &outcome.seconds[(hour * 3_600 + minute * 60 - BEGINS_SECS) as usize];
            let _ = write!(text, "{:>7}", second.desired);
        }
        let _ = writeln!(
            text,
            "{:>10}{:>16.0}{:>8.1}",
            outcome.hot_secs, outcome.beyond_capacity, outcome.instance_hours
        );
    }
}

/// The policy with the fewest requests beyond capacity over both evenings; then the fewest seconds
/// over 70 %; then the fewest instance hours.
pub(crate) fn winner(numbers: &Numbers) -> &'static str {
    let easy = outcomes(numbers, 1.0);
    let hard = outcomes(numbers, HARDER);
    let mut totals: Vec<(f64, usize, f64, &'static str)> = easy
        .iter()
        .zip(&hard)
        .map(|(easy, hard)| {
            (
                easy.beyond_capacity + hard.beyond_capacity,
                easy.hot_secs + hard.hot_secs,
                easy.instance_hours + hard.instance_hours,
                easy.name,
            )
        })
        .collect();
    totals.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then(a.1.cmp(&b.1))
            .then(a.2.total_cmp(&b.2))
    });
    totals.first().map_or("", |(.., name)| name)
}
