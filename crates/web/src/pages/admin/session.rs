//! An organizer's session: until when it lasts, and proof that we said so.

use std::fmt::Write;

use axum::http::{HeaderMap, HeaderName, Method};
use axum::response::Response;
use boxoffice::time::Timestamp;

use crate::api::App;
use crate::pages::html::{encode, put_cookie, see};
use crate::pages::visitor::cookie;
use crate::request::Asked;
use crate::settings::AdminToken;

/// The cookie's name.
const COOKIE: &str = "organizer";

/// How long a session lasts, in seconds: a long working day.
const SESSION_SECS: i64 = 12 * 3_600;

/// Says what is signed, so that the token may sign other things too.
const PURPOSE: &[u8] = b"onsale organizer's session 1";

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where somebody is sent who has not signed in; `None`: she may come in.
pub(super) fn turned_away(app: &App, asked: &Asked) -> Option<Response> {
    let may_come_in = app.admin_token().is_none() || has_begun(app, asked);
    (!may_come_in).then(|| {
        let to = encode(&way_back(asked));
        see(&format!("/admin/login?to={to}"))
    })
}

/// Where to go on after signing in.
fn way_back(asked: &Asked) -> String {
    if asked.method() == Method::POST {
        return page_of_form(asked.path());
    }
    asked.path_and_query().to_owned()
}

/// The page of a form that was sent to `path`: not every such path can be looked at.
fn page_of_form(path: &str) -> String {
    if let Some(rest) = path.strip_prefix("/admin/events/") {
        let event = rest.split('/').next().unwrap_or_default();
        return format!("/admin/events/{event}");
    }
    let page = match path {
        "/admin/events" => "/admin/new",
        "/admin/door" => "/admin/door",
        _ => "/admin",
    };
    page.to_owned()
}

/// Whether somebody has signed in.
pub(super) fn has_begun(app: &App, asked: &Asked) -> bool {
    let shown = cookie(asked.headers(), COOKIE).unwrap_or_default();
    let now = secs(app.box_office.now());
    app.admin_token()
        .is_some_and(|token| is_valid(token, shown, now))
}

/// Has the browser keep a session that begins now.
pub(super) fn begin(response: &mut Response, app: &App, token: &AdminToken, headers: &HeaderMap) {
    let until = secs(app.box_office.now()) + SESSION_SECS;
    let value = format!("{until}.{}", proof(token, until));
    put(response, &value, SESSION_SECS, headers);
}

/// Has the browser forget its session.
pub(super) fn end(response: &mut Response, headers: &HeaderMap) {
    put(response, "", 0, headers);
}

fn put(response: &mut Response, value: &str, secs: i64, headers: &HeaderMap) {
    let is_secure = headers
        .get(X_FORWARDED_PROTO)
        .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    let secure = if is_secure { "; Secure" } else { "" };
    put_cookie(
        response,
        &format!("{COOKIE}={value}; Max-Age={secs}{secure}"),
        "Strict",
    );
}

fn is_valid(token: &AdminToken, shown: &str, now: i64) -> bool {
    let Some((until, shown)) = shown.split_once('.') else {
        return false;
    };
    let Ok(until) = until.parse::<i64>() else {
        return false;
    };
    let is_ours = AdminToken::new(&proof(token, until)).is(shown.as_bytes());
    is_ours && (now..=now + SESSION_SECS).contains(&until)
}

fn proof(token: &AdminToken, until: i64) -> String {
    let mac = token.key().mac(&[PURPOSE, &until.to_be_bytes()]);
    mac.iter().fold(String::new(), |mut hex, byte| {
        // Writing into memory cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn secs(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_a_page_that_can_be_looked_at() {
        for (form, page) in [
            ("/admin/events/7/cancellation", "/admin/events/7"),
            ("/admin/events/7/edit", "/admin/events/7"),
            ("/admin/events", "/admin/new"),
            ("/admin/door", "/admin/door"),
            ("/admin/other", "/admin"),
        ] {
            assert_eq!(page_of_form(form), page, "{form}");
        }
    }

    #[test]
    fn a_session_is_valid_until_it_ends_and_for_its_token_alone() {
        let token = AdminToken::new("secret");
        let (now, until) = (1_000_000, 1_000_100);
        let session = format!("{until}.{}", proof(&token, until));
        assert!(is_valid(&token, &session, now));
        assert!(!is_valid(&token, &session, until + 1));
        assert!(!is_valid(&AdminToken::new("other"), &session, now));
        assert!(!is_valid(
            &token,
            &session.replace("1000100", "1000101"),
            now
        ));
        for forged in ["", ".", "1000100", "1000100.", "x.y"] {
            assert!(!is_valid(&token, forged, now), "{forged}");
        }
        let endless = now + 10 * SESSION_SECS;
        let endless = format!("{endless}.{}", proof(&token, endless));
        assert!(!is_valid(&token, &endless, now));
    }
}
