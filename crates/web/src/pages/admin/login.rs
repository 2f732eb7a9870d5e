//! Signing in with the organizer's token, and out.

use askama::Template;
use axum::http::StatusCode;

use super::frame::Desk;
use super::session;
use crate::api::Answer;
use crate::pages::html::{page, see};
use crate::pages::visitor::refuse_foreign;
use crate::request::Asked;
use crate::visit::Host;

#[derive(Template)]
#[template(path = "admin/login.html")]
struct LoginPage {
    desk: Desk,
    to: String,
    is_wrong: bool,
}

/// Where to go after signing in: a page of the desk with its parameters, and nowhere else.
fn destination(to: Option<&str>) -> String {
    let is_desk = |to: &&str| {
        let rest = to.strip_prefix("/admin");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && to
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    to.filter(is_desk).unwrap_or("/admin").to_owned()
}

pub(super) async fn form(app: Host, asked: Asked) -> Answer {
    let to = destination(asked.filled_in().text("to"));
    if session::turned_away(&app, &asked).is_none() {
        return Ok(see(&to));
    }
    let desk = Desk::of(&app, &asked);
    let lang = desk.lang();
    let template = LoginPage {
        desk,
        to,
        is_wrong: false,
    };
    page(StatusCode::OK, lang, &template)
}

pub(super) async fn enter(app: Host, mut asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    let form = asked.form(&app.limits).await?;
    let fields = form.fields();
    let to = destination(fields.text("to"));
    let shown = fields.text("token").unwrap_or_default().trim();
    let Some(token) = app.admin_token() else {
        return Ok(see(&to));
    };
    if token.is(shown.as_bytes()) {
        let mut response = see(&to);
        session::begin(&mut response, &app, token, asked.headers());
        return Ok(response);
    }
    let desk = Desk::of(&app, &asked);
    let lang = desk.lang();
    let template = LoginPage {
        desk,
        to,
        is_wrong: true,
    };
    page(StatusCode::FORBIDDEN, lang, &template)
}

pub(super) async fn leave(_: Host, asked: Asked) -> Answer {
    refuse_foreign(asked.headers())?;
    let mut response = see("/admin/login");
    session::end(&mut response, asked.headers());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_the_desk_and_nowhere_else() {
        for ours in [
            "/admin",
            "/admin?q=gala",
            "/admin/door",
            "/admin/door?event=7",
        ] {
            assert_eq!(destination(Some(ours)), ours);
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/administrator",
            "https://evil.example",
            "/admin\\x",
            "/admin.evil.example?x",
            "/admin@evil.example",
            "/admin?x\\y",
            "/admin/door?\r\nlocation: //evil.example",
            "//evil.example/admin?x",
        ] {
            assert_eq!(destination(Some(other)), "/admin", "{other}");
        }
        assert_eq!(destination(None), "/admin");
    }
}
