//! What a run leaves in its log: nothing about anybody.

use std::process::Stdio;

use serde_json::json;

use crate::server::{House, body_of};

const TOKEN: &str = "the-organizers-own-secret-token";

/// What only the people concerned may see.
const PERSONAL: [&str; 6] = [
    "mina.kim.1987",
    "mina@example.com",
    "010-9876-5432",
    "김미나",
    "an-idempotency-key-of-mina",
    TOKEN,
];

#[tokio::test]
async fn a_log_tells_of_every_request_and_of_nobody() {
    let house = House::new()
        .with("ONSALE_ADMIN_TOKEN", TOKEN)
        .with("ONSALE_LOG_FILTER", "debug");
    let log = house.folder().join("log.txt");
    let mut server = house.open_by(|mut serve| {
        let file = std::fs::File::create(&log).expect("a file");
        serve.stderr(Stdio::from(file));
        serve
    });
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    let key = "idempotency-key: an-idempotency-key-of-mina\r\n";
    let event = json!({ "eventName": "IU", "totalSeats": 2, "eventDate": "2099-01-01T00:00:00" });
    let answer = server
        .ask("POST /api/events", &bearer, &event.to_string())
        .await;
    let event = body_of(&answer, 201)["eventId"].clone();
    let profile = json!({
        "userId": "mina.kim.1987", "username": "김미나",
        "email": "mina@example.com", "phoneNumber": "010-9876-5432",
    });
    let profile = profile.to_string();
    let wanted = json!({ "eventId": event, "userId": "mina.kim.1987", "quantity": 2 }).to_string();
    let bad =
        json!({ "eventId": event, "userId": "mina.kim.1987 mina@example.com", "quantity": 99 });
    let mut statuses = Vec::new();
    for (request, headers, body) in [
        ("POST /api/users", key, &*profile),
        ("POST /api/users", "", &*profile),
        ("GET /api/users/mina.kim.1987", "", ""),
        ("POST /api/reservations", key, &*wanted),
        ("POST /api/reservations", key, &*wanted),
        ("POST /api/reservations", "", &*wanted),
        ("POST /api/reservations", key, &*bad.to_string()),
        ("GET /api/reservations/user/mina.kim.1987", "", ""),
        ("GET /api/reservations?userId=mina.kim.1987", &*bearer, ""),
        (
            "GET /api/reservations?userId=mina.kim.1987",
            "authorization: Bearer x\r\n",
            "",
        ),
        ("GET /api/events?q=mina@example.com", "", ""),
        ("GET /api/mina.kim.1987", "", ""),
        ("PATCH /api/users/mina.kim.1987", "", ""),
    ] {
        statuses.push(server.ask(request, headers, body).await.status.as_u16());
    }
    assert_eq!(
        statuses,
        [
            201, 409, 200, 201, 201, 409, 400, 200, 200, 403, 200, 404, 405
        ]
    );
    server.terminate();
    assert!(server.wait().success());
    let log = std::fs::read_to_string(&log).expect("the log");
    let told = log.lines().filter(|line| line.contains("answered")).count();
    assert!(told >= statuses.len(), "{told} lines of\n{log}");
    for personal in PERSONAL {
        assert!(!log.contains(personal), "{personal} is in\n{log}");
    }
}
