//! Health, metrics and the API's own description.

use serde_json::json;

use super::{get, open, post, until_up};

#[tokio::test]
async fn health_tells_of_every_part() {
    let (_house, _server, mut client) = open().await;
    let health = until_up(&mut client).await;
    assert_eq!(health["status"], "UP");
    for part in ["db", "redis", "diskSpace"] {
        assert_eq!(health["components"][part]["status"], "UP", "{health}");
    }
    let disk = &health["components"]["diskSpace"]["details"];
    for figure in ["total", "free", "threshold"] {
        assert!(disk[figure].as_u64() > Some(0), "{health}");
    }
    get(&mut client, "/api/health/live", 200).await;
    get(&mut client, "/api/health/ready", 200).await;
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let (_house, server, mut client) = open().await;
    let event = server.event(json!({ "totalSeats": 10 })).await;
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 1 });
    post(&mut client, "/api/reservations", body, 201).await;
    get(&mut client, &format!("/api/events/{event}"), 200).await;
    let answer = client.get("/metrics").await.expect("an answer");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    for name in [
        "onsale_http_requests_total",
        "onsale_http_request_seconds_bucket",
        "onsale_queue_length 0",
        "onsale_group_size_bucket",
        "onsale_commit_seconds_bucket",
        "onsale_cache_",
        "onsale_invariant_violations{invariant=\"stock_adds_up\"} 0",
        "onsale_outcomes_total{command=\"reserve\",fate=\"done\"} 1",
    ] {
        assert!(text.contains(name), "{name} is not in:\n{text}");
    }
}

#[tokio::test]
async fn the_api_describes_itself_and_loads_nothing_from_elsewhere() {
    let (_house, _server, mut client) = open().await;
    let document = get(&mut client, "/api/openapi.json", 200).await;
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    assert_eq!(
        document["servers"],
        json!([{ "url": "/api" }, { "url": "/api/v1" }])
    );
    for path in [
        "/events",
        "/events/{eventId}",
        "/reservations",
        "/users/{userId}",
    ] {
        assert!(
            document["paths"][path].is_object(),
            "{path} is not described"
        );
    }
    let mut page = client.get("/api/docs").await.expect("an answer");
    if page.status.is_redirection() {
        let there = page.headers["location"]
            .to_str()
            .expect("a path")
            .to_owned();
        page = client.get(&there).await.expect("an answer");
    }
    let html = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.status.is_success() && html.contains("<html"), "{html}");
    assert!(
        !html.contains("src=\"http") && !html.contains("href=\"http"),
        "{html}"
    );
}
