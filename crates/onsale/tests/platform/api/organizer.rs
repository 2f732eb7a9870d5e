//! What is the organizer's, when there is a token.

use std::time::Duration;

use load::client::Client;
use load::target::Target;
use serde_json::json;

use super::refusal;
use crate::server::{House, body_of};

const TOKEN: &str = "0123456789-the-organizer";

#[tokio::test]
async fn the_organizers_doors_want_her_token() {
    let house = House::new().with("ONSALE_ADMIN_TOKEN", TOKEN);
    let server = house.open();
    let mut buyer = server.client().await;
    let target = Target::resolve(&server.url).await.expect("an address");
    let wait = Duration::from_secs(30);
    let mut organizer = Client::new(target.clone(), wait)
        .with_bearer(TOKEN)
        .expect("a token");
    let mut impostor = Client::new(target, wait)
        .with_bearer("somebody-else-entirely")
        .expect("a token");

    let event = json!({ "eventName": "IU", "totalSeats": 5, "eventDate": "2099-01-01T00:00:00" });
    let answer = buyer
        .post("/api/events", None, &event)
        .await
        .expect("an answer");
    refusal(&answer, 401, "UNAUTHORIZED");
    assert!(answer.headers.contains_key("www-authenticate"));
    let answer = impostor
        .post("/api/events", None, &event)
        .await
        .expect("an answer");
    refusal(&answer, 403, "FORBIDDEN");
    let answer = organizer
        .post("/api/events", None, &event)
        .await
        .expect("an answer");
    let id = body_of(&answer, 201)["eventId"].clone();

    for path in ["/api/reservations", "/metrics"] {
        refusal(
            &buyer.get(path).await.expect("an answer"),
            401,
            "UNAUTHORIZED",
        );
        assert_eq!(
            organizer
                .get(path)
                .await
                .expect("an answer")
                .status
                .as_u16(),
            200
        );
    }
    let answer = buyer
        .delete(&format!("/api/events/{id}"), None)
        .await
        .expect("an answer");
    refusal(&answer, 401, "UNAUTHORIZED");

    let body = json!({ "eventId": id, "userId": "mina", "quantity": 1 });
    body_of(
        &buyer
            .post("/api/reservations", None, &body)
            .await
            .expect("an answer"),
        201,
    );
}
