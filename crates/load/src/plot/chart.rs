//! Lines over an axis, with marks where something happened.

use super::axis::{Range, Scale};
use super::canvas::{Anchor, Canvas, WIDTH, colour, text_width};

const LEFT: f64 = 84.0;
const RIGHT: f64 = 30.0;
const BOTTOM: f64 = 58.0;
const PLOT_HEIGHT: f64 = 300.0;
const LEGEND_ROW: f64 = 22.0;
/// Where the legend begins, below title and subtitle.
const LEGEND_TOP: f64 = 80.0;

/// A chart of lines.
///
/// ```
/// use load::plot::{Axis, Chart, Line, Mark};
///
/// let chart = Chart {
///     title: "Answers per second".to_owned(),
///     subtitle: "a node is killed at 2 s".to_owned(),
///     x: Axis::linear("seconds"),
///     y: Axis::linear("answers per second"),
///     lines: vec![Line::new("201", vec![(0.0, 900.0), (1.0, 1_000.0), (2.0, 400.0), (3.0, 950.0)])],
///     marks: vec![Mark::new(2.0, "kill")],
/// };
/// assert!(chart.svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// What it shows, as one would say it.
    pub title: String,
    /// On what, and how, in one line; may be empty.
    pub subtitle: String,
    /// The axis to the right.
    pub x: Axis,
    /// The axis upwards.
    pub y: Axis,
    /// What is drawn, the first on top.
    pub lines: Vec<Line>,
    /// Where something happened.
    pub marks: Vec<Mark>,
}

/// An axis.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// What is measured, with its unit.
    pub label: String,
    /// How values are spread.
    pub scale: Scale,
}

impl Axis {
    /// An axis with values spread evenly.
    pub fn linear(label: &str) -> Self {
        Self::of(label, Scale::Linear)
    }

    /// An axis with values spread by their logarithm.
    pub fn log(label: &str) -> Self {
        Self::of(label, Scale::Log)
    }

    /// An axis of quantiles, from 0 to 1.
    pub fn percentile(label: &str) -> Self {
        Self::of(label, Scale::Percentile)
    }

    fn of(label: &str, scale: Scale) -> Self {
        Self {
            label: label.to_owned(),
            scale,
        }
    }
}

/// One line. A point that is not finite is a gap.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// What the legend says.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// Which colour: lines of several charts that are the same thing should look so. By default
    /// each line of a chart has its own.
    pub colour: Option<usize>,
}

impl Line {
    /// A line in a colour of its own.
    pub fn new(name: &str, points: Vec<(f64, f64)>) -> Self {
        Self {
            name: name.to_owned(),
            points,
            colour: None,
        }
    }
}

/// A moment at which something happened.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// When, on the axis to the right.
    pub at: f64,
    /// What.
    pub label: String,
}

impl Mark {
    /// A mark with its words.
    pub fn new(at: f64, label: &str) -> Self {
        Self {
            at,
            label: label.to_owned(),
        }
    }
}

/// Where values are on the drawing.
struct Frame {
    top: f64,
    x: Range,
    y: Range,
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (1.0 - self.y.place(value)) * PLOT_HEIGHT
    }
}

impl Chart {
    /// The drawing.
    pub fn svg(&self) -> String {
        let entries = self.legend();
        let rows = entries
            .last()
            .map_or(0.0, |(_, y)| (y - LEGEND_TOP) / LEGEND_ROW + 1.0);
        let xs = || {
            self.lines
                .iter()
                .flat_map(|line| line.points.iter().map(|point| point.0))
        };
        let marks = self.marks.iter().map(|mark| mark.at);
        let ys = || {
            self.lines
                .iter()
                .flat_map(|line| line.points.iter().map(|point| point.1))
        };
        let frame = Frame {
            top: LEGEND_TOP + rows * LEGEND_ROW + 6.0 + self.marks_height(),
            x: Range::tight(self.x.scale, xs().chain(marks)),
            y: Range::round(self.y.scale, ys()),
        };
        let height = frame.top + PLOT_HEIGHT + BOTTOM;
        let mut canvas = Canvas::new(&self.title, &self.subtitle, height);
        for (index, (x, y)) in entries.into_iter().enumerate() {
            let class = self.class(index);
            canvas.stroke(&class, &[(x, y - 4.0), (x + 22.0, y - 4.0)]);
            canvas.text("ink", (x + 29.0, y), Anchor::Start, &self.lines[index].name);
        }
        self.draw_axes(&mut canvas, &frame);
        for index in (0..self.lines.len()).rev() {
            self.draw_line(&mut canvas, &frame, index);
        }
        self.draw_marks(&mut canvas, &frame);
        canvas.finish()
    }

    /// Room for the words of marks, between the name of the axis and the plot.
    const fn marks_height(&self) -> f64 {
        if self.marks.is_empty() { 0.0 } else { 18.0 }
    }

    fn class(&self, line: usize) -> String {
        colour(self.lines[line].colour.unwrap_or(line))
    }

    /// Where each line's name goes: side by side, as many as fit.
    fn legend(&self) -> Vec<(f64, f64)> {
        let (mut x, mut y) = (LEFT, LEGEND_TOP);
        let place = |line: &Line| {
            let width = 29.0 + text_width(&line.name) + 18.0;
            if x > LEFT && x + width > WIDTH - RIGHT {
                (x, y) = (LEFT, y + LEGEND_ROW);
            }
            let at = (x, y);
            x += width;
            at
        };
        self.lines.iter().map(place).collect()
    }

    fn draw_axes(&self, canvas: &mut Canvas, frame: &Frame) {
        let (right, bottom) = (WIDTH - RIGHT, frame.top + PLOT_HEIGHT);
        for (value, text) in &frame.y.ticks {
            let y = frame.y(*value);
            canvas.line("grid", (LEFT, y), (right, y));
            canvas.text("muted", (LEFT - 8.0, y + 4.5), Anchor::End, text);
        }
        for (value, text) in &frame.x.ticks {
            let x = frame.x(*value);
            canvas.line("axis", (x, bottom), (x, bottom + 5.0));
            canvas.text("muted", (x, bottom + 20.0), Anchor::Middle, text);
        }
        canvas.line("axis", (LEFT, bottom), (right, bottom));
        let middle = f64::midpoint(LEFT, right);
        canvas.text(
            "muted",
            (middle, bottom + 43.0),
            Anchor::Middle,
            &self.x.label,
        );
        canvas.text(
            "muted",
            (24.0, frame.top - 10.0 - self.marks_height()),
            Anchor::Start,
            &self.y.label,
        );
    }

    fn draw_line(&self, canvas: &mut Canvas, frame: &Frame, index: usize) {
        let class = self.class(index);
        let is_drawn = |point: &(f64, f64)| point.0.is_finite() && point.1.is_finite();
        for piece in self.lines[index].points.split(|point| !is_drawn(point)) {
            let placed: Vec<_> = piece
                .iter()
                .map(|(x, y)| (frame.x(*x), frame.y(*y)))
                .collect();
            match placed.as_slice() {
                [] => {}
                [alone] => {
                    let corner = (alone.0 - 2.0, alone.1 - 2.0);
                    canvas.block(&format!("solid {class}"), corner, (4.0, 4.0), 2.0);
                }
                several => canvas.stroke(&class, several),
            }
        }
    }

    fn draw_marks(&self, canvas: &mut Canvas, frame: &Frame) {
        let mut free_from = f64::MIN;
        for mark in &self.marks {
            let x = frame.x(mark.at);
            canvas.line("mark", (x, frame.top), (x, frame.top + PLOT_HEIGHT));
            let half = text_width(&mark.label) / 2.0;
            // A word that would run into the one before it stands inside the plot instead.
            let y = if x - half > free_from { -6.0 } else { 14.0 };
            let inside = x.clamp(LEFT + half, WIDTH - RIGHT - half);
            canvas.text(
                "marked",
                (inside, frame.top + y),
                Anchor::Middle,
                &mark.label,
            );
            free_from = x + half;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        Chart {
            title: "Answers < errors & gaps".to_owned(),
            x: Axis::linear("seconds"),
            y: Axis::log("ms"),
            lines: vec![
                Line::new(
                    "p50",
                    vec![(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 5.0)],
                ),
                Line::new(
                    "p99",
                    vec![(0.0, 10.0), (1.0, 20.0), (2.0, 30.0), (3.0, 50.0)],
                ),
            ],
            marks: vec![Mark::new(1.5, "kill")],
            ..Chart::default()
        }
    }

    #[test]
    fn a_value_is_drawn_where_it_belongs() {
        let mut chart = chart();
        chart.y = Axis::linear("ms");
        chart.lines.truncate(1);
        chart.lines[0].points = vec![(0.0, 0.0), (10.0, 5.0), (20.0, 10.0)];
        chart.marks.clear();

        let top = LEGEND_TOP + LEGEND_ROW + 6.0;
        let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
        let expected = format!(
            "points=\"{LEFT:.1},{:.1} {middle:.1},{:.1} {:.1},{top:.1}\"",
            top + PLOT_HEIGHT,
            top + PLOT_HEIGHT / 2.0,
            WIDTH - RIGHT,
        );
        assert!(chart.svg().contains(&expected), "{}", chart.svg());
    }

    #[test]
    fn the_words_of_marks_have_a_row_of_their_own() {
        let top = LEGEND_TOP + LEGEND_ROW + 6.0;
        let mut chart = chart();
        let row_of = |svg: &str, word: &str| {
            let (before, _) = svg.split_once(&format!(">{word}<")).expect("the word");
            let (_, y) = before.rsplit_once("y=\"").expect("a place");
            y.split('"')
                .next()
                .expect("a number")
                .parse::<f64>()
                .expect("a number")
        };

        let svg = chart.svg();
        assert!(row_of(&svg, "ms") < row_of(&svg, "kill") - 11.0, "{svg}");

        chart.marks.clear();
        assert!((row_of(&chart.svg(), "ms") - (top - 10.0)).abs() < 0.1);
    }

    #[test]
    fn a_point_that_is_no_number_is_a_gap() {
        let svg = chart().svg();

        assert!(!svg.contains("NaN"), "{svg}");
        // Two in the legend, the whole of the second line, and a piece of the first.
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert_eq!(svg.matches("class=\"solid c0\"").count(), 1);
    }

    #[test]
    fn words_are_words_and_not_elements() {
        assert!(
            chart()
                .svg()
                .contains("<title>Answers &lt; errors &amp; gaps</title>")
        );
    }

    #[test]
    fn a_long_legend_goes_on_in_the_next_row() {
        let mut chart = chart();
        chart.lines = (0..12)
            .map(|n| Line::new(&format!("a long name {n}"), Vec::new()))
            .collect();

        let places = chart.legend();

        assert!(places.last().is_some_and(|(_, y)| *y > LEGEND_TOP));
        assert!(places.iter().all(|(x, _)| *x < WIDTH - RIGHT));
    }
}
