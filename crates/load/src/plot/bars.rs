//! Bars side by side, each with its spread: what is measured against each other.

use super::axis::{Range, Scale, figure};
use super::canvas::{Anchor, Canvas, WIDTH, colour, text_width};

const TOP: f64 = 80.0;
const ROW: f64 = 34.0;
const BAR: f64 = 20.0;
const RIGHT: f64 = 110.0;
const BOTTOM: f64 = 58.0;

/// A chart of bars, one below the other.
#[derive(Clone, Debug, Default)]
pub struct Bars {
    /// What it shows, as one would say it.
    pub title: String,
    /// On what, and how, in one line; may be empty.
    pub subtitle: String,
    /// What is measured, with its unit.
    pub label: String,
    /// How values are spread.
    pub scale: Scale,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// Whose.
    pub name: String,
    /// The middle of several rounds.
    pub value: f64,
    /// The least and the greatest of them.
    pub spread: (f64, f64),
    /// Which colour: the same thing should look the same.
    pub colour: usize,
}

impl Bars {
    /// The drawing.
    pub fn svg(&self) -> String {
        let names = self.bars.iter().map(|bar| text_width(&bar.name));
        let left = names.fold(60.0_f64, f64::max).min(WIDTH / 2.0) + 34.0;
        let ends = self
            .bars
            .iter()
            .flat_map(|bar| [bar.value, bar.spread.0, bar.spread.1]);
        let range = Range::round(self.scale, ends);
        let x = |value: f64| left + range.place(value) * (WIDTH - left - RIGHT);
        let bottom = TOP + ROW * self.bars.len() as f64;
        let mut canvas = Canvas::new(&self.title, &self.subtitle, bottom + BOTTOM);
        for (value, text) in &range.ticks {
            canvas.line("grid", (x(*value), TOP - 8.0), (x(*value), bottom));
            canvas.text("muted", (x(*value), bottom + 18.0), Anchor::Middle, text);
        }
        for (index, bar) in self.bars.iter().enumerate() {
            let top = TOP + ROW * index as f64;
            let middle = top + BAR / 2.0;
            canvas.text("ink", (left - 10.0, middle + 4.5), Anchor::End, &bar.name);
            let class = format!("solid {}", colour(bar.colour));
            canvas.block(
                &class,
                (left, top),
                ((x(bar.value) - left).max(1.0), BAR),
                2.0,
            );
            let (least, most) = bar.spread;
            canvas.line("axis", (x(least), middle), (x(most), middle));
            for end in [least, most] {
                canvas.line("axis", (x(end), middle - 5.0), (x(end), middle + 5.0));
            }
            let beside = (x(bar.value.max(most)) + 10.0, middle + 4.5);
            canvas.text("ink", beside, Anchor::Start, &figure(bar.value));
        }
        let middle = f64::midpoint(left, WIDTH - RIGHT);
        canvas.text(
            "muted",
            (middle, bottom + 41.0),
            Anchor::Middle,
            &self.label,
        );
        canvas.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        let bar = |name: &str, value| Bar {
            name: name.to_owned(),
            value,
            spread: (value, value),
            colour: 0,
        };
        let bars = Bars {
            bars: vec![bar("half", 50.0), bar("whole", 100.0)],
            ..Bars::default()
        };

        let svg = bars.svg();

        let whole = WIDTH - RIGHT - 94.0;
        for width in [whole / 2.0, whole] {
            let drawn = format!("width=\"{width:.1}\" height=\"20.0\"");
            assert!(svg.contains(&drawn), "{drawn} is not in {svg}");
        }
    }
}
