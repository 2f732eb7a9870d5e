//! What hostile names, hostile pages and hostile forms get: nothing.

use serde_json::json;

use crate::server::House;

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{7*7}}";

#[tokio::test]
async fn hostile_names_are_text_wherever_they_stand() {
    let house = House::new();
    let server = house.open();
    let event = server
        .held_event(json!({
            "eventName": HOSTILE,
            "description": HOSTILE,
            "venue": { "name": HOSTILE, "address": HOSTILE },
        }))
        .await;
    let hold = server.reserved(event, "mina").await;
    let paths = [
        "/".to_owned(),
        format!("/events/{event}"),
        hold,
        "/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
        "/tickets?code=%22%3E%3Cscript%3E&user=%22%3E%3Cscript%3E".to_owned(),
    ];
    for path in paths {
        let page = server.page(&path).await;
        page.says_no("<script>")
            .says_no("<img")
            .says_no("onerror=alert(1)>&");
        page.says("<script type=\"module\" src=\"/assets/");
    }
    let bad = [
        ("user", HOSTILE),
        ("seatType", HOSTILE),
        ("quantity", HOSTILE),
    ];
    let page = server
        .submit(&format!("/events/{event}/reservations"), &bad)
        .await;
    assert_eq!(page.status(), 422);
    page.says_no("<script>").says_no("<img");
}

#[tokio::test]
async fn a_page_runs_and_loads_nothing_that_is_not_ours() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let hold = server.reserved(event, "mina").await;
    let desk = format!("/admin/events/{event}");
    let other_house = super::desk::house();
    let locked = other_house.open();
    let seats = json!({ "seatType": "R", "price": 1, "total": 20, "seating": "ASSIGNED",
        "rows": 2, "seatsPerRow": 10 });
    let hall = server.event(json!({ "seatTypes": [seats] })).await;
    for (server, path) in [
        (&server, "/"),
        (&server, &format!("/events/{event}")),
        (&server, &format!("/events/{hall}/seats")),
        (&server, &hold),
        (&server, "/tickets"),
        (&server, "/nowhere"),
        (&locked, "/admin/login"),
        (&server, "/admin"),
        (&server, "/admin/new"),
        (&server, &desk),
        (&server, &format!("{desk}/edit")),
        (&server, &format!("{desk}/copy")),
        (&server, "/admin/reservations"),
        (&server, &format!("/admin/door?event={event}")),
    ] {
        let page = server.page(path).await;
        assert_ne!(page.status(), 303, "{path} is a page");
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        page.says_no(" style=")
            .says_no(" onclick=")
            .says_no("http://")
            .says_no("https://");
    }
}

#[tokio::test]
async fn a_form_that_another_sites_page_sends_does_nothing() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let hold = server.reserved(event, "mina").await;
    let taken = [("user", "mina"), ("seatType", "R"), ("quantity", "1")];
    let reserve = format!("/events/{event}/reservations");
    let payment = format!("{hold}/payment");
    let cancellation = format!("{hold}/cancellation");
    let extension = format!("{hold}/extension");
    for headers in [
        "sec-fetch-site: cross-site\r\n",
        "sec-fetch-site: same-site\r\n",
        "origin: https://evil.example\r\n",
        "origin: null\r\n",
    ] {
        for path in [&reserve, &payment, &cancellation, &extension] {
            let page = server.submit_with(path, &taken, headers).await;
            assert_eq!(page.status(), 403, "{path} {headers}");
            page.says("sent from another site");
        }
    }
    server
        .page(&format!("/events/{event}"))
        .await
        .says("18 seats left");
    server.page(&hold).await.says("Your seats are kept");
}

#[tokio::test]
async fn hostile_names_are_text_at_the_desk_too() {
    let house = House::new();
    let server = house.open();
    let fields = json!({ "eventName": HOSTILE, "description": HOSTILE, "venue": HOSTILE });
    let event = server.held_event(fields).await;
    server.reserved(event, "@mina").await;
    let desk = format!("/admin/events/{event}");
    let code = "%22%3E%3Cscript%3E";
    for path in [
        "/admin",
        &format!("/admin?q={code}"),
        &desk,
        &format!("{desk}/edit"),
        &format!("{desk}/copy"),
        &format!("/admin/reservations?event={code}&user={code}&code={code}&status={code}"),
        &format!("/admin/door?event={event}"),
        &format!("/admin/door?event={code}"),
    ] {
        let page = server.page(path).await;
        page.says_no("<script>")
            .says_no("<img")
            .says("<script type=\"module\" src=\"/assets/");
    }
    let typed = [("event", HOSTILE), ("code", HOSTILE), ("any", HOSTILE)];
    let page = server.submit("/admin/door", &typed).await;
    page.says_no("<script>").says_no("<img");
}

#[tokio::test]
async fn only_forms_are_read_as_forms() {
    let house = House::new();
    let server = house.open();
    let event = server.held_event(json!({})).await;
    let path = format!("POST /events/{event}/reservations");
    let answer = server
        .ask(&path, "accept: text/html\r\n", "{\"user\":\"mina\"}")
        .await;
    assert_eq!(answer.status.as_u16(), 415);
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_address_of_their_version_only() {
    let house = House::new();
    let server = house.open();
    let html = server.page("/").await.html();
    let css = html
        .split_once("rel=\"stylesheet\" href=\"")
        .expect("a stylesheet")
        .1;
    let css = css.split_once('"').expect("its end").0;
    let own = server.page(css).await;
    assert!(own.header("cache-control").contains("immutable"));
    assert_eq!(own.header("content-type"), "text/css; charset=utf-8");
    let other = server.page("/assets/0/onsale.css").await;
    assert_eq!(other.header("cache-control"), "no-cache");
    assert_eq!(server.page("/assets/0/nothing.css").await.status(), 404);
    assert_eq!(server.page("/assets/0/..%2Fonsale.css").await.status(), 404);
}
