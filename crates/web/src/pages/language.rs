//! The switch between languages.

use super::html::{put_cookie, see};
use super::visitor::LANG_COOKIE;
use crate::api::Answer;
use crate::errors::Code;
use crate::request::Asked;

/// How long a choice is remembered, in seconds: a year.
const REMEMBERED_SECS: u32 = 365 * 24 * 3_600;

/// Remembers the language and goes back to the page.
pub(super) async fn switch(asked: Asked) -> Answer {
    let lang = match asked.path().rsplit('/').next() {
        Some("en") => "en",
        Some("ko") => "ko",
        _ => return Err(Code::NotFound.into()),
    };
    let query = asked.filled_in();
    let to = query.text("to").filter(|to| is_ours(to)).unwrap_or("/");
    let mut response = see(to);
    put_cookie(
        &mut response,
        &format!("{LANG_COOKIE}={lang}; Max-Age={REMEMBERED_SECS}"),
        "Lax",
    );
    Ok(response)
}

/// Whether a browser takes this for a path of ours, and not for another host.
fn is_ours(to: &str) -> bool {
    let is_path = to.starts_with('/') && !to.starts_with("//");
    is_path
        && to
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_leads_nowhere_else() {
        for ours in ["/", "/events/7", "/?q=a&show=all"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\n/evil",
            "/\t/evil",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
