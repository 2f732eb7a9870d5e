//! Others who buy at the same time: what they have is theirs, and counts all the same.

use super::seats::{honest, labels};
use super::*;

impl Sale {
    /// Somebody who is none of the contest's buyers has bought.
    fn others(mut self, id: &str, quantity: u32) -> Self {
        self = self.listed(id, "somebody", quantity);
        let last = self.ledger.entries.pop();
        self.ledger.others.extend(last);
        self
    }
}

#[test]
fn what_others_buy_at_the_same_time_is_theirs() {
    let sale = sale(3).sold("a", "mina", 1).others("b", 2);
    let sale = sale.refused("joon", 1, 0);
    assert_eq!(sale.found(), []);
    assert_eq!((sale.sold_twice(), sale.ledger.with_others()), (0, 2));
}

#[test]
fn tickets_that_others_have_beyond_the_stock_are_found() {
    let sale = sale(3).sold("a", "mina", 2).others("b", 2);
    let beyond = Violation::SoldBeyondStock { live: 4, total: 3 };
    assert!(sale.found().contains(&beyond), "{:?}", sale.found());
    assert_eq!(sale.sold_twice(), 1);
}

#[test]
fn a_seat_that_somebody_else_has_too_is_found() {
    let mut sale = honest().others("c", 1);
    sale.ledger.others[0].seats = labels(&["R-B-1"]);
    let sale = sale.map(&["R-B-1"], true);
    assert_eq!(sale.found(), []);

    let mut sale = honest().others("c", 1);
    sale.ledger.others[0].seats = labels(&["R-B-2"]);
    let twice = Violation::SeatSoldTwice {
        seat: "R-B-2".to_owned(),
        reservations: vec!["b".to_owned(), "c".to_owned()],
    };
    assert!(sale.found().contains(&twice), "{:?}", sale.found());
    assert_eq!(sale.sold_twice(), 1);
}
