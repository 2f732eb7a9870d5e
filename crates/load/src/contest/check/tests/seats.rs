//! Numbered seats: an honest hall passes, and each way to lie about a seat is found.

use super::*;

pub(super) fn labels(seats: &[&str]) -> Vec<String> {
    seats.iter().map(|seat| (*seat).to_owned()).collect()
}

/// Two rows of two seats, none of them sold.
fn hall() -> Sale {
    let mut sale = sale(4);
    let seats = ["R-A-1", "R-A-2", "R-B-1", "R-B-2"];
    sale.ledger.seats = Some(seats.map(|seat| (seat.to_owned(), false)).into());
    sale
}

impl Sale {
    /// Sells seats to somebody who named them.
    fn seated(mut self, id: &str, user: &str, seats: &[&str]) -> Self {
        let quantity = u32::try_from(seats.len()).unwrap();
        self = self.sold(id, user, quantity);
        let attempt = self.attempts.last_mut().unwrap();
        attempt.seats = labels(seats);
        if let Outcome::Sold(told) = &mut attempt.outcome {
            told.seats = labels(seats);
        }
        self.ledger.entries.last_mut().unwrap().seats = labels(seats);
        self.map(seats, true)
    }

    pub(super) fn map(mut self, seats: &[&str], taken: bool) -> Self {
        let map = self.ledger.seats.as_mut().unwrap();
        map.extend(labels(seats).into_iter().map(|seat| (seat, taken)));
        self
    }

    fn refused_seats(mut self, user: &str, asked: &[&str], taken: &[&str]) -> Self {
        let quantity = u32::try_from(asked.len()).unwrap();
        self = self.attempt(user, quantity, Outcome::SeatsTaken(labels(taken)));
        self.attempts.last_mut().unwrap().seats = labels(asked);
        self
    }
}

pub(super) fn honest() -> Sale {
    hall()
        .seated("a", "mina", &["R-A-1", "R-A-2"])
        .seated("b", "joon", &["R-B-2"])
        .refused_seats("hana", &["R-A-2", "R-B-1"], &["R-A-2"])
}

#[test]
fn an_honest_hall_has_no_violations() {
    assert_eq!(honest().found(), []);
    assert_eq!(honest().sold_twice(), 0);
}

#[test]
fn a_seat_with_two_owners_is_found_and_counted() {
    let sale = honest().seated("c", "sora", &["R-B-2"]);
    let twice = Violation::SeatSoldTwice {
        seat: "R-B-2".to_owned(),
        reservations: labels(&["b", "c"]),
    };
    assert_eq!(sale.found(), [twice]);
    assert_eq!(sale.sold_twice(), 1);
}

#[test]
fn a_seat_given_back_may_have_another_owner() {
    let mut sale = hall().seated("a", "mina", &["R-A-1"]);
    sale.attempts.last_mut().unwrap().cancellation = Some(Cancellation::Done);
    sale.ledger.entries.last_mut().unwrap().status = "CANCELLED".to_owned();
    sale.ledger.stock.sold = 0;
    let sale = sale.left(4).refused_seats("hana", &["R-A-1"], &["R-A-1"]);
    let sale = sale.seated("b", "joon", &["R-A-1"]);
    assert_eq!(sale.found(), []);
}

#[test]
fn other_seats_than_those_that_were_named_are_found() {
    let mut sale = honest();
    let Outcome::Sold(told) = &mut sale.attempts[1].outcome else {
        panic!("joon got a seat");
    };
    told.seats = labels(&["R-B-1"]);
    assert!(matches!(sale.found()[..], [Violation::SeatsDiffer { .. }]));
}

#[test]
fn other_seats_in_the_ledger_than_were_told_are_found() {
    let mut sale = honest().map(&["R-B-1"], true).map(&["R-B-2"], false);
    sale.ledger.entries[1].seats = labels(&["R-B-1"]);
    assert!(matches!(sale.found()[..], [Violation::SeatsDiffer { .. }]));
}

#[test]
fn seats_that_are_not_as_many_as_the_tickets_or_not_there_are_found() {
    for seats in [&["R-A-1"][..], &["R-A-1", "R-A-1"], &["R-A-1", "R-C-1"]] {
        let mut sale = hall().seated("a", "mina", &["R-A-1", "R-A-2"]);
        sale.ledger.entries[0].seats = labels(seats);
        let unfit = |found: &Violation| matches!(found, Violation::SeatsUnfit { .. });
        assert!(sale.found().iter().any(unfit), "{seats:?}");
    }
}

#[test]
fn a_map_that_forgets_a_seat_or_makes_one_up_is_found() {
    for (seat, taken) in [("R-A-1", false), ("R-B-1", true)] {
        let differs = Violation::MapDiffersFromLedger {
            seat: seat.to_owned(),
            taken,
        };
        assert_eq!(honest().map(&[seat], taken).found(), [differs]);
    }
}

#[test]
fn a_seat_that_nobody_had_was_not_taken() {
    for taken in [&["R-B-1"][..], &[], &["R-A-1"], &["R-A-2", "R-B-1"]] {
        let sale = honest().refused_seats("sora", &["R-A-2", "R-B-1"], taken);
        assert!(
            matches!(sale.found()[..], [Violation::SeatsNotTaken { .. }]),
            "{taken:?}"
        );
    }
}

#[test]
fn nobody_is_refused_her_own_seat() {
    let sale = hall()
        .seated("a", "mina", &["R-A-1"])
        .refused_seats("mina", &["R-A-1"], &["R-A-1"]);
    let own = |found: &Violation| matches!(found, Violation::SeatsNotTaken { .. });
    assert!(sale.found().iter().any(own));
}
