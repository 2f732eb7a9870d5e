use super::*;
use crate::contest::check::money::kept;

const PRICE: u64 = 100_000;

fn paid(status: &str, amount: u64) -> Paid {
    Paid {
        status: status.to_owned(),
        amount,
    }
}

impl Sale {
    /// A sale in which everybody has to pay.
    fn with_payments(mut self) -> Self {
        self.ledger.price = Some(PRICE);
        self
    }

    /// The last buyer was told this of her payment, and the ledger says that.
    fn told(mut self, payment: Payment, status: &str, money: Option<Paid>) -> Self {
        self.attempts.last_mut().unwrap().payment = Some(payment);
        let entry = self.ledger.entries.last_mut().unwrap();
        entry.status = status.to_owned();
        entry.payment = money;
        let (live, quantity) = (entry.is_live(), entry.quantity);
        if live {
            return self;
        }
        self.ledger.stock.sold -= quantity;
        let left = self.ledger.stock.available + quantity;
        self.left(left)
    }
}

fn one() -> Sale {
    sale(10).with_payments().sold("a", "mina", 2)
}

#[test]
fn who_paid_has_her_tickets_and_who_did_not_has_none() {
    let right = [
        one().told(Payment::Done, "CONFIRMED", Some(paid("PAID", 2 * PRICE))),
        one().told(Payment::Abandoned, "EXPIRED", None),
        one().told(Payment::Declined, "EXPIRED", None),
        one().told(Payment::TooLate, "EXPIRED", None),
        one().told(Payment::Unknown("?".to_owned()), "EXPIRED", None),
        one().told(
            Payment::Unknown("?".to_owned()),
            "CONFIRMED",
            Some(paid("PAID", 2 * PRICE)),
        ),
    ];
    for sale in right {
        assert_eq!(sale.found(), []);
    }
}

#[test]
fn a_payment_without_tickets_is_found() {
    let sale = one().told(Payment::Done, "EXPIRED", None);
    assert!(matches!(sale.found()[..], [Violation::WrongStatus { .. }]));
}

#[test]
fn tickets_without_a_payment_are_found() {
    let sale = one().told(Payment::Abandoned, "CONFIRMED", None);
    let [
        Violation::WrongStatus { .. },
        Violation::MoneyDiffers { .. },
    ] = &sale.found()[..]
    else {
        panic!("{:?}", sale.found());
    };
}

#[test]
fn money_is_counted_to_the_unit() {
    let less = paid("PAID", 2 * PRICE - 1);
    let sale = one().told(Payment::Done, "CONFIRMED", Some(less));
    assert!(matches!(sale.found()[..], [Violation::MoneyDiffers { .. }]));
    assert_eq!(kept(&sale.ledger), 2 * PRICE - 1);
}

#[test]
fn what_was_given_back_is_refunded() {
    let given_back = |money| {
        let mut sale = sale(10).with_payments();
        sale = sale.sold_and_given_back("a", "mina", 2, Cancellation::Done);
        sale.attempts.last_mut().unwrap().payment = Some(Payment::Done);
        sale.ledger.entries.last_mut().unwrap().payment = money;
        sale.found()
    };
    assert_eq!(given_back(Some(paid("REFUNDED", 2 * PRICE))), []);
    for wrong in [None, Some(paid("PAID", 2 * PRICE))] {
        let found = given_back(wrong);
        assert!(
            matches!(found[..], [Violation::MoneyDiffers { .. }]),
            "{found:?}"
        );
    }
}

#[test]
fn only_who_paid_was_promised_tickets() {
    let sale = one().told(Payment::Abandoned, "EXPIRED", None);
    assert_eq!(promised(&sale.attempts), 0);
    let sale = one().told(Payment::Done, "CONFIRMED", Some(paid("PAID", 2 * PRICE)));
    assert_eq!(promised(&sale.attempts), 2);
}

#[test]
fn where_nobody_pays_no_money_may_be_there() {
    let mut sale = sale(10).sold("a", "mina", 2);
    sale.ledger.entries.last_mut().unwrap().payment = Some(paid("PAID", 1));
    assert!(matches!(sale.found()[..], [Violation::MoneyDiffers { .. }]));
}
