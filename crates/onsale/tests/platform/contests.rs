//! Contests in which buyers pay, held as an engineer holds them.

use serde_json::{Value, json};

use crate::server::House;

/// Holds a contest on a server of this test's own; gives its report.
fn contest(arguments: &[&str]) -> Value {
    let house = House::new();
    let server = house.open();
    let output = crate::server::onsale()
        .args(["contest", "--json", "--url", &server.url])
        .args(["--buyers", "200", "--tickets", "60"])
        .args(arguments)
        .output()
        .expect("the contest is held");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}{told}");
    let (books, right) = house.audit();
    assert!(right, "{books}");
    serde_json::from_str(&report).expect("a report")
}

#[test]
fn everybody_who_gets_tickets_pays_for_them_and_some_get_their_money_back() {
    let report = contest(&["--pay", "--cancel-percent", "50"]);
    assert_eq!(report["paid"], report["reservations"]);
    let sold = report["sold"].as_u64().expect("a count");
    assert_eq!(report["money"], sold * 100_000);
    assert!(report["cancelled"].as_u64() > Some(0), "{report}");
}

#[test]
fn who_never_pays_loses_her_seats() {
    let report = contest(&["--pay", "--abandon-percent", "50"]);
    let (paid, unpaid) = (report["paid"].as_u64(), report["unpaid"].as_u64());
    assert!(paid > Some(0) && unpaid > Some(0), "{report}");
    let all = paid.zip(unpaid).map(|(paid, unpaid)| paid + unpaid);
    assert_eq!(report["reservations"].as_u64(), all);
    assert_eq!(report["money"].as_u64(), paid.map(|paid| paid * 100_000));
}

#[tokio::test]
async fn a_contest_on_an_event_leaves_others_what_they_have() {
    let house = House::new();
    let server = house.open();
    let hall = json!({ "seatType": "A", "price": 5, "total": 60, "seating": "ASSIGNED", "rows": 6,
        "seatsPerRow": 10 });
    let event = server.event(json!({ "seatTypes": [hall] })).await;
    let mut client = server.client().await;
    let taken = json!({ "eventId": event, "userId": "mina", "seats": ["A-B-3", "A-B-4"] });
    let taken = client.post("/api/reservations", None, &taken).await;
    assert_eq!(taken.expect("an answer").status.as_u16(), 201);

    let contest = |how: &[&str]| {
        let output = crate::server::onsale()
            .args(["contest", "--json", "--url", &server.url])
            .args(["--event", &event.to_string(), "--buyers", "120"])
            .args(how)
            .output();
        output.expect("the contest is held")
    };
    for wrong in [&[][..], &["--assigned", "best", "--pay"]] {
        assert!(!contest(wrong).status.success(), "{wrong:?}");
    }
    for (sold, refused) in [(58, 62), (0, 120)] {
        let output = contest(&["--assigned", "name"]);
        let report = String::from_utf8_lossy(&output.stdout);
        let report: Value = serde_json::from_str(&report).expect("a report");
        assert!(output.status.success(), "{report}");
        assert_eq!(
            (&report["sold"], &report["refused"]),
            (&sold.into(), &refused.into())
        );
        assert_eq!(report["others"], 60 - sold, "{report}");
        assert_eq!(report["soldTwice"], 0);
    }
    let (books, right) = house.audit();
    assert!(right, "{books}");
}
