//! Tickets at the door.

use std::time::Duration;

use load::client::Client;
use load::target::Target;
use serde_json::{Value, json};

use super::tongues::{Ask, Tongues};
use super::{get, header, hide_what_varies, open, refusal};
use crate::server::{House, Server, body_of};

const TOKEN: &str = "0123456789-the-organizer";

/// A reservation with two tickets: its path, and its tickets' codes.
async fn bought(client: &mut Client, event: i64) -> (String, Vec<String>) {
    let body = json!({ "eventId": event, "userId": "mina", "quantity": 2 });
    let made = client.post("/api/reservations", None, &body).await;
    let made = body_of(&made.expect("an answer"), 201);
    let id = made["reservationId"].as_str().expect("an id");
    (format!("/api/reservations/{id}"), codes(&made))
}

fn codes(reservation: &Value) -> Vec<String> {
    let tickets = reservation["tickets"].as_array().expect("tickets");
    let code = |ticket: &Value| ticket["code"].as_str().expect("a code").to_owned();
    tickets.iter().map(code).collect()
}

fn door(code: &str) -> String {
    format!("/api/tickets/{code}/check-in")
}

async fn event(server: &Server) -> i64 {
    server.event(json!({ "totalSeats": 10 })).await
}

#[tokio::test]
async fn a_ticket_lets_one_in_once() {
    let (house, server, mut client) = open().await;
    let (path, codes) = bought(&mut client, event(&server).await).await;
    let admitted = client.post(&door(&codes[0]), None, &json!({})).await;
    let mut admitted = body_of(&admitted.expect("an answer"), 200);
    hide_what_varies(&mut admitted);
    insta::assert_json_snapshot!(admitted);

    let mut tongues = Tongues::of(&server).await;
    let (path_again, body) = (door(&codes[0].to_lowercase()), json!({}));
    let refused = tongues.refused(Ask::Post(&path_again, &body), 409, "TICKET_USED");
    assert!(refused.await["usedAt"].is_string());
    let found = get(&mut client, &path, 200).await;
    assert_eq!(found["tickets"][0]["status"], "USED");
    assert_eq!(found["tickets"][1]["status"], "VALID");
    let (books, right) = house.audit();
    assert!(right, "{books}");
}

#[tokio::test]
async fn a_check_in_can_be_undone() {
    let (_house, server, mut client) = open().await;
    let (_, codes) = bought(&mut client, event(&server).await).await;
    let path = door(&codes[1]);
    let mut tongues = Tongues::of(&server).await;
    tongues
        .refused(Ask::Delete(&path), 409, "TICKET_NOT_USED")
        .await;
    body_of(
        &client
            .post(&path, None, &json!({}))
            .await
            .expect("an answer"),
        200,
    );
    let undone = client.delete(&path, None).await.expect("an answer");
    let undone = body_of(&undone, 200);
    assert_eq!(
        (&undone["status"], &undone["usedAt"]),
        (&json!("VALID"), &Value::Null)
    );
    body_of(
        &client
            .post(&path, None, &json!({}))
            .await
            .expect("an answer"),
        200,
    );
}

#[tokio::test]
async fn a_retry_under_its_key_is_the_same_check_in() {
    let (_house, server, mut client) = open().await;
    let (_, codes) = bought(&mut client, event(&server).await).await;
    for replayed in ["", "true"] {
        let answer = client.post(&door(&codes[0]), Some("k"), &json!({})).await;
        let answer = answer.expect("an answer");
        assert_eq!(body_of(&answer, 200)["status"], "USED");
        assert_eq!(header(&answer, "idempotency-replayed"), replayed);
    }
    let other = client.post(&door(&codes[1]), Some("k"), &json!({})).await;
    refusal(&other.expect("an answer"), 422, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn a_ticket_opens_its_own_events_door_only() {
    let (_house, server, mut client) = open().await;
    let (here, elsewhere) = (event(&server).await, event(&server).await);
    let (_, codes) = bought(&mut client, here).await;
    let mut tongues = Tongues::of(&server).await;
    let (wrong, body) = (
        format!("{}?eventId={elsewhere}", door(&codes[0])),
        json!({}),
    );
    let refused = tongues.refused(Ask::Post(&wrong, &body), 409, "TICKET_WRONG_EVENT");
    assert_eq!(refused.await["eventId"], here);
    let right = format!("{}?eventId={here}", door(&codes[0]));
    body_of(
        &client.post(&right, None, &body).await.expect("an answer"),
        200,
    );
}

#[tokio::test]
async fn what_was_given_back_lets_nobody_in_and_who_is_in_gives_nothing_back() {
    let (_house, server, mut client) = open().await;
    let event = event(&server).await;
    let (gone, gone_codes) = bought(&mut client, event).await;
    body_of(&client.delete(&gone, None).await.expect("an answer"), 200);
    let mut tongues = Tongues::of(&server).await;
    let (path, body) = (door(&gone_codes[0]), json!({}));
    tongues
        .refused(Ask::Post(&path, &body), 409, "TICKET_CANCELLED")
        .await;
    tongues
        .refused(Ask::Delete(&path), 409, "TICKET_CANCELLED")
        .await;

    let (inside, codes) = bought(&mut client, event).await;
    let path = door(&codes[0]);
    body_of(
        &client.post(&path, None, &body).await.expect("an answer"),
        200,
    );
    let refused = tongues.refused(Ask::Delete(&inside), 409, "TICKET_USED");
    assert!(refused.await["usedAt"].is_string());
    body_of(&client.delete(&path, None).await.expect("an answer"), 200);
    body_of(&client.delete(&inside, None).await.expect("an answer"), 200);
}

#[tokio::test]
async fn what_we_did_not_sign_is_no_ticket() {
    let (_house, server, mut client) = open().await;
    let (_, codes) = bought(&mut client, event(&server).await).await;
    let mut forged = codes[0].clone();
    let last = forged.pop().expect("a character");
    forged.push(if last == '0' { '1' } else { '0' });
    let mut tongues = Tongues::of(&server).await;
    let body = json!({});
    for code in [forged.as_str(), "nonsense", "0", &"Z".repeat(40)] {
        let path = door(code);
        tongues
            .refused(Ask::Post(&path, &body), 404, "TICKET_NOT_FOUND")
            .await;
        tongues
            .refused(Ask::Delete(&path), 404, "TICKET_NOT_FOUND")
            .await;
    }
    let path = format!("{}?eventId=0", door(&codes[0]));
    tongues
        .refused(Ask::Post(&path, &body), 400, "INVALID_REQUEST")
        .await;
}

#[tokio::test]
async fn the_door_is_the_organizers() {
    let house = House::new().with("ONSALE_ADMIN_TOKEN", TOKEN);
    let server = house.open();
    let path = door(&"0".repeat(40));
    let body = json!({});
    let mut tongues = Tongues::of(&server).await;
    tongues
        .refused(Ask::Post(&path, &body), 401, "UNAUTHORIZED")
        .await;
    tongues
        .refused(Ask::Delete(&path), 401, "UNAUTHORIZED")
        .await;
    let target = Target::resolve(&server.url).await.expect("an address");
    let client = |token| {
        let client = Client::new(target.clone(), Duration::from_secs(30));
        client.with_bearer(token).expect("a token")
    };
    let answer = client("somebody-else-entirely")
        .post(&path, None, &body)
        .await;
    refusal(&answer.expect("an answer"), 403, "FORBIDDEN");
    let answer = client(TOKEN).post(&path, None, &body).await;
    refusal(&answer.expect("an answer"), 404, "TICKET_NOT_FOUND");
}

#[tokio::test]
async fn a_printed_code_outlives_its_server_unless_the_key_changes() {
    let (house, mut server, mut client) = open().await;
    let (path, printed) = bought(&mut client, event(&server).await).await;
    server.kill();
    let mut server = house.open();
    let found = get(&mut server.client().await, &path, 200).await;
    assert_eq!(codes(&found), printed);
    server.kill();
    let house = house.with("ONSALE_TICKET_KEY", "0123456789abcdef".repeat(4));
    let server = house.open();
    let mut client = server.client().await;
    let reprinted = codes(&get(&mut client, &path, 200).await);
    let old = client.post(&door(&printed[0]), None, &json!({})).await;
    refusal(&old.expect("an answer"), 404, "TICKET_NOT_FOUND");
    let new = client.post(&door(&reprinted[0]), None, &json!({})).await;
    body_of(&new.expect("an answer"), 200);
}
