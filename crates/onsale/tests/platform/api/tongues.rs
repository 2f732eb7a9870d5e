//! A refusal, heard in both languages.

use load::client::{Answer, Client};
use load::target::Target;
use serde_json::Value;
use std::time::Duration;

use super::{header, refusal};
use crate::server::Server;

/// Asks everything twice: in English, and in Korean.
pub(super) struct Tongues {
    speakers: [(&'static str, Client); 2],
}

/// One request.
#[derive(Clone, Copy)]
pub(super) enum Ask<'a> {
    Get(&'a str),
    Post(&'a str, &'a Value),
    Put(&'a str, &'a Value),
    Delete(&'a str),
}

impl Tongues {
    pub(super) async fn of(server: &Server) -> Self {
        let target = Target::resolve(&server.url).await.expect("an address");
        let speaker = |language: &'static str| {
            let client = Client::new(target.clone(), Duration::from_secs(30));
            let client = client.with_header("accept-language", language);
            (language, client.expect("a language"))
        };
        Self {
            speakers: [speaker("en"), speaker("ko")],
        }
    }

    /// Expects the same refusal in either language; gives its details in English.
    pub(super) async fn refused(&mut self, ask: Ask<'_>, status: u16, code: &str) -> Value {
        let mut heard = Vec::new();
        for (language, client) in &mut self.speakers {
            let answer = send(client, ask).await;
            let details = refusal(&answer, status, code);
            assert_eq!(header(&answer, "content-language"), *language, "{code}");
            let message = message(&answer);
            assert_eq!(message.is_ascii(), *language == "en", "{message}");
            heard.push(details);
        }
        heard.swap_remove(0)
    }
}

async fn send(client: &mut Client, ask: Ask<'_>) -> Answer {
    let answer = match ask {
        Ask::Get(path) => client.get(path).await,
        Ask::Post(path, body) => client.post(path, None, body).await,
        Ask::Put(path, body) => client.put(path, body).await,
        Ask::Delete(path) => client.delete(path, None).await,
    };
    answer.expect("an answer")
}

fn message(answer: &Answer) -> String {
    let body: Value = answer.json().expect("JSON");
    let message = body["error"]["message"].as_str();
    message.expect("a message").to_owned()
}
