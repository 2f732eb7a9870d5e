//! The stylesheet, the scripts and the icon, which are part of the binary.

use std::hash::{DefaultHasher, Hasher};
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;

use crate::api::Answer;
use crate::errors::Code;
use crate::request::Asked;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Every file: its name, its type, what is in it.
const FILES: [(&str, &str, &str); 13] = [
    ("onsale.css", CSS, include_str!("../../assets/onsale.css")),
    ("desk.css", CSS, include_str!("../../assets/desk.css")),
    ("desk.js", JS, include_str!("../../assets/desk.js")),
    ("onsale.js", JS, include_str!("../../assets/onsale.js")),
    ("clock.js", JS, include_str!("../../assets/clock.js")),
    ("forms.js", JS, include_str!("../../assets/forms.js")),
    ("kept.js", JS, include_str!("../../assets/kept.js")),
    ("list.js", JS, include_str!("../../assets/list.js")),
    ("live.js", JS, include_str!("../../assets/live.js")),
    ("map.js", JS, include_str!("../../assets/map.js")),
    ("plan.js", JS, include_str!("../../assets/plan.js")),
    ("stock.js", JS, include_str!("../../assets/stock.js")),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../../assets/icon.svg"),
    ),
];

/// The route of the files.
pub(crate) const PATH: &str = "/assets/{version}/{file}";

/// Where the files are. The path changes when a file does, so browsers may keep them for ever.
pub(crate) fn base() -> &'static str {
    static BASE: OnceLock<String> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        for (name, _, text) in FILES {
            hasher.write(name.as_bytes());
            hasher.write(text.as_bytes());
        }
        format!("/assets/{:016x}", hasher.finish())
    })
}

/// Gives a file.
pub(super) async fn file(asked: Asked) -> Answer {
    let (folder, name) = asked.path().rsplit_once('/').unwrap_or_default();
    let (_, media_type, text) = FILES
        .into_iter()
        .find(|(known, ..)| *known == name)
        .ok_or(Code::NotFound)?;
    // A page of another version of ours may ask while nodes are being replaced.
    let kept = if folder == base() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    Ok(response)
}
