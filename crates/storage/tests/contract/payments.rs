//! Payments that wait for their provider, refunds that have to go back, and shared secrets.

use boxoffice::event::SaleState;
use boxoffice::group::{FactsQuery, PaymentRecord};
use boxoffice::ids::{PaymentId, ReservationId};
use boxoffice::payment::{Payment, PaymentState, Refund, RefundState};
use boxoffice::reservation::Reservation;
use boxoffice::store::{CommitError, PaymentUnderWay, RefundDue};

use crate::fixture::{Shared, at, attempt, concert, create, group, hold, paying, refund, sale};
use crate::ledger::broken;

async fn under_way(
    store: &Shared,
    after: Option<ReservationId>,
    len_max: u32,
) -> Vec<PaymentUnderWay> {
    let found = store.payments_under_way(after, len_max).await;
    found.expect("a working store")
}

async fn refunds_due(store: &Shared, after: Option<PaymentId>, len_max: u32) -> Vec<RefundDue> {
    let found = store.refunds_due(after, len_max).await;
    found.expect("a working store")
}

/// A reservation of an event of its own that somebody is paying for.
async fn one_paying(store: &Shared) -> (Reservation, Payment) {
    let event = create(store, concert()).await;
    let held = hold(&event, "mina");
    let event = group(&event).make(&held).commit(store).await;
    let payment = attempt(100, PaymentState::Pending);
    let under_way = paying(&held, &payment);
    group(&event)
        .turn(&held, &under_way)
        .pay(&held, &payment)
        .commit(store)
        .await;
    (under_way, payment)
}

pub(crate) async fn payments_under_way_are_found_page_by_page(store: &Shared) {
    assert_eq!(under_way(store, None, 10).await, []);
    let mut expected = Vec::new();
    for _ in 0..3 {
        let (reservation, payment) = one_paying(store).await;
        expected.push(PaymentUnderWay {
            event: reservation.event,
            reservation: reservation.id,
            payment: payment.id,
            started_at: payment.started_at,
        });
    }
    expected.sort_by_key(|found| found.reservation);
    assert_eq!(under_way(store, None, 10).await, expected);
    assert_eq!(under_way(store, None, 2).await, expected[..2]);
    let after = Some(expected[1].reservation);
    assert_eq!(under_way(store, after, 2).await, expected[2..]);
    let last = Some(expected[2].reservation);
    assert_eq!(under_way(store, last, 2).await, []);
}

pub(crate) async fn a_settled_payment_is_under_way_no_more(store: &Shared) {
    let (reservation, payment) = one_paying(store).await;
    let event = crate::fixture::reload(store, reservation.event).await;
    let paid = Payment {
        state: PaymentState::Paid { at: at(30) },
        ..payment
    };
    let confirmed = reservation.clone().confirm(Some(paid.clone()));
    group(&event)
        .turn(&reservation, &confirmed)
        .pay(&reservation, &paid)
        .commit(store)
        .await;
    assert_eq!(under_way(store, None, 10).await, []);
}

/// A reservation that was paid for and given back.
async fn one_refunded(store: &Shared) -> (Reservation, Payment, Refund) {
    let (reservation, payment) = one_paying(store).await;
    let event = crate::fixture::reload(store, reservation.event).await;
    let payment = Payment {
        state: PaymentState::Refunded { paid_at: at(30) },
        ..payment
    };
    let back = refund(&payment);
    let cancelled = reservation
        .clone()
        .cancel(at(40), Some(payment.clone()), Some(back.clone()));
    group(&event)
        .turn(&reservation, &cancelled)
        .pay(&reservation, &payment)
        .commit(store)
        .await;
    (cancelled, payment, back)
}

pub(crate) async fn refunds_are_due_page_by_page_until_they_are_done(store: &Shared) {
    let mut expected = Vec::new();
    let mut cancelled = Vec::new();
    for _ in 0..3 {
        let (reservation, _, refund) = one_refunded(store).await;
        expected.push(RefundDue {
            event: reservation.event,
            reservation: reservation.id,
            refund,
        });
        cancelled.push(reservation);
    }
    expected.sort_by_key(|due| due.refund.payment);
    assert_eq!(refunds_due(store, None, 10).await, expected);
    assert_eq!(refunds_due(store, None, 1).await, expected[..1]);
    let after = Some(expected[0].refund.payment);
    assert_eq!(refunds_due(store, after, 10).await, expected[1..]);

    for before in cancelled {
        let (payment, back) = match &before.state {
            boxoffice::reservation::ReservationState::Cancelled {
                payment: Some(payment),
                refund: Some(refund),
                ..
            } => (payment.clone(), refund.clone()),
            other => panic!("not refunded: {other:?}"),
        };
        let done = Refund {
            state: RefundState::Done { at: at(50) },
            ..back
        };
        let after = before.clone().cancel(at(40), Some(payment), Some(done));
        let event = crate::fixture::reload(store, before.event).await;
        let event = group(&event).turn(&before, &after).commit(store).await;
        let found = store.reservation(before.id).await;
        assert_eq!(found.expect("a working store"), Some(after));
        assert_eq!(broken(store, &event).await, []);
    }
    assert_eq!(refunds_due(store, None, 10).await, []);
}

/// Money came for an attempt that its reservation had given up, and goes back by itself.
pub(crate) async fn a_refund_that_no_reservation_carries_is_kept_all_the_same(store: &Shared) {
    let (reservation, payment) = one_paying(store).await;
    let event = crate::fixture::reload(store, reservation.event).await;
    let declined = Payment {
        state: PaymentState::Declined { at: at(20) },
        ..payment
    };
    let held = Reservation {
        state: hold(&event, "mina").state,
        ..reservation.clone()
    };
    let event = group(&event)
        .turn(&reservation, &held)
        .pay(&held, &declined)
        .commit(store)
        .await;
    let refunded = Payment {
        state: PaymentState::Refunded { paid_at: at(30) },
        ..declined
    };
    let back = refund(&refunded);
    let event = group(&event)
        .pay(&held, &refunded)
        .refund(&back)
        .commit(store)
        .await;
    assert_eq!(broken(store, &event).await, []);
    let due = RefundDue {
        event: event.event.id,
        reservation: held.id,
        refund: back.clone(),
    };
    assert_eq!(refunds_due(store, None, 10).await, [due]);

    let query = FactsQuery {
        payments: vec![refunded.id],
        ..FactsQuery::default()
    };
    let facts = store.facts(event.event.id, &query).await;
    let record = PaymentRecord {
        reservation: held.id,
        payment: refunded.clone(),
        refund: Some(back.clone()),
    };
    let found = facts.expect("a working store").payments;
    assert_eq!(found, [(refunded.id, record)].into());

    let done = Refund {
        state: RefundState::Done { at: at(50) },
        ..back
    };
    let event = group(&event).refund(&done).commit(store).await;
    assert_eq!(refunds_due(store, None, 10).await, []);
    assert_eq!(broken(store, &event).await, []);
}

pub(crate) async fn a_refund_of_no_payment_is_refused(store: &Shared) {
    let event = create(store, concert()).await;
    let nobodys = refund(&attempt(100, PaymentState::Paid { at: at(5) }));
    let refused = group(&event).refund(&nobodys).try_commit(store).await;
    assert!(
        matches!(refused, Err(CommitError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(refunds_due(store, None, 10).await, []);
}

pub(crate) async fn payments_of_another_event_are_not_found(store: &Shared) {
    let (_, payment) = one_paying(store).await;
    let other = create(store, concert()).await;
    let query = FactsQuery {
        payments: vec![payment.id],
        ..FactsQuery::default()
    };
    let facts = store.facts(other.event.id, &query).await;
    assert!(facts.expect("a working store").payments.is_empty());
}

pub(crate) async fn a_cancelled_event_with_open_payments_only_is_not_due(store: &Shared) {
    let (reservation, _) = one_paying(store).await;
    let event = crate::fixture::reload(store, reservation.event).await;
    let bought = sale(&event, "jun");
    let event = group(&event)
        .make(&bought)
        .event(|event| event.state = SaleState::Cancelled)
        .commit(store)
        .await;
    let due = || async { store.events_due(at(20), 10).await.expect("a working store") };
    assert_eq!(due().await, [event.event.id]);
    let given_back = bought.clone().cancel(at(15), None, None);
    let event = group(&event).turn(&bought, &given_back).commit(store).await;
    assert_eq!(due().await, []);
    assert_eq!(broken(store, &event).await, []);
}

pub(crate) async fn a_secret_is_the_first_that_was_offered(store: &Shared) {
    let secret = |name: &'static str, offered| async move {
        store
            .secret(name, [offered; 32])
            .await
            .expect("a working store")
    };
    assert_eq!(secret("tickets", 1).await, [1; 32]);
    assert_eq!(secret("tickets", 2).await, [1; 32]);
    assert_eq!(secret("other", 3).await, [3; 32]);
}
