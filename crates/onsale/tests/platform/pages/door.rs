//! The door: what it says of a ticket, and of what is no ticket and no event.

use super::Page;
use super::desk::{Sold, house, sold};

/// Shows a ticket at the door, by a form with these fields.
async fn show(sold: &Sold, fields: &[(&str, &str)]) -> Page {
    sold.server
        .submit_with("/admin/door", fields, &sold.session)
        .await
}

#[tokio::test]
async fn the_door_says_in_one_word_what_a_ticket_is_worth() {
    let house = house();
    let Sold {
        server,
        session,
        event: id,
        codes,
    } = sold(&house).await;
    let code = codes[0].clone();
    let show = async |fields: &[(&str, &str)]| -> Page {
        server.submit_with("/admin/door", fields, &session).await
    };
    let at_door = [("event", id.as_str()), ("code", code.as_str())];
    show(&at_door)
        .await
        .says("verdict yes")
        .says("Welcome")
        .says("@mina");
    let again = show(&at_door).await;
    assert_eq!(again.status(), 409);
    again.says("verdict used").says("Used at ");
    let undone = [at_door[0], at_door[1], ("undo", "yes")];
    show(&undone).await.says("the ticket is valid again");
    show(&at_door).await.says("Welcome");
    show(&[("event", "77"), ("code", &code)])
        .await
        .says("For another event")
        .says("Gala");
    let forged = code.replace(|c: char| c.is_ascii_digit(), "7");
    show(&[("event", &id), ("code", &forged)])
        .await
        .says("Not a ticket of ours");
    show(&[("event", &id), ("code", "<script>")])
        .await
        .says("Not a ticket of ours")
        .says_no("<script>");
}

#[tokio::test]
async fn the_door_tells_how_many_are_in_without_a_script_too() {
    // Nobody waits for a count to grow old here.
    let house = house().with("ONSALE_ADMITTED_TTL_MS", "0");
    let Sold {
        server,
        session,
        event: id,
        codes,
    } = sold(&house).await;
    let code = codes[0].clone();
    let door = format!("/admin/door?event={id}");
    let page = async || server.open_page(&door, &session).await;
    page().await.says("0 of 2</strong>").says("Gala");
    let at_door = [("event", id.as_str()), ("code", code.as_str())];
    let welcome = server.submit_with("/admin/door", &at_door, &session).await;
    welcome.says("Welcome").says("1 of 2</strong>");
    let count = format!("/admin/door/count?event={id}");
    let count = server.open_page(&count, &session).await;
    count.says("{\"admitted\":1,\"admissible\":2,\"told\":\"1 of 2\"}");
    let none = server.open_page("/admin/door?event=99", &session).await;
    none.says("There is no event of this number.");
    let count = "/admin/door/count?event=99";
    assert_eq!(server.open_page(count, &session).await.status(), 404);
}

#[tokio::test]
async fn a_door_that_does_not_know_whose_tickets_it_checks_lets_nobody_in() {
    let house = house();
    let sold = sold(&house).await;
    let code = sold.codes[0].as_str();
    for (event, told) in [
        ("", "Whose tickets?"),
        (" ", "Whose tickets?"),
        ("x", "This is not an event&#39;s number."),
        ("0", "This is not an event&#39;s number."),
    ] {
        let page = show(&sold, &[("event", event), ("code", code)]).await;
        assert_eq!(page.status(), 422, "{event}");
        // She need not scan it again.
        page.says("Not checked")
            .says(told)
            .says(&format!("value=\"{code}\""))
            .says_no("Welcome");
    }
    let garbage = sold
        .server
        .open_page("/admin/door?event=x", &sold.session)
        .await;
    assert_eq!(garbage.status(), 422);
    garbage.says("This is not an event&#39;s number.");

    let any = [("event", ""), ("any", "yes"), ("code", code)];
    show(&sold, &any)
        .await
        .says("Welcome")
        .says("This door lets tickets of any event in.")
        .says("name=\"any\" value=\"yes\" checked");
    let korean = format!("accept-language: ko\r\n{}", sold.session);
    let page = sold
        .server
        .submit_with("/admin/door", &[("code", code)], &korean)
        .await;
    page.says("확인하지 않음").says("어느 공연의 티켓인가요?");
}

#[tokio::test]
async fn a_form_of_the_door_that_is_sent_twice_lets_the_same_guest_in() {
    let house = house().with("ONSALE_ADMITTED_TTL_MS", "0");
    let sold = sold(&house).await;
    let event = sold.event.as_str();
    let page = sold
        .server
        .open_page(&format!("/admin/door?event={event}"), &sold.session)
        .await;
    assert_eq!(page.header("cache-control"), "no-store");
    let key = page.field("key");
    let form = |code| [("event", event), ("code", code), ("key", key.as_str())];

    let first = show(&sold, &form(&sold.codes[0])).await;
    let again = show(&sold, &form(&sold.codes[0])).await;
    assert_eq!((first.status(), again.status()), (200, 200));
    first.says("Welcome").says("1 of 2");
    again.says("Welcome").says("1 of 2");
    // Whoever went back without an answer may show another ticket by the same form.
    show(&sold, &form(&sold.codes[1])).await.says("Welcome");

    let other = [("event", event), ("code", &sold.codes[0]), ("key", "other")];
    show(&sold, &other).await.says("Used at ");
    assert_ne!(again.field("key"), key);
}

#[tokio::test]
async fn a_form_that_is_sent_again_says_what_became_of_the_ticket_since() {
    let house = house();
    let sold = sold(&house).await;
    let (event, code) = (sold.event.as_str(), sold.codes[0].as_str());
    let check = [("event", event), ("code", code), ("key", "one")];
    let undo = [
        ("event", event),
        ("code", code),
        ("key", "one"),
        ("undo", "yes"),
    ];
    show(&sold, &check).await.says("Welcome");
    show(&sold, &undo).await.says("the ticket is valid again");
    show(&sold, &check)
        .await
        .says("the ticket is valid again")
        .says_no("Welcome");
    let next = [("event", event), ("code", code), ("key", "two")];
    show(&sold, &next).await.says("Welcome");
    show(&sold, &undo).await.says("Used at ");
}
