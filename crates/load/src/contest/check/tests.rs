use super::*;

mod money;
mod others;
mod seats;

/// Attempts and the ledger that belongs to them, ready to be falsified.
struct Sale {
    total: u32,
    attempts: Vec<Attempt>,
    ledger: Ledger,
}

/// A sale of `total` tickets of which nothing is sold yet.
fn sale(total: u32) -> Sale {
    let stock = Stock {
        total,
        available: total,
        held: 0,
        sold: 0,
    };
    Sale {
        total,
        attempts: Vec::new(),
        ledger: Ledger {
            stock,
            event: (total, total),
            entries: Vec::new(),
            others: Vec::new(),
            seats: None,
            price: None,
        },
    }
}

fn entry(id: &str, user: &str, quantity: u32, status: &str) -> Entry {
    Entry {
        reservation_id: id.to_owned(),
        user_id: user.to_owned(),
        quantity,
        status: status.to_owned(),
        seats: Vec::new(),
        payment: None,
    }
}

impl Sale {
    fn attempt(mut self, user: &str, quantity: u32, outcome: Outcome) -> Self {
        let user_id = user.to_owned();
        self.attempts.push(Attempt {
            user_id,
            quantity,
            seats: Vec::new(),
            outcome,
            payment: None,
            cancellation: None,
        });
        self
    }

    /// Puts a reservation into the ledger and takes it from the stock.
    fn listed(mut self, id: &str, user: &str, quantity: u32) -> Self {
        self.ledger
            .entries
            .push(entry(id, user, quantity, "CONFIRMED"));
        self.ledger.stock.sold += quantity;
        let left = self.ledger.stock.available.saturating_sub(quantity);
        self.left(left)
    }

    fn sold(self, id: &str, user: &str, quantity: u32) -> Self {
        let told = entry(id, user, quantity, "CONFIRMED");
        self.attempt(user, quantity, Outcome::Sold(told))
            .listed(id, user, quantity)
    }

    fn refused(self, user: &str, quantity: u32, available: u32) -> Self {
        let (requested, available) = (Some(quantity), Some(available));
        self.attempt(
            user,
            quantity,
            Outcome::Refused {
                requested,
                available,
            },
        )
    }

    fn unanswered(self, user: &str, quantity: u32) -> Self {
        self.attempt(user, quantity, Outcome::Unknown("NO_ANSWER".to_owned()))
    }

    /// Sells and gives back again, with what the buyer was told of it.
    fn sold_and_given_back(
        mut self,
        id: &str,
        user: &str,
        quantity: u32,
        told: Cancellation,
    ) -> Self {
        self = self.sold(id, user, quantity);
        self.attempts.last_mut().unwrap().cancellation = Some(told);
        self.ledger.entries.last_mut().unwrap().status = "CANCELLED".to_owned();
        self.ledger.stock.sold -= quantity;
        let left = self.ledger.stock.available + quantity;
        self.left(left)
    }

    fn left(mut self, available: u32) -> Self {
        self.ledger.stock.available = available;
        self.ledger.event.1 = available;
        self
    }

    fn found(&self) -> Vec<Violation> {
        violations(self.total, &self.attempts, &self.ledger)
    }

    fn sold_twice(&self) -> u64 {
        sold_twice(self.total, &self.attempts, &self.ledger)
    }
}

fn sold_out() -> Sale {
    sale(3)
        .sold("a", "mina", 2)
        .sold("b", "joon", 1)
        .refused("hana", 1, 0)
}

#[test]
fn an_honest_sale_has_no_violations() {
    let sale = sold_out();

    assert_eq!(sale.found(), []);
    assert_eq!(sale.sold_twice(), 0);
}

#[test]
fn an_honest_sale_with_cancellations_has_no_violations() {
    let sale = sale(3)
        .sold_and_given_back("a", "mina", 2, Cancellation::Done)
        .sold("b", "joon", 1)
        .refused("hana", 2, 1);

    assert_eq!(sale.found(), []);
}

#[test]
fn more_live_tickets_than_there_are_is_found() {
    let mut sale = sold_out().sold("c", "sora", 1);
    sale.ledger.stock.sold = 3;

    let found = sale.found();

    assert!(
        found.contains(&Violation::SoldBeyondStock { live: 4, total: 3 }),
        "{found:?}"
    );
    assert!(
        found.contains(&Violation::PromisedBeyondStock {
            promised: 4,
            total: 3
        }),
        "{found:?}"
    );
    assert_eq!(sale.sold_twice(), 1);
}

#[test]
fn promises_beyond_the_stock_are_found_even_if_the_ledger_hides_them() {
    let told = Outcome::Sold(entry("c", "sora", 2, "CONFIRMED"));
    let sale = sold_out().attempt("sora", 2, told);

    let found = sale.found();

    assert!(
        found.contains(&Violation::PromisedBeyondStock {
            promised: 5,
            total: 3
        }),
        "{found:?}"
    );
    assert_eq!(sale.sold_twice(), 2);
}

#[test]
fn a_stock_that_does_not_add_up_is_found() {
    let sale = sold_out().left(1);

    let stock = sale.ledger.stock;
    assert_eq!(
        sale.found(),
        [Violation::StockDoesNotAddUp { stock, total: 3 }]
    );
}

#[test]
fn a_total_that_is_not_what_was_put_on_sale_is_found() {
    let mut sale = sold_out();
    sale.ledger.stock.total = 4;
    sale.ledger.event.0 = 4;

    let stock = sale.ledger.stock;
    assert_eq!(
        sale.found(),
        [Violation::StockDoesNotAddUp { stock, total: 3 }]
    );
}

#[test]
fn an_event_that_differs_from_its_grade_is_found() {
    let mut sale = sold_out();
    sale.ledger.event.1 = 2;

    let stock = sale.ledger.stock;
    assert_eq!(
        sale.found(),
        [Violation::EventDiffersFromStock {
            total: 3,
            available: 2,
            stock
        }]
    );
}

#[test]
fn a_stock_that_counts_tickets_that_nobody_has_is_found() {
    let mut sale = sale(3).sold("a", "mina", 1).left(1);
    sale.ledger.stock.sold = 2;

    let stock = sale.ledger.stock;
    assert_eq!(
        sale.found(),
        [Violation::StockDiffersFromLedger { stock, live: 1 }]
    );
}

#[test]
fn one_reservation_for_two_buyers_is_found() {
    let told = Outcome::Sold(entry("a", "hana", 1, "CONFIRMED"));
    let sale = sale(3).sold("a", "mina", 1).attempt("hana", 1, told);

    let found = sale.found();

    assert!(
        found.contains(&Violation::ToldTwice {
            reservation_id: "a".to_owned()
        }),
        "{found:?}"
    );
    assert_eq!(sale.sold_twice(), 1);
}

#[test]
fn an_answer_about_something_else_is_found() {
    let told = Outcome::Sold(entry("a", "mina", 1, "CONFIRMED"));
    let sale = sale(3).attempt("mina", 2, told).listed("a", "mina", 2);

    assert_eq!(
        sale.found(),
        [Violation::AnswerDiffers {
            user_id: "mina".to_owned(),
            asked: 2,
            answered_user_id: "mina".to_owned(),
            answered: 1
        }]
    );
}

#[test]
fn a_reservation_that_the_ledger_lost_is_found() {
    let mut sale = sold_out();
    sale.ledger
        .entries
        .retain(|entry| entry.reservation_id != "b");

    let lost = Violation::NotInLedger {
        reservation_id: "b".to_owned(),
        user_id: "joon".to_owned(),
    };
    assert!(sale.found().contains(&lost), "{:?}", sale.found());
}

#[test]
fn a_reservation_that_the_ledger_has_twice_is_found() {
    let sale = sale(3).sold("a", "mina", 1).listed("a", "mina", 1);

    assert_eq!(
        sale.found(),
        [Violation::TwiceInLedger {
            reservation_id: "a".to_owned(),
            times: 2
        }]
    );
}

#[test]
fn a_ledger_that_has_another_quantity_or_user_is_found() {
    let told = |user| Outcome::Sold(entry("a", user, 1, "CONFIRMED"));
    let quantity = sale(3)
        .attempt("mina", 1, told("mina"))
        .listed("a", "mina", 2);
    let user = sale(3)
        .attempt("mina", 1, told("mina"))
        .listed("a", "hana", 1);

    for (sale, listed) in [(quantity, ("mina", 2)), (user, ("hana", 1))] {
        assert_eq!(
            sale.found(),
            [Violation::LedgerDiffers {
                reservation_id: "a".to_owned(),
                told: ("mina".to_owned(), 1),
                listed: (listed.0.to_owned(), listed.1),
            }]
        );
    }
}

#[test]
fn a_reservation_that_nobody_was_told_of_is_found() {
    let after_a_refusal = sale(3)
        .sold("a", "mina", 2)
        .refused("hana", 2, 1)
        .listed("x", "hana", 1);
    let failed = Outcome::Failed("503 OVERLOADED".to_owned());
    let after_an_error = sale(3).attempt("hana", 1, failed).listed("x", "hana", 1);
    let of_a_stranger = sale(3).sold("a", "mina", 1).listed("x", "stranger", 1);
    let besides_her_own = sale(3).sold("a", "hana", 1).listed("x", "hana", 1);

    for (sale, user) in [
        (after_a_refusal, "hana"),
        (after_an_error, "hana"),
        (of_a_stranger, "stranger"),
        (besides_her_own, "hana"),
    ] {
        assert_eq!(
            sale.found(),
            [Violation::NobodyWasTold {
                reservation_id: "x".to_owned(),
                user_id: user.to_owned()
            }]
        );
    }
}

#[test]
fn a_request_without_an_answer_may_be_in_the_ledger_once_or_not_at_all() {
    assert_eq!(sale(3).unanswered("mina", 2).found(), []);
    assert_eq!(
        sale(3).unanswered("mina", 2).listed("a", "mina", 2).found(),
        []
    );
}

#[test]
fn a_request_without_an_answer_that_is_in_the_ledger_twice_is_found() {
    let sale = sale(3)
        .unanswered("mina", 1)
        .listed("a", "mina", 1)
        .listed("b", "mina", 1);

    assert_eq!(
        sale.found(),
        [Violation::UnansweredTwice {
            user_id: "mina".to_owned(),
            times: 2
        }]
    );
}

#[test]
fn a_request_without_an_answer_must_not_become_another_quantity() {
    let sale = sale(3).unanswered("mina", 1).listed("a", "mina", 2);

    assert!(
        matches!(sale.found()[..], [Violation::LedgerDiffers { .. }]),
        "{:?}",
        sale.found()
    );
}

#[test]
fn a_cancelled_reservation_that_is_still_live_is_found() {
    let mut sale = sale(3).sold("a", "mina", 1);
    sale.attempts[0].cancellation = Some(Cancellation::Done);

    assert_eq!(
        sale.found(),
        [Violation::WrongStatus {
            reservation_id: "a".to_owned(),
            expected: "CANCELLED",
            status: "CONFIRMED".to_owned()
        }]
    );
}

#[test]
fn a_reservation_cancelled_by_nobody_is_found() {
    let mut sale = sale(3).sold_and_given_back("a", "mina", 1, Cancellation::Done);
    sale.attempts[0].cancellation = None;

    assert_eq!(
        sale.found(),
        [Violation::WrongStatus {
            reservation_id: "a".to_owned(),
            expected: "CONFIRMED",
            status: "CANCELLED".to_owned()
        }]
    );
}

#[test]
fn a_cancellation_without_an_answer_may_be_done_or_not() {
    let unknown = || Cancellation::Unknown("DELETE NO_ANSWER".to_owned());
    let mut not_done = sale(3).sold("a", "mina", 1);
    not_done.attempts[0].cancellation = Some(unknown());

    assert_eq!(not_done.found(), []);
    assert_eq!(
        sale(3)
            .sold_and_given_back("a", "mina", 1, unknown())
            .found(),
        []
    );
}

#[test]
fn a_refusal_while_enough_were_left_is_found() {
    let sale = sale(3).sold("a", "mina", 1).refused("hana", 2, 1);

    assert_eq!(
        sale.found(),
        [Violation::RefusedTooEarly {
            user_id: "hana".to_owned(),
            asked: 2,
            left: 2
        }]
    );
}

#[test]
fn with_cancellations_a_refusal_is_wrong_only_if_enough_were_left_without_them() {
    let given_back = |sale: Sale| sale.sold_and_given_back("a", "mina", 2, Cancellation::Done);

    assert_eq!(given_back(sale(3)).refused("hana", 2, 1).found(), []);
    assert_eq!(
        given_back(sale(4)).refused("hana", 2, 1).found(),
        [Violation::RefusedTooEarly {
            user_id: "hana".to_owned(),
            asked: 2,
            left: 2
        }]
    );
}

#[test]
fn a_refusal_whose_own_figures_do_not_justify_it_is_found() {
    for (requested, available) in [
        (Some(2), Some(2)),
        (Some(3), Some(1)),
        (None, Some(0)),
        (Some(2), None),
    ] {
        let refused = Outcome::Refused {
            requested,
            available,
        };
        let sale = sale(3).sold("a", "mina", 2).attempt("hana", 2, refused);

        assert_eq!(
            sale.found(),
            [Violation::RefusalUnfounded {
                user_id: "hana".to_owned(),
                asked: 2,
                requested,
                available
            }]
        );
    }
}
