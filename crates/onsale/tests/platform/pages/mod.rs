//! The pages over HTTP, without a browser: what a buyer without scripts sees and sends.

mod buying;
pub(crate) mod desk;
mod door;
#[cfg(target_os = "linux")]
mod export;
mod sale;
mod search;
mod security;
mod states;

use load::client::Answer;
use serde_json::{Value, json};

use crate::server::{Server, read_answer};

/// How a browser asks for a page.
const BROWSER: &str = "accept: text/html,*/*;q=0.8\r\n";

impl Server {
    /// Opens an address as a browser does, with these header lines.
    pub(crate) async fn open_page(&self, path: &str, headers: &str) -> Page {
        let headers = format!("{BROWSER}{headers}");
        Page(self.ask(&format!("GET {path}"), &headers, "").await)
    }

    /// The page at an address.
    pub(crate) async fn page(&self, path: &str) -> Page {
        self.open_page(path, "").await
    }

    /// Sends a form as a browser does from a page of ours.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.submit_with(path, fields, "sec-fetch-site: same-origin\r\n")
            .await
    }

    pub(crate) async fn submit_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &str,
    ) -> Page {
        let encode = |text: &str| -> String {
            let coded = text.bytes().map(|byte| format!("%{byte:02X}"));
            coded.collect()
        };
        let fields = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)));
        let body = fields.collect::<Vec<_>>().join("&");
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{BROWSER}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        Page(read_answer(self.raw(request.as_bytes()).await.as_bytes()))
    }

    /// An event whose buyers have this long to pay; gives its id.
    pub(crate) async fn held_event(&self, fields: Value) -> i64 {
        let mut all =
            json!({ "holdSeconds": 600, "price": { "R": 100_000, "S": 70_000 }, "totalSeats": 20 });
        if let (Value::Object(all), Value::Object(fields)) = (&mut all, fields) {
            all.extend(fields);
        }
        self.event(all).await
    }

    /// Reserves two seats without a script; gives the path of the reservation.
    async fn reserved(&self, event: i64, user: &str) -> String {
        let page = self.page(&format!("/events/{event}")).await;
        let key = page.field("key");
        let sent = [
            ("user", user),
            ("seatType", "R"),
            ("quantity", "2"),
            ("key", &key),
        ];
        let answer = self
            .submit(&format!("/events/{event}/reservations"), &sent)
            .await;
        answer.leads_to()
    }
}

/// A page that was answered.
pub(crate) struct Page(Answer);

impl Page {
    pub(crate) fn status(&self) -> u16 {
        self.0.status.as_u16()
    }

    pub(crate) fn html(&self) -> String {
        String::from_utf8(self.0.body.to_vec()).expect("UTF-8")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.0
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Asserts that the page says this.
    pub(crate) fn says(&self, text: &str) -> &Self {
        let html = self.html();
        assert!(html.contains(text), "{text:?} is not in\n{html}");
        self
    }

    /// Asserts that the page does not say this.
    fn says_no(&self, text: &str) -> &Self {
        let html = self.html();
        assert!(!html.contains(text), "{text:?} is in\n{html}");
        self
    }

    /// Where the browser is sent after a form was done.
    pub(crate) fn leads_to(&self) -> String {
        assert_eq!(self.status(), 303, "{}", self.html());
        self.header("location").to_owned()
    }

    /// The value of the first hidden field of this name.
    pub(crate) fn field(&self, name: &str) -> String {
        self.field_of(&format!("name=\"{name}\""))
    }

    /// The key of the form that goes to this path.
    fn key_of(&self, action: &str) -> String {
        self.field_of(action)
    }

    /// The first key after `mark`.
    fn field_of(&self, mark: &str) -> String {
        let html = self.html();
        let after = html.split_once(mark).map(|(_, after)| after);
        let after = after.unwrap_or_else(|| panic!("no {mark} in\n{html}"));
        let value = after
            .split_once("value=\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        value.expect("a value").0.to_owned()
    }
}
