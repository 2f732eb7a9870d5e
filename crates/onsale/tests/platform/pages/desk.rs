//! The organizer's desk: who may sit at it, and what it does.

use serde_json::json;

use crate::server::{House, Server, body_of};

pub(crate) const TOKEN: &str = "correct horse battery staple";

pub(super) fn house() -> House {
    House::new().with("ONSALE_ADMIN_TOKEN", TOKEN)
}

/// An organizer who has signed in: the header line of her cookie.
pub(crate) async fn sign_in(server: &Server) -> String {
    let answer = server.submit("/admin/login", &[("token", TOKEN)]).await;
    assert_eq!(answer.leads_to(), "/admin");
    let cookie = answer.header("set-cookie").to_owned();
    for mark in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(mark), "{cookie}");
    }
    let session = cookie.split(';').next().expect("a cookie");
    format!("sec-fetch-site: same-origin\r\ncookie: {session}\r\n")
}

pub(super) const EVENT: [(&str, &str); 19] = [
    ("name", "Gala"),
    ("date", "2031-01-01T19:00"),
    ("zone", "Asia/Seoul"),
    ("currency", "KRW"),
    ("hold", "7"),
    ("limit", "4"),
    ("key", "gala"),
    ("grade", "vip"),
    ("price", "150,000"),
    ("seating", "ASSIGNED"),
    ("total", ""),
    ("rows", "2"),
    ("places", "10"),
    ("grade", "r"),
    ("price", "100000"),
    ("seating", "GENERAL"),
    ("total", "100"),
    ("rows", ""),
    ("places", ""),
];

/// Puts the event above on sale; gives its page at the desk.
async fn put_on_sale(server: &Server, session: &str) -> String {
    let made = server.submit_with("/admin/events", &EVENT, session).await;
    made.leads_to()
}

#[tokio::test]
async fn nobody_sits_at_the_desk_who_has_not_signed_in() {
    let house = house();
    let server = house.open();
    for path in [
        "/admin",
        "/admin/new",
        "/admin/events/1",
        "/admin/events/1/edit",
        "/admin/events/1/copy",
        "/admin/events/1/reservations.csv",
        "/admin/reservations",
        "/admin/door",
        "/admin/door/count?event=1",
        "/admin/pulse",
    ] {
        let to = server.page(path).await.leads_to();
        assert!(to.starts_with("/admin/login?to=%2Fadmin"), "{path}: {to}");
    }
    let forged = "cookie: organizer=99999999999.00\r\nsec-fetch-site: same-origin\r\n";
    for path in [
        "/admin/events",
        "/admin/events/1/edit",
        "/admin/events/1/cancellation",
        "/admin/door",
    ] {
        let answer = server.submit_with(path, &EVENT, forged).await;
        assert!(answer.leads_to().starts_with("/admin/login"), "{path}");
    }
    let wrong = server.submit("/admin/login", &[("token", "guess")]).await;
    assert_eq!(wrong.status(), 403);
    assert_eq!(wrong.header("set-cookie"), "");
    wrong.says("This is not the token").says_no("Sign out");
    let login = server.page("/admin/login").await;
    login.says("Sign in").says_no("Sign out");
}

#[tokio::test]
async fn signing_in_again_leads_to_where_she_was() {
    let house = house();
    let server = house.open();
    let login = "/admin/login?to=%2Fadmin";
    let door = server.page("/admin/door?event=7").await.leads_to();
    assert_eq!(door, format!("{login}%2Fdoor%3Fevent%3D7"));
    let asking = server.page(&door).await;
    let to = asking.field("to");
    let sent = [("token", TOKEN), ("to", to.as_str())];
    let entered = server.submit("/admin/login", &sent).await;
    assert_eq!(entered.leads_to(), "/admin/door?event=7");

    // A form that was sent is not sent again: its page is where it can be.
    for (form, page) in [
        ("/admin/events/7/cancellation", "%2Fevents%2F7"),
        ("/admin/events/7/edit", "%2Fevents%2F7"),
        ("/admin/events", "%2Fnew"),
        ("/admin/door", "%2Fdoor"),
    ] {
        let sent = server.submit(form, &EVENT).await;
        assert_eq!(sent.leads_to(), format!("{login}{page}"), "{form}");
    }
}

#[tokio::test]
async fn a_session_opens_the_desk_and_not_the_api_and_ends() {
    let house = house();
    let server = house.open();
    let session = sign_in(&server).await;
    let desk = server.open_page("/admin", &session).await;
    desk.says("New event").says("Sign out");
    let api = server.ask("GET /api/reservations", &session, "").await;
    assert_eq!(body_of(&api, 401)["error"]["code"], "UNAUTHORIZED");
    let left = server.submit_with("/admin/logout", &[], &session).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing_at_the_desk() {
    let house = house();
    let server = house.open();
    let session = sign_in(&server).await;
    let page = put_on_sale(&server, &session).await;
    let edit = format!("{page}/edit");
    let form = server.open_page(&edit, &session).await;
    let mut changed = EVENT.to_vec();
    changed[0] = ("name", "Stolen");
    let version = form.field("version");
    changed.extend([("version", version.as_str()), ("token", TOKEN)]);
    let foreign = session.replace("same-origin", "cross-site");
    for path in [
        "/admin/events",
        &edit,
        "/admin/login",
        "/admin/events/1/cancellation",
        "/admin/door",
        "/admin/logout",
    ] {
        let answer = server.submit_with(path, &changed, &foreign).await;
        assert_eq!(answer.status(), 403, "{path}");
        assert_eq!(answer.header("set-cookie"), "", "{path}");
    }
    let list = server.page("/?show=all").await;
    list.says("1 event").says("Gala").says_no("Stolen");
}

#[tokio::test]
async fn an_event_is_created_changed_copied_and_called_off_at_the_desk() {
    let house = house();
    let server = house.open();
    let session = sign_in(&server).await;
    let page = put_on_sale(&server, &session).await;
    assert_eq!(
        put_on_sale(&server, &session).await,
        page,
        "the key counts once"
    );
    server
        .open_page(&page, &session)
        .await
        .says("Gala")
        .says("<th scope=\"row\">VIP</th>");
    let id = page.rsplit('/').next().expect("an id").to_owned();
    server
        .page(&format!("/events/{id}"))
        .await
        .says("₩150,000")
        .says("Numbered seats");

    let edit = format!("{page}/edit");
    let form = server.open_page(&edit, &session).await;
    form.says("value=\"2031-01-01T19:00:00\"")
        .says("value=\"150000\"");
    let version = form.field("version");
    let mut changed = EVENT.to_vec();
    changed[0] = ("name", "Gala Night");
    changed.push(("version", &version));
    assert_eq!(
        server
            .submit_with(&edit, &changed, &session)
            .await
            .leads_to(),
        page
    );
    let late = server.submit_with(&edit, &changed, &session).await;
    assert_eq!(late.status(), 409);
    late.says("The event has changed since you read it");

    server
        .open_page(&format!("{page}/copy"), &session)
        .await
        .says("value=\"Gala Night\"")
        .says("action=\"/admin/events\"");

    let cancellation = format!("{page}/cancellation");
    let unsure = server
        .submit_with(&cancellation, &[("name", "Gala")], &session)
        .await;
    assert_eq!(unsure.leads_to(), format!("{page}?unsure=1"));
    server
        .page(&format!("/events/{id}"))
        .await
        .says("Choose your tickets");
    let sure = server
        .submit_with(&cancellation, &[("name", "Gala Night")], &session)
        .await;
    assert_eq!(sure.leads_to(), page);
    server
        .page(&format!("/events/{id}"))
        .await
        .says("This event was called off");
}

#[tokio::test]
async fn an_edit_that_changes_nothing_changes_nothing() {
    let house = House::new();
    let server = house.open();
    let mut client = server.client().await;
    for secs in [1, 100] {
        let fields = json!({ "holdSeconds": secs, "price": { "r": 5 }, "totalSeats": 9 });
        let event = server.event(fields).await;
        let edit = format!("/admin/events/{event}/edit");
        let form = server.page(&edit).await;
        let read = |name: &str| (name.to_owned(), form.field(name));
        let fields = ["version", "name", "date", "zone", "currency", "hold"].map(read);
        let grade = ["grade", "price", "total"].map(read);
        let sent: Vec<_> = fields.iter().chain(&grade).collect();
        let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        server.submit(&edit, &sent).await.leads_to();
        let answer = client.get(&format!("/api/events/{event}")).await;
        let told = body_of(&answer.expect("an answer"), 200);
        assert_eq!(told["holdSeconds"], secs);
        assert_eq!(told["version"], 1, "there was nothing to commit");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_told_where_it_stands() {
    let house = house();
    let server = house.open();
    let session = sign_in(&server).await;
    let mut bad = EVENT.to_vec();
    bad[1] = ("date", "soon");
    bad[8] = ("price", "many");
    let page = server.submit_with("/admin/events", &bad, &session).await;
    assert_eq!(page.status(), 422);
    page.says("must be a date-time")
        .says("Price: ")
        .says("value=\"Gala\"");
}

/// A server with a confirmed reservation of two.
pub(crate) struct Sold {
    pub(crate) server: Server,
    /// The organizer's session.
    pub(crate) session: String,
    /// The event's number.
    pub(crate) event: String,
    /// The codes of the tickets.
    pub(crate) codes: Vec<String>,
}

pub(super) async fn sold(house: &House) -> Sold {
    sold_at(house.open()).await
}

/// The same at a server that runs.
pub(crate) async fn sold_at(server: Server) -> Sold {
    let session = sign_in(&server).await;
    let mut free = EVENT.to_vec();
    free[4] = ("hold", "0");
    let made = server.submit_with("/admin/events", &free, &session).await;
    let to = made.leads_to();
    let event = to.rsplit('/').next().expect("an id").to_owned();
    let reserve = format!("/events/{event}/reservations");
    let wanted = [("user", "@mina"), ("seatType", "R"), ("quantity", "2")];
    let mine = server.submit(&reserve, &wanted).await.leads_to();
    let html = server.page(&mine).await.html();
    let codes = html.split("</svg><code>").skip(1);
    let codes = codes.map(|code| code.split_once('<').expect("its end").0.to_owned());
    Sold {
        codes: codes.collect(),
        server,
        session,
        event,
    }
}

#[tokio::test]
async fn reservations_are_searched_and_exported() {
    let house = house();
    let Sold {
        server,
        session,
        event: id,
        ..
    } = sold(&house).await;
    let list = server
        .open_page(&format!("/admin/reservations?event={id}"), &session)
        .await;
    list.says("1 reservation").says("@mina").says("R × 2");
    let other = server
        .open_page("/admin/reservations?user=nobody", &session)
        .await;
    other.says("No reservation found");

    let csv = server
        .open_page(&format!("/admin/events/{id}/reservations.csv"), &session)
        .await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    csv.says("code,reservation,user,grade")
        .says("\"'@mina\",\"R\",\"2\"")
        .says("\"CONFIRMED\"");
}

#[tokio::test]
async fn an_export_tells_amounts_as_people_write_them_with_their_currency() {
    let house = House::new();
    let server = house.open();
    let dollars = json!({ "currency": "USD", "price": { "R": 1_250 }, "totalSeats": 5 });
    let event = server.held_event(dollars).await;
    server.reserved(event, "mina").await;
    let csv = server
        .page(&format!("/admin/events/{event}/reservations.csv"))
        .await;
    csv.says(",total,currency,status,")
        .says(",\"25.00\",\"USD\",\"HELD\"");
}

#[tokio::test]
async fn without_a_token_the_desk_is_open_as_the_api_is() {
    let house = House::new();
    let server = house.open();
    let event = server
        .held_event(json!({ "eventName": "<b>Open</b>" }))
        .await;
    let page = server.page(&format!("/admin/events/{event}")).await;
    page.says("&#60;b&#62;Open&#60;/b&#62;")
        .says("Invariants")
        .says_no("Sign out");
    let pulse = server.page("/admin/pulse").await;
    pulse.says("\"queueLength\":0");
}
