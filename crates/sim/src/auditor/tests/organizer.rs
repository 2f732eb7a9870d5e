//! The door, and an event that is called off.

use super::*;

fn enters(id: Uuid, undo: bool) -> Ask {
    Ask::Enter {
        event: 1,
        id,
        number: 1,
        undo,
        key: None,
    }
}

fn used(shown: &Shown, at: u64) -> Shown {
    Shown {
        used: vec![(1, micros(at))],
        ..shown.clone()
    }
}

/// One ticket, sold at 2.
fn sold() -> (Account, Shown) {
    let mut account = Account::default();
    let sold = row(1, 1, 2);
    account.asks(reserve(1), 1, 3, Some(done(&sold)));
    account.rows = vec![sold.clone()];
    (account, sold)
}

#[test]
fn a_ticket_may_have_been_used_by_whom_nobody_answered() {
    let (mut account, sold) = sold();
    account.asks(enters(sold.id, false), 4, 0, None);
    let told = Told::TicketUsed { at: micros(5) };
    account.asks(enters(sold.id, false), 6, 7, Some(told));
    account.rows = vec![used(&sold, 5)];
    assert_eq!(rules(account), []);
}

#[test]
fn a_ticket_does_not_admit_twice() {
    let (mut account, sold) = sold();
    account.asks(enters(sold.id, false), 4, 6, Some(done(&used(&sold, 5))));
    account.asks(enters(sold.id, false), 7, 9, Some(done(&used(&sold, 8))));
    account.rows = vec![used(&sold, 8)];
    assert_eq!(rules(account), [Rule::AdmittedOnce]);
}

#[test]
fn a_ticket_admits_again_once_that_is_taken_back() {
    let (mut account, sold) = sold();
    account.asks(enters(sold.id, false), 4, 6, Some(done(&used(&sold, 5))));
    account.asks(enters(sold.id, true), 7, 9, Some(done(&sold)));
    account.asks(enters(sold.id, false), 10, 12, Some(done(&used(&sold, 11))));
    account.rows = vec![used(&sold, 11)];
    assert_eq!(rules(account), []);
}

#[test]
fn an_admission_that_was_told_is_in_the_ledger() {
    let (mut account, sold) = sold();
    account.asks(enters(sold.id, false), 4, 6, Some(done(&used(&sold, 5))));
    assert_eq!(rules(account), [Rule::AdmittedOnce]);
}

#[test]
fn what_was_used_is_not_given_back_by_its_buyer() {
    let (mut account, sold) = sold();
    let gone = Shown {
        status: Status::Cancelled,
        ended_at: Some(micros(8)),
        tickets: 0,
        ..sold.clone()
    };
    account.asks(enters(sold.id, false), 4, 6, Some(done(&used(&sold, 5))));
    account.asks(cancel(sold.id, None), 7, 9, Some(done(&gone)));
    account.rows = vec![gone];
    assert_eq!(rules(account), [Rule::AdmittedOnce]);
}

/// One ticket, sold at 2, of an event that is called off at 5.
fn called_off() -> (Account, Shown) {
    let (mut account, sold) = sold();
    let told = Told::CalledOff { at: micros(5) };
    account.asks(Ask::CallOff { event: 1 }, 4, 6, Some(told));
    account.off_at = Some(micros(5));
    let gone = Shown {
        status: Status::Cancelled,
        ended_at: Some(micros(7)),
        tickets: 0,
        ..sold
    };
    account.rows = vec![gone.clone()];
    (account, gone)
}

#[test]
fn an_event_that_is_called_off_gives_its_seats_back_and_sells_no_more() {
    let (mut account, _) = called_off();
    account.asks(reserve(1), 8, 9, Some(Told::EventOff));
    assert_eq!(rules(account), []);
}

#[test]
fn nobody_keeps_a_seat_of_an_event_that_was_called_off() {
    let (mut account, gone) = called_off();
    account.rows = vec![Shown {
        status: Status::Confirmed,
        ended_at: None,
        tickets: 1,
        ..gone
    }];
    assert_eq!(rules(account), [Rule::CallingOffClears]);
}

#[test]
fn nothing_is_sold_of_an_event_that_was_called_off() {
    let (mut account, _) = called_off();
    let late = row(2, 1, 8);
    account.asks(reserve(1), 7, 9, Some(done(&late)));
    account.asks(cancel(late.id, None), 10, 0, None);
    account.rows.push(Shown {
        status: Status::Cancelled,
        ended_at: Some(micros(11)),
        tickets: 0,
        ..late
    });
    assert_eq!(rules(account), [Rule::Linearizable]);
}

#[test]
fn an_event_that_was_called_off_in_words_is_so_in_the_tables() {
    let (mut account, _) = called_off();
    account.off_at = None;
    let found = rules(account);
    assert!(found.contains(&Rule::AcknowledgedSurvives), "{found:?}");
}

/// Seed 706,817: what a cancellation gave back that nobody was told of was sold again, and all of that in the
/// moment in which the event was called off.
#[test]
fn what_is_given_back_in_the_moment_of_calling_off_may_have_been_sold_again_before() {
    let mut account = Account::default();
    let full = row(1, 10, 2);
    account.asks(reserve(10), 1, 3, Some(done(&full)));
    account.asks(cancel(full.id, None), 4, 0, None);
    let next = row(2, 10, 7);
    account.asks(reserve(10), 5, 8, Some(done(&next)));
    let told = Told::CalledOff { at: micros(7) };
    account.asks(Ask::CallOff { event: 1 }, 6, 9, Some(told));
    account.off_at = Some(micros(7));
    let gone = |sold: Shown, at| Shown {
        status: Status::Cancelled,
        ended_at: Some(micros(at)),
        tickets: 0,
        ..sold
    };
    account.rows = vec![gone(full, 7), gone(next, 10)];
    assert_eq!(rules(account), []);
}
