//! Charts as SVG: lines over time, percentiles, bars.
//!
//! Drawn for a page and for a projector, and readable in light and in dark viewers: colours are
//! classes, which a media query inside the file sets. A chart has its own background, so that it is
//! also right where the page is dark and the viewer does not say so. Knows nothing of what it draws.

mod axis;
mod bars;
mod canvas;
mod chart;

pub use axis::Scale;
pub use bars::{Bar, Bars};
pub use chart::{Axis, Chart, Line, Mark};
