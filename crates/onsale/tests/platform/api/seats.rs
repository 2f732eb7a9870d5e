//! Numbered seats over HTTP: chosen by name or by rule, told, given back, and fought for.

use std::collections::BTreeMap;

use load::client::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{get, open, post, refusal};
use crate::server::{House, Server, body_of};

/// Buyers who want the same seats at the same time, and the connections that they share.
const RIVALS: usize = 1_000;
const CONNECTIONS: usize = 50;

fn assigned(name: &str, rows: u32, seats_per_row: u32) -> Value {
    json!({
        "seatType": name, "price": 100, "seating": "ASSIGNED",
        "rows": rows, "seatsPerRow": seats_per_row,
    })
}

impl Server {
    /// An event with rows of grade R.
    async fn hall(&self, rows: u32, seats_per_row: u32) -> i64 {
        self.event(json!({ "seatTypes": [assigned("R", rows, seats_per_row)] }))
            .await
    }
}

fn wanting(event: i64, seats: &[&str]) -> Value {
    json!({ "eventId": event, "userId": "mina", "seatType": "R", "seats": seats })
}

/// Reserves the first seat, which is free.
async fn take_the_seat(client: &mut Client, event: i64) -> Value {
    post(client, "/api/reservations", wanting(event, &["R-A-1"]), 201).await
}

/// The letters of each row of a grade, as `GET /seats` tells them.
async fn states(client: &mut Client, event: i64, grade: &str) -> BTreeMap<String, String> {
    let seats = get(client, &format!("/api/events/{event}/seats"), 200).await;
    let grades = seats["seatTypes"].as_array().expect("grades");
    let found = grades.iter().find(|found| found["seatType"] == grade);
    let rows = found.expect("the grade")["seats"].as_array().expect("rows");
    let text = |row: &Value, field: &str| row[field].as_str().expect("text").to_owned();
    rows.iter()
        .map(|row| (text(row, "row"), text(row, "states")))
        .collect()
}

#[tokio::test]
async fn an_assigned_grade_is_told_with_its_rows_and_the_state_of_each_seat() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({
            "seatTypes": [assigned("vip", 2, 4), { "seatType": "s", "price": 1, "total": 5 }],
            "holdSeconds": 600,
        }))
        .await;
    let body =
        json!({ "eventId": event, "userId": "mina", "seatType": "vip", "seats": ["vip-b-4"] });
    post(&mut client, "/api/reservations", body, 201).await;

    let mut seats = get(&mut client, &format!("/api/events/{event}/seats"), 200).await;
    seats["eventId"] = json!("[id]");
    insta::assert_json_snapshot!(seats);
    let found = get(&mut client, &format!("/api/events/{event}"), 200).await;
    assert_eq!(
        (&found["totalSeats"], &found["availableSeats"]),
        (&json!(13), &json!(12))
    );
    let grade = &found["seatTypes"][0];
    assert_eq!(
        (&grade["rows"], &grade["seatsPerRow"]),
        (&json!(2), &json!(4))
    );
    assert!(
        grade.get("seats").is_none(),
        "the event alone is short: {grade}"
    );
}

#[tokio::test]
async fn named_seats_are_on_the_reservation_and_on_its_tickets() {
    let (_house, server, mut client) = open().await;
    let event = server.hall(2, 10).await;
    let made = post(
        &mut client,
        "/api/reservations",
        wanting(event, &["r-a-10", "R-B-1"]),
        201,
    )
    .await;
    assert_eq!(made["seats"], json!(["R-A-10", "R-B-1"]));
    assert_eq!(
        (&made["quantity"], &made["totalPrice"]),
        (&json!(2), &json!(200))
    );
    let id = made["reservationId"].as_str().expect("an id");
    let found = get(&mut client, &format!("/api/reservations/{id}"), 200).await;
    assert_eq!(found["seats"], made["seats"]);
    let tickets = found["tickets"].as_array().expect("tickets");
    let seats: Vec<&Value> = tickets.iter().map(|ticket| &ticket["seat"]).collect();
    assert_eq!(seats, ["R-A-10", "R-B-1"]);
    let rows = states(&mut client, event, "R").await;
    assert_eq!(rows["A"], "AAAAAAAAAS");
    assert_eq!(rows["B"], "SAAAAAAAAA");
}

#[tokio::test]
async fn without_names_the_best_together_are_given() {
    let (_house, server, mut client) = open().await;
    let event = server.hall(3, 10).await;
    let party = |quantity| json!({ "eventId": event, "userId": "mina", "quantity": quantity });
    let given = async |client: &mut Client, quantity: u32| {
        post(client, "/api/reservations", party(quantity), 201).await["seats"].clone()
    };
    assert_eq!(given(&mut client, 2).await, json!(["R-A-5", "R-A-6"]));
    assert_eq!(
        given(&mut client, 5).await,
        json!(["R-B-3", "R-B-4", "R-B-5", "R-B-6", "R-B-7"])
    );
    assert_eq!(given(&mut client, 1).await, json!(["R-A-4"]));
}

#[tokio::test]
async fn cancelled_and_expired_seats_can_be_bought_again() {
    let (_house, server, mut client) = open().await;
    let event = server.hall(1, 2).await;
    let made = take_the_seat(&mut client, event).await;
    let path = format!(
        "/api/reservations/{}",
        made["reservationId"].as_str().expect("an id")
    );
    body_of(&client.delete(&path, None).await.expect("an answer"), 200);
    take_the_seat(&mut client, event).await;

    let holding = |secs: u32| json!({ "seatTypes": [assigned("R", 1, 1)], "holdSeconds": secs });
    let event = server.event(holding(600)).await;
    let made = take_the_seat(&mut client, event).await;
    assert_eq!(
        (
            made["status"].as_str(),
            &states(&mut client, event, "R").await["A"][..]
        ),
        (Some("HELD"), "H")
    );
    // A hold ends by itself; until then the seat is somebody's.
    let event = server.event(holding(1)).await;
    let made = take_the_seat(&mut client, event).await;
    loop {
        let wanted = wanting(event, &["R-A-1"]);
        let answer = client.post("/api/reservations", None, &wanted).await;
        let answer = answer.expect("an answer");
        if answer.status == 201 {
            break;
        }
        refusal(&answer, 409, "SEAT_TAKEN");
    }
    let path = format!(
        "/api/reservations/{}",
        made["reservationId"].as_str().expect("an id")
    );
    assert_eq!(get(&mut client, &path, 200).await["status"], "EXPIRED");
}

/// The error of a reservation that is refused with this status, in this language.
async fn refused_in(server: &Server, language: &str, status: u16, body: &Value) -> Value {
    let body = body.to_string();
    let request = format!(
        "POST /api/reservations HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-language: {language}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.raw(request.as_bytes()).await;
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")),
        "{answer}"
    );
    let (_, told) = answer.split_once("\r\n\r\n").expect("a body");
    let told: Value = serde_json::from_str(told).expect("JSON");
    told["error"].clone()
}

/// Every way in which seats are refused: what is asked, and the status of the answer. R-A-1 and
/// R-A-3 are taken.
fn bad_requests(event: i64) -> [(&'static str, u16, Value); 11] {
    let of = |grade: &str, seats: Value| json!({ "eventId": event, "userId": "jun", "seatType": grade, "seats": seats });
    let mut many = of("R", json!([]));
    many["quantity"] = json!(5);
    let mut miscounted = of("R", json!(["R-A-2", "R-B-1"]));
    miscounted["quantity"] = json!(3);
    let mut nowhere = of("R", json!(["R-A-2"]));
    nowhere
        .as_object_mut()
        .expect("an object")
        .remove("seatType");
    let twelve: Vec<String> = (1..=12).map(|n| format!("R-A-{n}")).collect();
    [
        ("taken", 409, of("R", json!(["R-A-1", "R-A-2", "R-A-3"]))),
        ("too_many", 409, many),
        (
            "named_twice",
            400,
            of("R", json!(["R-A-2", "R-A-4", "R-C-1", "R-A-2"])),
        ),
        ("unknown", 400, of("R", json!(["R-A-2", "R-A-4", "R-C-1"]))),
        (
            "of_another_grade",
            400,
            of("R", json!(["R-A-2", "VIP-A-1", "S-A-1"])),
        ),
        (
            "no_label",
            400,
            of("R", json!(["R-A-2", "A-1", 7, "R-A-0"])),
        ),
        ("miscounted", 400, miscounted),
        ("more_than_ten", 400, of("R", json!(twelve))),
        ("without_numbers", 400, of("S", json!(["S-A-1"]))),
        ("of_no_grade", 400, of("X", json!(["X-A-1"]))),
        ("without_grade", 400, nowhere),
    ]
}

#[tokio::test]
async fn every_refusal_of_seats_is_told_in_both_languages() {
    let (_house, server, mut client) = open().await;
    let event = server
        .event(json!({ "seatTypes": [
            assigned("R", 2, 3), assigned("VIP", 1, 2), { "seatType": "S", "price": 1, "total": 9 },
        ] }))
        .await;
    post(
        &mut client,
        "/api/reservations",
        wanting(event, &["R-A-1", "R-A-3"]),
        201,
    )
    .await;
    let mut told = BTreeMap::new();
    for (name, status, body) in bad_requests(event) {
        let english = refused_in(&server, "en", status, &body).await;
        let korean = refused_in(&server, "ko-KR,ko;q=0.9", status, &body).await;
        assert_eq!(english["code"], korean["code"], "{name}");
        let keys = |error: &Value| -> Vec<String> {
            let details = error["details"].as_object().expect("details");
            details.keys().cloned().collect()
        };
        assert_eq!(keys(&english), keys(&korean), "{name}");
        assert_ne!(english["message"], korean["message"], "{name}");
        told.insert(name, [english, korean]);
    }
    insta::assert_json_snapshot!(told);
    let rows = states(&mut client, event, "R").await;
    assert_eq!(
        (&rows["A"][..], &rows["B"][..]),
        ("SAS", "AAA"),
        "nothing was taken"
    );
}

#[tokio::test]
async fn an_assigned_grade_has_rows_and_nothing_that_contradicts_them() {
    let (_house, server, mut client) = open().await;
    let with = |grade: Value| json!({ "eventName": "IU", "eventDate": "2099-12-31T19:00:00", "seatTypes": [grade] });
    let but = |field: &str, value: Value| {
        let mut grade = assigned("R", 10, 20);
        grade[field] = value;
        with(grade)
    };
    for (body, field) in [
        (but("total", json!(199)), "seatTypes[0].total"),
        (but("rows", json!(0)), "seatTypes[0].rows"),
        (but("rows", json!(1_001)), "seatTypes[0].rows"),
        (but("seatsPerRow", json!(1_001)), "seatTypes[0].seatsPerRow"),
        (but("seatsPerRow", Value::Null), "seatTypes[0].seatsPerRow"),
        (but("seating", json!("GENERAL")), "seatTypes[0].rows"),
        (but("seating", json!("STANDING")), "seatTypes[0].seating"),
        (with(assigned("R", 1_000, 101)), "seatTypes"),
    ] {
        let answer = client
            .post("/api/events", None, &body)
            .await
            .expect("an answer");
        let details = refusal(&answer, 400, "INVALID_REQUEST");
        assert!(details[field].is_string(), "{field}: {details}");
    }
    assert_eq!(
        get(&mut client, "/api/events", 200).await["totalElements"],
        0
    );

    let event = server.hall(10, 20).await;
    let path = format!("/api/events/{event}");
    for (change, field) in [
        (json!({ "seatType": "R", "total": 300 }), "seatTypes"),
        (json!({ "seatType": "R", "rows": 20 }), "seatTypes[0].rows"),
        (
            json!({ "seatType": "R", "seating": "GENERAL" }),
            "seatTypes[0].seating",
        ),
    ] {
        let answer = client.put(&path, &json!({ "seatTypes": [change] })).await;
        let details = refusal(&answer.expect("an answer"), 400, "INVALID_REQUEST");
        assert!(details[field].is_string(), "{field}: {details}");
    }
    let dearer = json!({ "seatTypes": [{ "seatType": "R", "price": 900 }] });
    let changed = body_of(&client.put(&path, &dearer).await.expect("an answer"), 200);
    assert_eq!(changed["price"]["R"], 900);
}

#[tokio::test]
async fn twenty_thousand_seats_are_told_briefly_and_from_the_cache() {
    let (_house, server, mut client) = open().await;
    let event = server.hall(200, 100).await;
    let made = post(
        &mut client,
        "/api/reservations",
        wanting(event, &["R-GR-100"]),
        201,
    )
    .await;
    let path = format!("/api/events/{event}/seats");
    let answer = client.get(&path).await.expect("an answer");
    assert!(answer.body.len() < 32_000, "{} bytes", answer.body.len());
    let seats = body_of(&answer, 200);
    let last = &seats["seatTypes"][0]["seats"][199];
    assert_eq!(last["row"], "GR");
    assert!(
        last["states"]
            .as_str()
            .is_some_and(|states| states.ends_with("AS"))
    );
    assert_eq!(made["seats"], json!(["R-GR-100"]));
}

#[tokio::test]
async fn a_seat_map_survives_a_restart() {
    let house = House::new();
    let mut server = house.open();
    let event = server.hall(2, 3).await;
    let mut client = server.client().await;
    post(
        &mut client,
        "/api/reservations",
        wanting(event, &["R-A-2"]),
        201,
    )
    .await;
    server.kill();

    let server = house.open();
    let mut client = server.client().await;
    let answer = client
        .post("/api/reservations", None, &wanting(event, &["R-A-2"]))
        .await;
    let details = refusal(&answer.expect("an answer"), 409, "SEAT_TAKEN");
    assert_eq!(details, json!({ "seats": ["R-A-2"] }));
    assert_eq!(states(&mut client, event, "R").await["A"], "ASA");
}

#[tokio::test]
async fn of_a_thousand_who_name_the_same_seats_one_gets_them() {
    let (house, server, mut client) = open().await;
    let event = server.hall(5, 10).await;
    // Pairs that overlap, so that a seat is wanted as the first and as the second of a pair.
    let wanted = |rival: usize| {
        let place = rival % 9 + 1;
        [format!("R-C-{place}"), format!("R-C-{}", place + 1)]
    };
    let mut lines = JoinSet::new();
    for line in 0..CONNECTIONS {
        let mut client = server.client().await;
        lines.spawn(async move {
            let mut told = Vec::new();
            for rival in (line..RIVALS).step_by(CONNECTIONS) {
                let seats = wanted(rival);
                let body = json!({
                    "eventId": event, "userId": format!("rival-{rival}"), "seatType": "R", "seats": seats,
                });
                let answer = client.post("/api/reservations", None, &body).await;
                told.push((seats, answer.expect("an answer")));
            }
            told
        });
    }
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = 0;
    for (seats, answer) in lines.join_all().await.into_iter().flatten() {
        if answer.status == 201 {
            assert_eq!(body_of(&answer, 201)["seats"], json!(seats));
            for seat in seats {
                *owners.entry(seat).or_default() += 1;
            }
            continue;
        }
        let details = refusal(&answer, 409, "SEAT_TAKEN");
        let taken = details["seats"].as_array().expect("seats");
        assert!(!taken.is_empty() && taken.iter().all(|seat| seats.iter().any(|own| seat == own)));
        refused += 1;
    }
    assert!(owners.values().all(|owners| *owners == 1), "{owners:?}");
    assert_eq!(refused + owners.len() / 2, RIVALS);
    // Whoever still found two free neighbours would have got them.
    let row = &states(&mut client, event, "R").await["C"];
    assert!(
        !row.contains("AA") && row.matches('S').count() == owners.len(),
        "{row}"
    );
    let (printed, holds) = house.audit();
    assert!(holds, "{printed}");
}
