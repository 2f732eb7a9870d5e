//! Every rule has books that break it, and it alone.

use super::*;

/// Books that agree: 2 of 10 seats are held and 3 are sold, for 3,000, and 500 went back.
fn sound() -> Ledger {
    let seat_type: SeatType = "R".parse().expect("a grade's name");
    let stock = Stock {
        total: 10,
        available: 5,
        held: 2,
        sold: 3,
    };
    Ledger {
        event: EventId(1),
        version: Version(7),
        last_now: Timestamp::from_micros(9),
        log_len: 7,
        log_version_max: Version(7),
        log_backwards: 0,
        log_last_now: Timestamp::from_micros(9),
        grades: vec![GradeLedger::balanced(seat_type, stock)],
        reservations_astray: 0,
        reservations_ticketed_wrong: 0,
        reservations_due_wrong: 0,
        keys_astray: 0,
        claims_wrong: 0,
        money_in: Money(3_500),
        money_ticketed: Money(3_000),
        money_refunded: Money(500),
    }
}

fn broken(change: impl Fn(&mut Ledger)) -> Vec<Invariant> {
    let mut ledger = sound();
    change(&mut ledger);
    let violations = check(&ledger);
    let broken = violations.iter().map(|violation| violation.invariant);
    broken.collect()
}

#[test]
fn sound_books_break_no_rule() {
    assert_eq!(check(&sound()), []);
}

#[test]
fn a_seat_too_many_or_too_few_breaks_the_sum() {
    for by in [-1, 1] {
        let changed = broken(|ledger| ledger.grades[0].available += by);
        assert_eq!(changed, [Invariant::StockAddsUp]);
    }
}

#[test]
fn a_negative_number_breaks_the_sum_although_it_adds_up() {
    let changed = broken(|ledger| {
        ledger.grades[0].total = 4;
        ledger.grades[0].available = -1;
    });
    assert_eq!(changed, [Invariant::StockAddsUp]);
}

#[test]
fn seats_held_that_no_reservation_holds_break_the_stock() {
    let changed = broken(|ledger| ledger.grades[0].reserved_held = 1);
    assert_eq!(changed, [Invariant::StockIsReserved]);
}

#[test]
fn seats_sold_that_no_reservation_owns_break_the_stock() {
    let changed = broken(|ledger| ledger.grades[0].reserved_sold = 4);
    assert_eq!(changed, [Invariant::StockIsReserved]);
}

#[test]
fn a_reservation_of_no_grade_breaks_the_stock() {
    let changed = broken(|ledger| ledger.reservations_astray = 1);
    assert_eq!(changed, [Invariant::StockIsReserved]);
}

#[test]
fn a_ticket_too_many_or_too_few_breaks_the_tickets() {
    for by in [-1, 1] {
        let changed = broken(|ledger| ledger.grades[0].tickets_live += by);
        assert_eq!(changed, [Invariant::TicketsMatch]);
    }
}

#[test]
fn tickets_of_the_wrong_reservation_break_the_tickets() {
    let changed = broken(|ledger| ledger.reservations_ticketed_wrong = 1);
    assert_eq!(changed, [Invariant::TicketsMatch]);
}

#[test]
fn a_version_that_is_not_in_the_log_breaks_the_chain() {
    let missing = broken(|ledger| ledger.log_len = 6);
    assert_eq!(missing, [Invariant::ChainIsWhole]);
    let unlogged = broken(|ledger| ledger.version = Version(8));
    assert_eq!(unlogged, [Invariant::ChainIsWhole]);
    let ahead = broken(|ledger| ledger.log_version_max = Version(8));
    assert_eq!(ahead, [Invariant::ChainIsWhole]);
}

#[test]
fn a_step_back_in_time_breaks_the_order() {
    let back = broken(|ledger| ledger.log_backwards = 1);
    assert_eq!(back, [Invariant::TimeRunsForward]);
    let other = broken(|ledger| ledger.last_now = Timestamp::from_micros(8));
    assert_eq!(other, [Invariant::TimeRunsForward]);
}

#[test]
fn a_key_that_leads_nowhere_breaks_the_keys() {
    let changed = broken(|ledger| ledger.keys_astray = 1);
    assert_eq!(changed, [Invariant::KeysLead]);
}

#[test]
fn a_seat_that_is_claimed_wrongly_breaks_the_claims() {
    let changed = broken(|ledger| ledger.claims_wrong = 1);
    assert_eq!(changed, [Invariant::SeatsAreClaimedOnce]);
}

#[test]
fn a_hold_without_an_end_breaks_the_holds() {
    let changed = broken(|ledger| ledger.reservations_due_wrong = 1);
    assert_eq!(changed, [Invariant::HoldsEnd]);
}

#[test]
fn money_that_is_neither_ticketed_nor_refunded_breaks_the_sum() {
    for change in [-1, 1] {
        let changed = broken(|ledger| ledger.money_in.0 += change);
        assert_eq!(changed, [Invariant::MoneyAddsUp]);
    }
}

#[test]
fn every_broken_rule_is_told_and_each_grade_with_its_name() {
    let mut ledger = sound();
    ledger.grades.push(ledger.grades[0].clone());
    for grade in &mut ledger.grades {
        grade.available = 0;
    }
    ledger.keys_astray = 2;
    let told: Vec<String> = check(&ledger).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "event 1: stock_adds_up: R: 0 available + 2 held + 3 sold, 10 in all",
            "event 1: stock_adds_up: R: 0 available + 2 held + 3 sold, 10 in all",
            "event 1: keys_lead: 2 that lead nowhere",
        ]
    );
}

#[test]
fn every_rule_has_its_own_name_and_meaning() {
    let names: std::collections::HashSet<_> =
        Invariant::ALL.iter().map(|rule| rule.name()).collect();
    let meanings: std::collections::HashSet<_> =
        Invariant::ALL.iter().map(|rule| rule.meaning()).collect();
    assert_eq!((names.len(), meanings.len()), (9, 9));
}
