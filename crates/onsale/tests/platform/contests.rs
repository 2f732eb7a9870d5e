//! Contests in which buyers pay, held as an engineer holds them.

use serde_json::Value;

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
