//! The servers that onsale is compared with.

use anyhow::Context as _;
use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::child::LISTENING;

pub(crate) mod bare;
pub(crate) mod lock;
pub(crate) mod plain;
pub(crate) mod update;

/// Serves on a port of the system's choice, prints which, and never returns.
async fn serve(router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("listening")?;
    println!("{LISTENING}http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // A socket that cannot be told so still works.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await.context("serving")
}

/// A JSON object of a given length, in bytes; never shorter than an empty one.
fn json_of(length: usize) -> String {
    const FRAME: &str = r#"{"a":""}"#;
    format!(
        r#"{{"a":"{}"}}"#,
        "x".repeat(length.saturating_sub(FRAME.len()))
    )
}

/// The request that every way to sell understands.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    event_id: i64,
    user_id: String,
    quantity: i64,
    seat_type: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_long_as_it_should_be() {
        assert_eq!(json_of(700).len(), 700);
        assert_eq!(json_of(0), r#"{"a":""}"#);
    }
}
