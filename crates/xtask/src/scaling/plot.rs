//! The replay as a drawing: the load, and under each policy the instances and their CPU.

use std::fmt::Write;

use super::evening::{BEGINS_SECS, LENGTH_SECS, Numbers, Outcome, outcomes};
use super::report::HARDER;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 60.0;
const ROW: f64 = 118.0;
const GAP: f64 = 46.0;
const TOP: f64 = 98.0;
const COLOURS: [&str; 2] = ["#1b6ca8", "#c4541d"];

/// Both evenings under every policy.
pub(crate) fn svg(numbers: &Numbers) -> String {
    let easy = outcomes(numbers, 1.0);
    let hard = outcomes(numbers, HARDER);
    let height = TOP + (ROW + GAP) * easy.len() as f64 + 24.0;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"16\" font-weight=\"bold\">An evening's sale under each \
         scaling policy</text>"
    );
    legend(&mut out);
    for (row, (easy, hard)) in easy.iter().zip(&hard).enumerate() {
        let top = TOP + (ROW + GAP) * row as f64;
        panel(&mut out, top, easy, hard);
    }
    out.push_str("</svg>\n");
    out
}

fn legend(out: &mut String) {
    let entries = [
        (
            COLOURS[0],
            "",
            "instances, the reference's evening (opens 19:00 with 5,000 req/s)",
        ),
        (COLOURS[1], "", "instances, four times the requests"),
    ];
    for (index, (colour, dash, label)) in entries.iter().enumerate() {
        let x = LEFT + 440.0 * index as f64;
        let _ = writeln!(
            out,
            "<line x1=\"{x}\" y1=\"44\" x2=\"{}\" y2=\"44\" stroke=\"{colour}\" stroke-width=\"2.5\" \
             stroke-dasharray=\"{dash}\"/><text x=\"{}\" y=\"48\">{label}</text>",
            x + 26.0,
            x + 32.0
        );
    }
    let _ = writeln!(
        out,
        "<rect x=\"{}\" y=\"52\" width=\"26\" height=\"9\" fill=\"#d33\" opacity=\"0.25\"/>\
         <text x=\"{}\" y=\"61\" fill=\"#555\">CPU over 70 % (upper band: the reference's evening, lower: \
         four times)</text>",
        LEFT,
        LEFT + 32.0
    );
}

fn panel(out: &mut String, top: f64, easy: &Outcome, hard: &Outcome) {
    let most = 20.0;
    let y = |size: f64| top + ROW - size / most * ROW;
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{}</text>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#555\">over 70 %: {} s and {} s · beyond capacity: \
         {} and {} requests · {:.1} and {:.1} instance hours</text>",
        top - 5.0,
        escape(easy.name),
        WIDTH - RIGHT,
        top - 5.0,
        easy.hot_secs,
        hard.hot_secs,
        counted(easy.beyond_capacity),
        counted(hard.beyond_capacity),
        easy.instance_hours,
        hard.instance_hours
    );
    for (outcome, offset) in [(easy, 0.0), (hard, ROW / 2.0)] {
        hot_spans(out, outcome, top + offset);
    }
    axes(out, top, y);
    for (outcome, colour) in [(hard, COLOURS[1]), (easy, COLOURS[0])] {
        let points = corners(outcome, y);
        let _ = writeln!(
            out,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" points=\"{points}\"/>"
        );
    }
}

fn axes(out: &mut String, top: f64, y: impl Fn(f64) -> f64) {
    for size in [0.0, 5.0, 10.0, 15.0, 20.0] {
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{size}</text>",
            WIDTH - RIGHT,
            y(size),
            y(size),
            LEFT - 6.0,
            y(size) + 4.0
        );
    }
    for hour in 0..=5u32 {
        let at = f64::from(hour * 1_800);
        let clock = BEGINS_SECS + hour * 1_800;
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{}:{:02}</text>",
            x(at),
            top + ROW + 14.0,
            clock / 3_600,
            clock / 60 % 60
        );
    }
}

/// The curve's corners: where the number of serving instances changes.
fn corners(outcome: &Outcome, y: impl Fn(f64) -> f64) -> String {
    let mut points = String::new();
    let mut before = None;
    for (now, second) in outcome.seconds.iter().enumerate() {
        let last = now + 1 == outcome.seconds.len();
        if let Some(old) = before.filter(|old| *old != second.serving || last) {
            let _ = write!(points, "{:.1},{:.1} ", x(now as f64), y(f64::from(old)));
        }
        if before != Some(second.serving) {
            let _ = write!(
                points,
                "{:.1},{:.1} ",
                x(now as f64),
                y(f64::from(second.serving))
            );
        }
        before = Some(second.serving);
    }
    points.trim_end().to_owned()
}

fn hot_spans(out: &mut String, outcome: &Outcome, top: f64) {
    let mut began = None;
    for now in 0..=outcome.seconds.len() {
        let hot = outcome
            .seconds
            .get(now)
            .is_some_and(|second| second.cpu > 70.0);
        match (began, hot) {
            (None, true) => began = Some(now),
            (Some(start), false) => {
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"#d33\" opacity=\"0.18\"/>",
                    x(start as f64),
                    x(now as f64) - x(start as f64),
                    ROW / 2.0
                );
                began = None;
            }
            _ => {}
        }
    }
}

fn x(now: f64) -> f64 {
    LEFT + now / f64::from(LENGTH_SECS) * (WIDTH - LEFT - RIGHT)
}

fn counted(requests: f64) -> String {
    if requests < 1_000.0 {
        format!("{requests:.0}")
    } else {
        format!("{:.1} million", requests / 1e6)
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
