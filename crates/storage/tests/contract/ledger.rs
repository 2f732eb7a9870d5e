//! The books: clean after an honest sale, and telling after a group that lies.

use boxoffice::event::EventSnapshot;
use boxoffice::group::Touched;
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::invariants::{Invariant, check};
use boxoffice::money::Money;
use boxoffice::payment::PaymentState;
use boxoffice::reservation::Reservation;

use crate::fixture::{
    GroupBuilder, Shared, Tailor, at, attempt, commit_one, concert, create, grade, group, hold,
    numbered, paying, refund, request, sale,
};

/// The rules that the event's books break.
pub(crate) async fn broken(store: &Shared, event: &EventSnapshot) -> Vec<Invariant> {
    let books = store
        .ledger(event.event.id)
        .await
        .expect("a working store")
        .expect("the event");
    let mut broken: Vec<Invariant> = check(&books).iter().map(|found| found.invariant).collect();
    broken.dedup();
    broken
}

/// Commits a group with something in it that its maker forgot to count.
async fn slip(store: &Shared, wanted: GroupBuilder, uncounted: Reservation) {
    let mut group = wanted.build();
    group.changes.reservations.push(Touched {
        reservation: uncounted.into(),
        new: true,
    });
    assert_eq!(commit_one(store, group).await, Ok(()));
}

pub(crate) async fn a_whole_sale_leaves_clean_books(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 2, 5), grade("S", 10)];
    let event = create(store, new).await;
    assert_eq!(broken(store, &event).await, []);

    let held = hold(&event, "mina").seated(&["R-A-1", "R-A-2"]);
    let kept = hold(&event, "jun").seated(&["R-B-1"]);
    let standing = Reservation {
        seat_type: event.grades[1].seat_type.clone(),
        ..sale(&event, "ara").tickets(4)
    };
    let event = group(&event)
        .make(&held)
        .make(&kept)
        .make(&standing)
        .key("ara", request("k", 1), standing.id)
        .commit(store)
        .await;
    assert_eq!(broken(store, &event).await, []);

    let mut payment = attempt(200, PaymentState::Pending);
    let in_payment = paying(&held, &payment);
    let event = group(&event)
        .turn(&held, &in_payment)
        .pay(&held, &payment)
        .turn(&kept, &kept.clone().expire(at(600)))
        .commit(store)
        .await;
    payment.state = PaymentState::Paid { at: at(30) };
    let confirmed = in_payment.clone().confirm(Some(payment.clone()));
    let event = group(&event)
        .turn(&in_payment, &confirmed)
        .pay(&held, &payment)
        .commit(store)
        .await;
    assert_eq!(broken(store, &event).await, []);

    payment.state = PaymentState::Refunded { paid_at: at(30) };
    let back = refund(&payment);
    let cancelled = confirmed
        .clone()
        .cancel(at(40), Some(payment.clone()), Some(back));
    let event = group(&event)
        .turn(&confirmed, &cancelled)
        .pay(&held, &payment)
        .commit(store)
        .await;
    assert_eq!(broken(store, &event).await, []);
    let books = store
        .ledger(event.event.id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(
        (books.money_in, books.money_refunded),
        (Money(200), Money(200))
    );
    assert_eq!(books.money_ticketed, Money::ZERO);
    assert_eq!(books.grades[1].tickets_live, 4);
}

pub(crate) async fn an_unknown_event_has_no_books(store: &Shared) {
    assert_eq!(store.ledger(EventId(999)).await, Ok(None));
}

pub(crate) async fn reservations_without_stock_are_shown(store: &Shared) {
    let event = create(store, concert()).await;
    slip(store, group(&event), hold(&event, "mina")).await;
    assert_eq!(broken(store, &event).await, [Invariant::StockIsReserved]);
}

pub(crate) async fn reservations_of_no_grade_are_shown(store: &Shared) {
    let event = create(store, concert()).await;
    let seat_type = "X".parse().expect("a grade");
    slip(
        store,
        group(&event),
        Reservation {
            seat_type,
            ..sale(&event, "mina")
        },
    )
    .await;
    assert_eq!(broken(store, &event).await, [Invariant::StockIsReserved]);
    let books = store
        .ledger(event.event.id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(books.reservations_astray, 1);
}

pub(crate) async fn missing_tickets_are_shown(store: &Shared) {
    let event = create(store, concert()).await;
    let bought = Reservation {
        tickets: Vec::new(),
        ..sale(&event, "mina")
    };
    let event = group(&event).make(&bought).commit(store).await;
    assert_eq!(broken(store, &event).await, [Invariant::TicketsMatch]);

    let event = create(store, concert()).await;
    let held = Reservation {
        tickets: sale(&event, "mina").tickets,
        ..hold(&event, "mina")
    };
    let event = group(&event).make(&held).commit(store).await;
    assert_eq!(broken(store, &event).await, [Invariant::TicketsMatch]);
}

pub(crate) async fn a_key_that_leads_nowhere_is_shown(store: &Shared) {
    let event = create(store, concert()).await;
    let nowhere = ReservationId(uuid::Uuid::max());
    let event = group(&event)
        .key("mina", request("k", 1), nowhere)
        .commit(store)
        .await;
    assert_eq!(broken(store, &event).await, [Invariant::KeysLead]);
}

pub(crate) async fn a_live_reservation_without_its_seat_is_shown(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 2, 5)];
    let event = create(store, new).await;
    let event = group(&event)
        .make(&sale(&event, "mina"))
        .commit(store)
        .await;
    assert_eq!(
        broken(store, &event).await,
        [Invariant::SeatsAreClaimedOnce]
    );
}

pub(crate) async fn a_step_back_in_time_is_shown(store: &Shared) {
    let event = create(store, concert()).await;
    let event = group(&event).at(at(50)).commit(store).await;
    let event = group(&event).at(at(40)).commit(store).await;
    assert_eq!(broken(store, &event).await, [Invariant::TimeRunsForward]);
    let books = store
        .ledger(event.event.id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(
        (books.log_backwards, books.last_now, books.log_last_now),
        (1, at(40), at(50))
    );
}

pub(crate) async fn money_without_a_ticket_is_shown(store: &Shared) {
    let event = create(store, concert()).await;
    let held = hold(&event, "mina");
    let payment = attempt(100, PaymentState::Paid { at: at(5) });
    let event = group(&event)
        .make(&held)
        .pay(&held, &payment)
        .commit(store)
        .await;
    assert_eq!(broken(store, &event).await, [Invariant::MoneyAddsUp]);
}
