//! Reservations looked up at the desk: what was asked for is found, or why it was not looked for.

use super::desk::{Sold, house, sold};
use crate::server::body_of;

/// The code of the one reservation that was sold.
async fn code_of(sold: &Sold) -> String {
    let headers = format!("authorization: Bearer {}\r\n", super::desk::TOKEN);
    let list = sold.server.ask("GET /api/reservations", &headers, "").await;
    let list = body_of(&list, 200);
    let code = list["content"][0]["reservationCode"].as_str();
    code.expect("a code").to_owned()
}

#[tokio::test]
async fn what_cannot_be_searched_for_finds_nothing_and_says_why() {
    let house = house();
    let sold = sold(&house).await;
    let code = code_of(&sold).await;
    for (asked, told) in [
        (
            format!("code={code}"),
            "is needed beside a reservation code",
        ),
        (
            format!("code={code}&user=mina+kim"),
            "must be 1 to 64 characters",
        ),
        ("user=mina+kim".to_owned(), "must be 1 to 64 characters"),
        (
            "user=%40mina&code=nonsense".to_owned(),
            "This is not a reservation code.",
        ),
        ("event=x".to_owned(), "This is not an event&#39;s number."),
        ("status=LOST".to_owned(), "must be one of HELD"),
    ] {
        let path = format!("/admin/reservations?{asked}");
        let page = sold.server.open_page(&path, &sold.session).await;
        assert_eq!(page.status(), 422, "{asked}");
        page.says(told)
            .says("Nothing was searched for")
            .says_no("R × 2");
    }
}

#[tokio::test]
async fn a_code_and_its_buyer_find_one_reservation_of_the_event_that_is_asked_for() {
    let house = house();
    let sold = sold(&house).await;
    let code = code_of(&sold).await.to_lowercase();
    let found = async |more: &str| {
        let path = format!("/admin/reservations?user=%40mina&code={code}{more}");
        sold.server.open_page(&path, &sold.session).await
    };
    found("").await.says("1 reservation").says("R × 2");
    let event = format!("&event={}&status=CONFIRMED&page=0", sold.event);
    found(&event).await.says("1 reservation");
    found("&event=99").await.says("No reservation found");
    found("&status=HELD").await.says("No reservation found");
}
