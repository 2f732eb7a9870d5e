//! What is around every page of the desk.

use super::session;
use super::words::{Words, words};
use crate::api::App;
use crate::lang::Lang;
use crate::pages::html::Frame;
use crate::pages::visitor::lang_of;
use crate::request::Asked;

/// The frame of a page of the desk.
pub(super) struct Desk {
    pub(super) frame: Frame,
    pub(super) w: &'static Words,
    /// Whether somebody has signed in, so that she may sign out.
    pub(super) has_session: bool,
}

impl Desk {
    /// The frame of the page that was asked for.
    pub(super) fn of(app: &App, asked: &Asked) -> Self {
        let lang = lang_of(asked.headers());
        let here = asked.path_and_query();
        Self {
            frame: Frame::new(lang, here),
            w: words(lang),
            has_session: session::has_begun(app, asked),
        }
    }

    pub(super) fn lang(&self) -> Lang {
        self.frame.lang
    }
}
