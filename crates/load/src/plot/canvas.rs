//! SVG text: shapes whose colours are classes, and the style sheet that gives them theirs.

use std::fmt::{Display, Write as _};

/// How wide every drawing is, in its own units.
pub(super) const WIDTH: f64 = 960.0;

/// How many series have a colour of their own.
pub(super) const COLOURS: usize = 6;

/// Light, then dark. Told apart by people who see red and green alike; after Okabe and Ito, "Color
/// Universal Design".
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;font-size:13px}\
.paper{fill:#ffffff}.ink{fill:#1f2328}.muted{fill:#59636e}.grid{stroke:#e3e7eb}.axis{stroke:#8b949e}\
.mark{stroke:#8250df;stroke-dasharray:5 4}.marked{fill:#8250df}\
.c0{stroke:#0067b8;color:#0067b8}.c1{stroke:#c8470b;color:#c8470b}.c2{stroke:#00805e;color:#00805e}\
.c3{stroke:#a3379a;color:#a3379a}.c4{stroke:#8a6500;color:#8a6500}.c5{stroke:#59636e;color:#59636e}\
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.solid{fill:currentColor;stroke:none}\
@media(prefers-color-scheme:dark){\
.paper{fill:#0d1117}.ink{fill:#f0f3f6}.muted{fill:#9aa4af}.grid{stroke:#2a313a}.axis{stroke:#656d76}\
.mark{stroke:#b392f0}.marked{fill:#b392f0}\
.c0{stroke:#58a6ff;color:#58a6ff}.c1{stroke:#ff8f5a;color:#ff8f5a}.c2{stroke:#3ecf9b;color:#3ecf9b}\
.c3{stroke:#e78bdc;color:#e78bdc}.c4{stroke:#e3b341;color:#e3b341}.c5{stroke:#9aa4af;color:#9aa4af}}";

/// Which side of its point a text is on.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
pub(super) struct Canvas(String);

impl Canvas {
    /// An empty drawing with its title, which screen readers read, and a line below it.
    pub(super) fn new(title: &str, subtitle: &str, height: f64) -> Self {
        let mut canvas = Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n",
            escape(title)
        ));
        canvas.raw(format_args!(
            "<text class=\"ink\" x=\"24\" y=\"32\" style=\"font-size:18px;font-weight:600\">{}</text>\n",
            escape(title)
        ));
        if !subtitle.is_empty() {
            canvas.text("muted", (24.0, 53.0), Anchor::Start, subtitle);
        }
        canvas
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y) = at;
        self.raw(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
            escape(text)
        ));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.raw(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\n"
        ));
    }

    /// A filled box; `corner` is the radius of its corners.
    pub(super) fn block(&mut self, class: &str, at: (f64, f64), size: (f64, f64), corner: f64) {
        let ((x, y), (width, height)) = (at, size);
        self.raw(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{corner}\"/>\n"
        ));
    }

    /// One stroke through points.
    pub(super) fn stroke(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut path = String::new();
        for (x, y) in points {
            let _ = write!(path, "{x:.1},{y:.1} ");
        }
        self.raw(format_args!(
            "<polyline class=\"line {class}\" points=\"{}\"/>\n",
            path.trim_end()
        ));
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    fn raw(&mut self, shape: impl Display) {
        let _ = write!(self.0, "{shape}");
    }
}

/// The class of a series, by its number.
pub(super) fn colour(series: usize) -> String {
    format!("c{}", series % COLOURS)
}

/// About how wide a text is: fonts differ, and nothing here has to fit exactly.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * 7.2
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
