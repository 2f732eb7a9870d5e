//! Stacks that were sampled, and their flame graph (Brendan Gregg, "The flame graph", 2016).

use std::collections::BTreeMap;
use std::fmt::Write as _;

const WIDTH: f64 = 1_200.0;
const ROW: f64 = 17.0;
const TOP: f64 = 44.0;

/// Frames narrower than this are left out, in units of the drawing.
const NARROWEST: f64 = 0.4;

/// How wide a character is, about.
const CHARACTER: f64 = 6.4;

/// Samples, put together by their frames from the bottom up.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    samples: u64,
    root: Frame,
    own: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Frame {
    samples: u64,
    callees: BTreeMap<String, Self>,
}

impl Stacks {
    /// Reads what `perf script --fields ip,sym` prints: a frame a line, innermost first, and an
    /// empty line between samples.
    pub(crate) fn read(text: &str) -> Self {
        let mut stacks = Self::default();
        for sample in text.split("\n\n") {
            let frames: Vec<String> = sample.lines().filter_map(function).collect();
            stacks.add(&frames);
        }
        stacks
    }

    fn add(&mut self, innermost_first: &[String]) {
        let Some(innermost) = innermost_first.first() else {
            return;
        };
        self.samples += 1;
        *self.own.entry(innermost.clone()).or_default() += 1;
        let mut frame = &mut self.root;
        frame.samples += 1;
        for name in innermost_first.iter().rev() {
            frame = frame.callees.entry(name.clone()).or_default();
            frame.samples += 1;
        }
    }

    /// Whether nothing was sampled.
    pub(crate) const fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// The functions that were on top most often, with their share in percent.
    pub(crate) fn hottest(&self, count: usize) -> Vec<(f64, String)> {
        let mut sorted: Vec<_> = self.own.iter().collect();
        sorted.sort_by_key(|(_, samples)| std::cmp::Reverse(**samples));
        let share = |samples: u64| samples as f64 / self.samples as f64 * 100.0;
        let hottest = sorted.into_iter().take(count);
        hottest
            .map(|(name, samples)| (share(*samples), name.clone()))
            .collect()
    }

    /// The drawing: who called at the bottom, who was called above.
    pub(crate) fn svg(&self, title: &str) -> String {
        let scale = WIDTH / self.samples as f64;
        let depth = self.root.depth(scale);
        let height = TOP + ROW * depth as f64 + 10.0;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
             font-family=\"monospace\" font-size=\"10.5\">\n\
             <style>.paper{{fill:#fff}}.ink{{fill:#1f2328}}\
             @media(prefers-color-scheme:dark){{.paper{{fill:#0d1117}}.title{{fill:#f0f3f6}}}}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n\
             <text class=\"ink title\" x=\"10\" y=\"26\" font-size=\"16\">{}: {} samples</text>\n",
            escape(title),
            self.samples
        );
        let mut left = 0.0;
        for (name, frame) in &self.root.callees {
            frame.draw(&mut out, name, left, height - 10.0 - ROW, scale);
            left += frame.samples as f64 * scale;
        }
        out.push_str("</svg>\n");
        out
    }
}

impl Frame {
    fn depth(&self, scale: f64) -> usize {
        let drawn = self.callees.values().filter(|frame| frame.is_drawn(scale));
        drawn.map(|frame| 1 + frame.depth(scale)).max().unwrap_or(0)
    }

    fn is_drawn(&self, scale: f64) -> bool {
        self.samples as f64 * scale >= NARROWEST
    }

    fn draw(&self, out: &mut String, name: &str, left: f64, top: f64, scale: f64) {
        if !self.is_drawn(scale) {
            return;
        }
        let width = self.samples as f64 * scale;
        let share = width / WIDTH * 100.0;
        // Shades of a flame that are the same in every drawing.
        let hue = name
            .bytes()
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        let _ = writeln!(
            out,
            "<g><title>{0} ({share:.1} %)</title><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
             height=\"{1:.0}\" fill=\"rgb({2},{3},60)\"/>",
            escape(name),
            ROW - 1.0,
            215 + hue % 35,
            110 + hue / 7 % 95,
        );
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most some hundred.
        let room = (width / CHARACTER) as usize;
        if room > 4 {
            let words: String = name.chars().take(room - 1).collect();
            let _ = writeln!(
                out,
                "<text class=\"ink\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left + 3.0,
                top + 12.0,
                escape(&words)
            );
        }
        out.push_str("</g>\n");
        let mut inside = left;
        for (name, frame) in &self.callees {
            frame.draw(out, name, inside, top - ROW, scale);
            inside += frame.samples as f64 * scale;
        }
    }
}

/// The function of a line, without its address and the hash of its symbol.
fn function(line: &str) -> Option<String> {
    let (address, name) = line.trim().split_once(' ')?;
    u64::from_str_radix(address, 16).ok()?;
    let name = match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 => name,
        _ => name,
    };
    Some(name.trim().to_owned())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\n  4010 inner::h0123456789abcdef\n  4000 outer\n\n\n  4020 other<u8>\n  4000 outer\n\n\
                           \n  4010 inner::h0123456789abcdef\n  4000 outer\n";

    #[test]
    fn samples_are_put_together_from_the_bottom_up() {
        let stacks = Stacks::read(PRINTED);

        let outer = &stacks.root.callees["outer"];
        assert_eq!((stacks.samples, outer.samples), (3, 3));
        assert_eq!(outer.callees["inner"].samples, 2);
        let hottest = stacks.hottest(1);
        assert_eq!(hottest[0].1, "inner");
        assert!((hottest[0].0 - 66.7).abs() < 0.1);
    }

    #[test]
    fn each_frame_is_as_wide_as_its_share() {
        let svg = Stacks::read(PRINTED).svg("a server");

        assert!(
            svg.contains("<title>other&lt;u8&gt; (33.3 %)</title>"),
            "{svg}"
        );
        assert!(
            svg.contains("width=\"800.0\"") && svg.contains("width=\"400.0\""),
            "{svg}"
        );
    }

    #[test]
    fn nothing_sampled_is_empty() {
        assert!(Stacks::read("\n\n").is_empty());
    }
}
