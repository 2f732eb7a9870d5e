//! A buyer without scripts: finds an event, reserves, pays, sees her tickets, gives them back.

use serde_json::json;

use crate::server::{House, Server, body_of};

/// Whoever knows a reservation's code and its buyer comes to its page, and nobody else does.
async fn is_found_by_its_code(server: &Server, hold: &str) {
    let found = server.page("/tickets").await;
    found.says("Reservation code");
    let mut client = server.client().await;
    let code = client.get(&format!("/api{hold}")).await.expect("an answer");
    let code = body_of(&code, 200)["reservationCode"]
        .as_str()
        .expect("a code")
        .to_lowercase();
    let found = server
        .page(&format!("/tickets?code={code}&user=mina%40example.com"))
        .await;
    assert_eq!(found.leads_to(), hold);
    let other = server
        .page(&format!("/tickets?code={code}&user=jisoo"))
        .await;
    assert_eq!(other.status(), 404);
}

// One visit from the list to the ticket, in the order in which she makes it: longer than a screen.
#[tokio::test]
async fn a_buyer_without_scripts_finds_reserves_pays_and_sees_her_tickets() {
    let house = House::new();
    let server = house.open();
    let event = server
        .held_event(json!({ "eventName": "Autumn Tour", "venue": "Hall 7" }))
        .await;

    server
        .page("/?q=autumn")
        .await
        .says("Autumn Tour")
        .says("Hall 7")
        .says("20 seats left");
    server
        .page(&format!("/events/{event}"))
        .await
        .says("₩100,000")
        .says("10 seats left");

    let hold = server.reserved(event, "mina@example.com").await;
    let page = server.page(&hold).await;
    page.says("Your seats are kept")
        .says("₩200,000")
        .says("mina@example.com");
    assert_eq!(page.header("cache-control"), "no-store");

    let payment = format!("{hold}/payment");
    let declined = [
        ("card", "4000 0000 0000 0002"),
        ("key", &page.key_of(&payment)),
    ];
    let page = server.submit(&payment, &declined).await;
    assert_eq!(page.status(), 402);
    page.says("Your card was declined")
        .says("Your seats are kept");

    let paid = [
        ("card", "4242 4242 4242 4242"),
        ("key", &page.key_of(&payment)),
    ];
    assert_eq!(server.submit(&payment, &paid).await.leads_to(), hold);
    let page = server.page(&hold).await;
    page.says("Ticket 1 of 2")
        .says("Ticket 2 of 2")
        .says("<path class=\"dark\"");

    let calendar = server.page(&format!("{hold}/calendar.ics")).await;
    calendar
        .says("SUMMARY:Autumn Tour")
        .says("DTSTART:20991231T100000Z");

    is_found_by_its_code(&server, &hold).await;

    let cancellation = format!("{hold}/cancellation");
    let sent = [("key", page.key_of(&cancellation))];
    let sent = sent.each_ref().map(|(name, key)| (*name, key.as_str()));
    assert_eq!(server.submit(&cancellation, &sent).await.leads_to(), hold);
    let page = server.page(&hold).await;
    page.says("was cancelled on ").says("₩200,000");
    server
        .page(&format!("/events/{event}"))
        .await
        .says("20 seats left");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_reserves_once() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let key = server.page(&format!("/events/{event}")).await.field("key");
    let sent = [
        ("user", "mina"),
        ("seatType", "R"),
        ("quantity", "2"),
        ("key", &key),
    ];
    let path = format!("/events/{event}/reservations");

    let first = server.submit(&path, &sent).await.leads_to();
    let again = server.submit(&path, &sent).await.leads_to();

    assert_eq!(first, again);
    server
        .page(&format!("/events/{event}"))
        .await
        .says("18 seats left");
}

#[tokio::test]
async fn a_form_that_is_changed_and_sent_again_is_asked_for_once_more_under_a_key_of_its_own() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let key = server.page(&format!("/events/{event}")).await.field("key");
    let path = format!("/events/{event}/reservations");
    let sent = [("user", "mina"), ("seatType", "R"), ("quantity", "2")];
    let first = [sent[0], sent[1], sent[2], ("key", &key)];
    server.submit(&path, &first).await.leads_to();

    let changed = [sent[0], sent[1], ("quantity", "1"), ("key", &key)];
    let page = server.submit(&path, &changed).await;
    assert_eq!(page.status(), 422);
    page.says("This form was sent before");
    assert_ne!(page.field("key"), key);
}

#[tokio::test]
async fn no_two_visitors_get_the_same_form() {
    let house = House::new();
    let server = house.open();
    let path = format!("/events/{}", server.held_event(json!({})).await);
    let (first, second) = (server.page(&path).await, server.page(&path).await);
    assert_ne!(first.field("key"), second.field("key"));
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_told_above_it_as_it_was_filled_in() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({ "maxPerBuyer": 4 })).await;
    let path = format!("/events/{event}/reservations");

    let bad = [("user", "mina kim"), ("seatType", "R"), ("quantity", "2")];
    let page = server.submit(&path, &bad).await;
    assert_eq!(page.status(), 422);
    page.says("value=\"mina kim\"")
        .says("must be 1 to 64 characters");

    let many = [("user", "mina"), ("seatType", "R"), ("quantity", "5")];
    let page = server.submit(&path, &many).await;
    assert_eq!(page.status(), 409);
    page.says("One person may have 4 tickets of this event");
}

#[tokio::test]
async fn a_refused_form_shows_the_part_of_the_seats_that_she_was_at() {
    let house = House::new();
    let server = house.open();
    let seats = json!({ "seatType": "R", "price": 1, "total": 6000, "seating": "ASSIGNED",
        "rows": 60, "seatsPerRow": 100 });
    let hall = server.event(json!({ "seatTypes": [seats] })).await;
    let path = format!("/events/{hall}/reservations");
    let second = server.page(&format!("/events/{hall}/seats?part=2")).await;
    let part = second.field("part");
    let none = [("view", "seats"), ("user", "mina"), ("part", &part)];
    server
        .submit(&path, &none)
        .await
        .says("value=\"R-AE-1\"")
        .says_no("value=\"R-A-1\"");

    // Chosen on the map, which shows them all.
    let elsewhere = [
        ("view", "seats"),
        ("user", "mina at home"),
        ("part", "1"),
        ("seats", "R-AE-5"),
    ];
    server
        .submit(&path, &elsewhere)
        .await
        .says("value=\"R-AE-5\" aria-label=\"R-AE-5\" checked");
    let beyond = [("view", "seats"), ("user", "mina"), ("part", "9")];
    server.submit(&path, &beyond).await.says("value=\"R-AE-1\"");
}

#[tokio::test]
async fn whoever_chose_no_seat_is_told_so_where_seats_are_chosen() {
    let house = House::new();
    let server = house.open();
    let seats = json!({ "seatType": "R", "price": 1, "total": 20, "seating": "ASSIGNED",
        "rows": 2, "seatsPerRow": 10 });
    let hall = server.event(json!({ "seatTypes": [seats] })).await;
    let sent = [("view", "seats"), ("user", "mina")];
    let page = server
        .submit(&format!("/events/{hall}/reservations"), &sent)
        .await;
    assert_eq!(page.status(), 422);
    page.says("value=\"mina\"")
        .says("<p class=\"fault\">must have 1 to 10 items</p>");
}

#[tokio::test]
async fn more_time_is_given_once() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let hold = server.reserved(event, "mina").await;
    let extension = format!("{hold}/extension");
    let page = server.page(&hold).await;
    page.says("Pay now, or extend your time");
    let key = page.key_of(&extension);

    let sent = [("key", key.as_str())];
    assert_eq!(server.submit(&extension, &sent).await.leads_to(), hold);
    assert_eq!(server.submit(&extension, &sent).await.leads_to(), hold);
    server
        .page(&hold)
        .await
        .says("You have extended your time already")
        .says("cannot be extended again")
        .says_no("or extend your time");
    let page = server.submit(&extension, &[("key", "another")]).await;
    assert_eq!(page.status(), 409);
    page.says("already extended");
}

#[tokio::test]
async fn the_address_that_a_form_leaves_behind_leads_to_its_page() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let hold = server.reserved(event, "mina").await;
    for form in ["payment", "extension", "cancellation"] {
        let answer = server.page(&format!("{hold}/{form}")).await;
        assert_eq!(answer.leads_to(), hold, "{form}");
    }
    let answer = server.page(&format!("/events/{event}/reservations")).await;
    assert_eq!(answer.leads_to(), format!("/events/{event}"));
}

#[tokio::test]
async fn a_bank_that_takes_its_time_is_waited_for_without_a_script() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let hold = server.reserved(event, "mina").await;
    let paid = [("card", "4000 0000 0000 0119"), ("key", "slow")];
    assert_eq!(
        server
            .submit(&format!("{hold}/payment"), &paid)
            .await
            .leads_to(),
        hold
    );
    loop {
        let page = server.page(&hold).await;
        if page.header("refresh").is_empty() {
            page.says("Ticket 1 of 2");
            break;
        }
        page.says("Your bank is answering");
    }
}

#[tokio::test]
async fn a_card_that_is_none_of_the_trials_is_not_read_any_further() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let hold = server.reserved(event, "mina").await;
    let real = [("card", "4111 1111 1111 1111"), ("key", "real")];
    let page = server.submit(&format!("{hold}/payment"), &real).await;
    assert_eq!(page.status(), 422);
    page.says("takes only the cards").says_no("4111");
}
