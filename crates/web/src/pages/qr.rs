//! QR codes as a path of an SVG.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// A code, drawn in modules of one unit.
pub(crate) struct Qr {
    /// Its side in modules, with the quiet zone around it.
    pub(crate) side: usize,
    /// One stroke for each run of dark modules.
    pub(crate) path: String,
}

/// Light modules around a code (ISO/IEC 18004, section 9.1).
const QUIET: usize = 4;

/// Draws this text; a quarter of it may be torn off. `None` where it is too long for a code.
pub(crate) fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).ok()?;
    let width = code.width();
    let modules = code.to_colors();
    let mut path = String::new();
    for (row, line) in modules.chunks(width).enumerate() {
        let mut at = 0;
        while at < width {
            let run = line[at..]
                .iter()
                .take_while(|color| **color == Color::Dark)
                .count();
            if run > 0 {
                let (x, y) = (at + QUIET, row + QUIET);
                // Writing into memory cannot fail.
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            at += run.max(1);
        }
    }
    Some(Qr {
        side: width + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tickets_code_fits_the_third_size() {
        let code = qr("04G06S7KE8DWNEY9TJDKVBG2H1F4Q8S2C7ZPXW5A").expect("a code");
        assert_eq!(code.side, 29 + 2 * QUIET);
        // The corner of a finder pattern: seven dark modules in its first row.
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "{}", code.path);
    }
}
