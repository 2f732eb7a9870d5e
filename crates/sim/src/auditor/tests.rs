//! Days that are right and that the auditor once took for wrong, and days that are wrong.

mod organizer;

use std::sync::Arc;
use std::time::Duration;

use boxoffice::grade::SeatType;
use uuid::Uuid;

use super::*;
use crate::day::EventEvidence;
use crate::history::{Op, Shown, Status};
use crate::scenario::{EventPlan, GradePlan};
use crate::world::Moment;

/// An event of one grade with ten seats, and what was asked and told, one each millisecond.
#[derive(Default)]
struct Account {
    history: Vec<Op>,
    rows: Vec<Shown>,
    off_at: Option<i64>,
}

fn grade() -> SeatType {
    "A".parse().expect("a grade")
}

/// A moment: each has a millisecond of its own.
fn moment(order: u64) -> Moment {
    Moment {
        order,
        at: Duration::from_millis(order),
    }
}

fn micros(order: u64) -> i64 {
    i64::try_from(order).expect("a time") * 1_000
}

fn row(id: u128, quantity: u32, at: u64) -> Shown {
    Shown {
        id: Uuid::from_u128(id),
        event: 1,
        user: "u1".parse().expect("a user"),
        grade: grade(),
        quantity,
        status: Status::Confirmed,
        reserved_at: micros(at),
        expires_at: None,
        ended_at: None,
        tickets: quantity,
        used: Vec::new(),
        seats: Vec::new(),
        price: i64::from(quantity) * 1_000,
        paid: None,
    }
}

fn reserve(quantity: u32) -> Ask {
    reserve_under(None, quantity)
}

fn reserve_under(key: Option<&str>, quantity: u32) -> Ask {
    Ask::Reserve {
        event: 1,
        user: "u1".parse().expect("a user"),
        grade: grade(),
        quantity,
        seats: Vec::new(),
        key: key.map(|key| key.parse().expect("a key")),
    }
}

fn cancel(id: Uuid, key: Option<&str>) -> Ask {
    Ask::Cancel {
        event: 1,
        user: "u1".parse().expect("a user"),
        id,
        key: key.map(|key| key.parse().expect("a key")),
    }
}

fn done(shown: &Shown) -> Told {
    Told::Done {
        shown: shown.clone(),
        replayed: false,
    }
}

fn rules(account: Account) -> Vec<Rule> {
    let found = account.audit(0);
    found.iter().map(|found| found.rule).collect()
}

impl Account {
    fn asks(&mut self, ask: Ask, asked: u64, answered: u64, told: Option<Told>) {
        self.history.push(Op {
            node: 0,
            life: 1,
            ask: Arc::new(ask),
            asked: moment(asked),
            answered: told.is_some().then(|| moment(answered)),
            told: told.map(Arc::new),
            in_calm: false,
        });
    }

    /// What the auditor says, where refusals may be so many milliseconds old.
    fn audit(self, sold_out_age_ms_max: u32) -> Vec<Violation> {
        let mut scenario = Scenario::of(1);
        scenario.limits.sold_out_age_ms_max = sold_out_age_ms_max;
        let event = EventEvidence {
            id: 1,
            plan: EventPlan {
                grades: vec![GradePlan {
                    total: 10,
                    seats_per_row: None,
                }],
                hold_secs: 0,
                buyer_tickets_max: None,
                late: false,
            },
            grades: vec![grade()],
            off_at: self.off_at,
            ledger: None,
            listed: Ok(self.rows.clone()),
            reservations: self.rows,
        };
        let evidence = Evidence {
            history: self.history,
            events: vec![event],
            ..Evidence::default()
        };
        let mut found = audit(&scenario, &evidence);
        // There is no ledger here to agree with.
        found.retain(|violation| violation.rule != Rule::CountsAgree);
        found
    }
}

/// Eight of ten seats are sold between 10 and 30, decided at 20; somebody asks at 32.
fn told_of_ten_left_after_a_sale() -> Account {
    let mut account = Account::default();
    let sold = row(1, 8, 20);
    account.asks(reserve(1), 1, 2, Some(Told::Nothing(Nothing::Overloaded)));
    let done = Told::Done {
        shown: sold.clone(),
        replayed: false,
    };
    account.asks(reserve(8), 10, 30, Some(done));
    account.asks(reserve(11), 32, 33, Some(Told::TooFew { available: 10 }));
    account.rows = vec![sold];
    account
}

#[test]
fn a_refusal_may_be_told_of_a_state_as_old_as_the_configuration_says() {
    assert_eq!(told_of_ten_left_after_a_sale().audit(20), []);
}

#[test]
fn a_refusal_may_not_be_told_of_an_older_state() {
    let found = told_of_ten_left_after_a_sale().audit(0);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].rule, Rule::Linearizable);
}

/// Cancelled twice without an answer, first without a key and then with one.
fn cancelled_with_and_without_a_key() -> (Account, Shown) {
    let mut account = Account::default();
    let sold = row(1, 2, 2);
    let gone = Shown {
        status: Status::Cancelled,
        ended_at: Some(micros(15)),
        tickets: 0,
        ..sold.clone()
    };
    let done = Told::Done {
        shown: sold,
        replayed: false,
    };
    account.asks(reserve(2), 1, 3, Some(done));
    account.asks(cancel(gone.id, None), 10, 0, None);
    account.asks(cancel(gone.id, Some("k1")), 11, 0, None);
    account.rows = vec![gone.clone()];
    (account, gone)
}

#[test]
fn a_cancellation_whose_key_is_replayed_is_the_one_that_was_done() {
    let (mut account, gone) = cancelled_with_and_without_a_key();
    let replayed = Told::Done {
        shown: gone.clone(),
        replayed: true,
    };
    account.asks(cancel(gone.id, Some("k1")), 20, 21, Some(replayed));
    assert_eq!(account.audit(0), []);
}

#[test]
fn a_key_that_did_nothing_is_not_replayed() {
    let (mut account, gone) = cancelled_with_and_without_a_key();
    let replayed = Told::Done {
        shown: gone.clone(),
        replayed: true,
    };
    account.asks(cancel(gone.id, Some("k2")), 20, 21, Some(replayed));
    assert_eq!(rules(account), [Rule::KeysLeadOnce, Rule::Linearizable]);
}

#[test]
fn a_reservation_is_that_of_the_request_whose_key_was_used() {
    let mut account = Account::default();
    account.asks(reserve_under(Some("k1"), 1), 1, 0, None);
    account.asks(reserve_under(Some("k2"), 1), 2, 0, None);
    account.asks(reserve_under(Some("k2"), 2), 20, 21, Some(Told::KeyReused));
    account.rows = vec![row(1, 1, 10)];
    assert_eq!(account.audit(0), []);
}

/// Seed 729,061: a double click under a key and another request, and nobody was answered.
#[test]
fn a_key_makes_one_reservation_of_two_that_nobody_was_told_of() {
    let mut account = Account::default();
    account.asks(reserve_under(Some("k1"), 1), 1, 0, None);
    account.asks(reserve_under(Some("k1"), 1), 2, 0, None);
    account.asks(reserve(1), 3, 0, None);
    account.rows = vec![row(1, 1, 10), row(2, 1, 10)];
    assert_eq!(account.audit(0), []);
}

#[test]
fn a_key_does_not_make_two_reservations() {
    let mut account = Account::default();
    account.asks(reserve_under(Some("k1"), 1), 1, 0, None);
    account.asks(reserve_under(Some("k1"), 1), 2, 0, None);
    account.rows = vec![row(1, 1, 10), row(2, 1, 10)];
    assert_eq!(rules(account), [Rule::Linearizable]);
}

/// Asked for one seat, and told of this as done.
fn told_of(shown: &Shown) -> Vec<Rule> {
    let mut account = Account::default();
    account.asks(reserve(1), 1, 3, Some(done(shown)));
    account.rows = vec![row(1, 1, 2)];
    rules(account)
}

#[test]
fn what_is_told_of_a_reservation_is_what_the_ledger_has() {
    assert_eq!(told_of(&row(1, 1, 2)), []);
    let another = Shown {
        user: "u2".parse().expect("a user"),
        ..row(1, 1, 2)
    };
    assert_eq!(told_of(&another), [Rule::AcknowledgedSurvives]);
    let dearer = Shown {
        price: 2_000,
        ..row(1, 1, 2)
    };
    assert!(told_of(&dearer).contains(&Rule::AcknowledgedSurvives));
}

#[test]
fn nobody_is_told_of_what_somebody_else_asked_for() {
    let mut account = Account::default();
    let (one, other) = (row(1, 1, 2), row(2, 2, 2));
    account.asks(reserve(1), 1, 3, Some(done(&other)));
    account.asks(reserve(2), 1, 4, Some(done(&one)));
    account.rows = vec![one, other];
    let found = rules(account);
    assert!(found.contains(&Rule::AcknowledgedSurvives), "{found:?}");
}
