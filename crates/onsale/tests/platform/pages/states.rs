//! Each state of an event, and each thing that can go wrong, has a page of its own.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Page;
use crate::edge::unwell::Lock;
use crate::server::{House, Server, body_of};

async fn change(server: &Server, event: i64, fields: &Value) {
    let mut client = server.client().await;
    let path = format!("/api/events/{event}");
    body_of(&client.put(&path, fields).await.expect("an answer"), 200);
}

async fn shown(server: &Server, event: i64) -> Page {
    server.page(&format!("/events/{event}")).await
}

#[tokio::test]
async fn an_event_that_is_not_on_sale_says_why_and_has_no_form() {
    let house = House::new();
    let server = house.open();
    let soon = json!({ "saleOpensAt": "2098-01-01T10:00:00" });
    let before = server.held_event(soon).await;
    let closed = server.held_event(json!({})).await;
    change(&server, closed, &json!({ "status": "CLOSED" })).await;
    let cancelled = server.held_event(json!({})).await;
    change(&server, cancelled, &json!({ "status": "CANCELLED" })).await;
    let one = json!({ "totalSeats": 1, "price": { "R": 1 } });
    let gone = server.held_event(one).await;
    let taken = [("user", "mina"), ("quantity", "1")];
    let path = format!("/events/{gone}/reservations");
    server.submit(&path, &taken).await.leads_to();

    for (event, title) in [
        (before, "The sale has not opened yet"),
        (closed, "The sale is closed"),
        (cancelled, "This event was called off"),
        (gone, "Sold out"),
    ] {
        let page = shown(&server, event).await;
        assert_eq!(page.status(), 200);
        page.says(title).says_no("<form id=\"reserve\"");
    }
    shown(&server, before)
        .await
        .says("Wed 1 Jan 2098, 10:00")
        .says("data-countdown=\"4039376400000");
    shown(&server, gone).await.says("still being paid for");
}

#[tokio::test]
async fn a_sale_that_opens_soon_brings_the_page_back_without_a_script() {
    let house = House::new();
    let server = house.open();
    let soon = jiff_in_five_minutes();
    let event = server.held_event(json!({ "saleOpensAt": soon })).await;
    let secs: u32 = shown(&server, event)
        .await
        .header("refresh")
        .parse()
        .expect("seconds");
    assert!((200..=304).contains(&secs), "{secs}");
}

fn jiff_in_five_minutes() -> String {
    let now = std::time::SystemTime::now() + std::time::Duration::from_mins(5);
    let secs = now
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let at = jiff::Timestamp::from_second(i64::try_from(secs).expect("small")).expect("a moment");
    at.to_string()
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_browsers_and_json_for_everybody_else() {
    let house = House::new();
    let server = house.open();
    for path in ["/nowhere", "/events/999", "/events/x", "/reservations/x"] {
        let page = server.page(path).await;
        assert!(page.status() == 404 || page.status() == 400, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("content-language"), "en");
    }
    let answer = server.ask("GET /nowhere", "accept: */*\r\n", "").await;
    assert_eq!(body_of(&answer, 404)["error"]["code"], "NOT_FOUND");
    let answer = server
        .ask("GET /api/nowhere", "accept: text/html\r\n", "")
        .await;
    assert_eq!(body_of(&answer, 404)["error"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_full_house_answers_a_light_page_that_comes_back_by_itself() {
    let house = House::new();
    let house = house
        .with("ONSALE_CLIENT_REQUESTS_PER_SEC", "1")
        .with("ONSALE_CLIENT_BURST_REQUESTS", "1")
        .with("ONSALE_FORWARDED_HOPS", "1");
    let server = house.open();
    let client = "x-forwarded-for: 203.0.113.7\r\n";
    assert_eq!(server.open_page("/", client).await.status(), 200);
    let mut page = server.open_page("/", client).await;
    // Every second one more is let in, however slow the asking is.
    for _ in 0..100 {
        if page.status() == 429 {
            break;
        }
        page = server.open_page("/", client).await;
    }
    assert_eq!(page.status(), 429);
    page.says("A great many people are here")
        .says("nothing was done")
        .says_no("rel=\"stylesheet\"")
        .says_no("<script");
    let secs: u32 = page.header("refresh").parse().expect("seconds");
    assert!((2..=6).contains(&secs), "{secs}");
    assert!(page.html().len() < 4_000, "{}", page.html().len());
}

#[tokio::test]
async fn a_form_beyond_what_the_node_carries_is_sent_again_by_itself() {
    let house = House::new()
        .with("ONSALE_NODE_RESERVATIONS_PER_SEC", "1")
        .with("ONSALE_NODE_BURST_RESERVATIONS", "1");
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let path = format!("/events/{event}/reservations");
    let send = async |user: &str| {
        let key = server.page(&format!("/events/{event}")).await.field("key");
        let sent = [
            ("user", user),
            ("seatType", "R"),
            ("quantity", "1"),
            ("key", &key),
        ];
        (key.clone(), server.submit(&path, &sent).await)
    };
    // At once: one is let in, and another only if it comes a second later.
    let answers = join_all(["mina", "jun", "sora", "hana"].map(send)).await;
    let refused = answers.iter().find(|(_, page)| page.status() == 503);
    let (key, page) = refused.expect("one that was refused");
    page.says("You are in line").says("data-again=");
    assert_eq!(page.field("key"), *key);
}

#[tokio::test]
async fn what_nobody_knows_the_outcome_of_is_asked_again_under_its_own_key() {
    let house = House::on_file().with("ONSALE_REQUEST_DEADLINE_MS", "2000");
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let path = format!("/events/{event}/reservations");
    let key = server.page(&format!("/events/{event}")).await.field("key");
    let sent = [
        ("user", "mina"),
        ("seatType", "R"),
        ("quantity", "2"),
        ("key", &key),
    ];
    let lock = Lock::take(&house).await;
    let page = server.submit(&path, &sent).await;
    lock.release().await;

    assert_eq!(page.status(), 504);
    page.says("you will not buy twice").says("data-again=");
    assert_eq!(page.field("key"), key);
    // As the page does by itself, for as long as nobody knows or there is no room.
    let mut again = server.submit(&path, &sent).await;
    for _ in 0..20 {
        if !matches!(again.status(), 503 | 504) {
            break;
        }
        again = server.submit(&path, &sent).await;
    }
    let first = again.leads_to();
    assert_eq!(server.submit(&path, &sent).await.leads_to(), first);
    shown(&server, event).await.says("18 seats left");
}

#[tokio::test]
async fn a_form_of_which_nobody_knows_the_outcome_is_not_called_undone() {
    let house = House::on_file().with("ONSALE_REQUEST_DEADLINE_MS", "2000");
    let server = house.open();
    let event = server
        .held_event(json!({ "eventName": "Autumn Tour" }))
        .await;
    let path = format!("/admin/events/{event}/cancellation");
    let sent = [("name", "Autumn Tour")];
    let lock = Lock::take(&house).await;
    let page = server.submit(&path, &sent).await;
    lock.release().await;

    assert_eq!(page.status(), 504);
    page.says("look whether it was done")
        .says("data-back")
        .says_no("Nothing was done");
}

#[tokio::test]
async fn a_form_of_the_desk_of_which_nobody_knows_the_outcome_gets_no_new_key() {
    let house = House::on_file().with("ONSALE_REQUEST_DEADLINE_MS", "200");
    let server = house.open();
    let event = server
        .event(json!({ "price": { "r": 5 }, "totalSeats": 9 }))
        .await;
    let edit = format!("/admin/events/{event}/edit");
    let sent = [
        ("name", "Autumn Tour"),
        ("date", "2031-01-01T19:00"),
        ("zone", "Asia/Seoul"),
        ("hold", "7"),
        ("grade", "r"),
        ("price", "5"),
        ("total", "9"),
    ];
    let lock = Lock::take(&house).await;
    let page = server.submit(&edit, &sent).await;
    lock.release().await;

    assert_eq!(page.status(), 504);
    page.says("look whether it was done")
        .says("data-back")
        .says_no("name=\"key\"");
}

#[tokio::test]
async fn pages_speak_korean_by_the_browser_and_by_choice() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let path = format!("/events/{event}");
    let korean = server.open_page(&path, "accept-language: ko-KR\r\n").await;
    korean
        .says("<html lang=\"ko\">")
        .says("100,000원")
        .says("2099년 12월 31일 (목) 19:00");
    let chosen = server
        .open_page(&path, "accept-language: ko\r\ncookie: lang=en\r\n")
        .await;
    chosen
        .says("<html lang=\"en\">")
        .says("Thu 31 Dec 2099, 19:00");

    let switch = server.page("/language/ko?to=%2Fevents%2F1").await;
    assert_eq!(switch.leads_to(), "/events/1");
    assert!(switch.header("set-cookie").starts_with("lang=ko;"));
    assert!(switch.header("set-cookie").contains("SameSite=Lax"));
    let elsewhere = server.page("/language/ko?to=%2F%2Fevil.example").await;
    assert_eq!(elsewhere.leads_to(), "/");
}

#[tokio::test]
async fn a_hold_that_has_run_out_is_explained() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({ "holdSeconds": 1 })).await;
    let hold = server.reserved(event, "mina").await;
    loop {
        let page = server.page(&hold).await;
        if page.html().contains("The time to pay is over") {
            page.says("You were not charged");
            break;
        }
    }
    let late = [("card", "4242 4242 4242 4242"), ("key", "late")];
    let answer = server.submit(&format!("{hold}/payment"), &late).await;
    assert_eq!(answer.leads_to(), hold);
}
