//! What a group writes, and what it is refused for.

use boxoffice::ids::{EventId, Version};
use boxoffice::invariants::check;
use boxoffice::payment::{PaymentState, RefundState};
use boxoffice::reservation::{Reservation, ReservationState, TicketState};
use boxoffice::store::CommitError;

use crate::fixture::{
    Shared, Tailor, at, attempt, buyer, concert, create, grade, group, hold, numbered, paying,
    refund, reload, request, sale,
};

async fn read(store: &Shared, reservation: &Reservation) -> Reservation {
    let found = store
        .reservation(reservation.id)
        .await
        .expect("a working store");
    found.expect("the reservation")
}

pub(crate) async fn books_are_clean(store: &Shared, event: EventId) {
    let books = store
        .ledger(event)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(check(&books), []);
}

/// The group is refused, and the event is as it was.
async fn assert_refused(store: &Shared, group: boxoffice::group::Group) {
    let event = group.event;
    let before = reload(store, event).await;
    let result = store.commit(vec![group]).await.remove(0);
    assert!(matches!(result, Err(CommitError::Refused(_))), "{result:?}");
    assert_eq!(reload(store, event).await, before);
    assert_eq!(store.group_at(event, before.version.next()).await, Ok(None));
}

pub(crate) async fn a_large_group_reads_back_as_it_was_written(store: &Shared) {
    let mut new = concert();
    new.grades = vec![grade("R", 1_000), numbered("VIP", 10, 10)];
    let event = create(store, new).await;
    let vip = |reservation: Reservation| Reservation {
        seat_type: event.grades[1].seat_type.clone(),
        ..reservation
    };
    let mut made: Vec<Reservation> = (0..299).map(|n| sale(&event, &format!("b{n}"))).collect();
    made.push(sale(&event, "mina").tickets(10));
    made.push(hold(&event, "jun").tickets(3).until(at(77)));
    made.push(vip(sale(&event, "mina")).seated(&["VIP-A-1", "VIP-A-2"]));
    made.push(vip(hold(&event, "jun")).seated(&["VIP-A-3"]));

    let mut wanted = group(&event);
    for (n, reservation) in made.iter().enumerate() {
        let user = reservation.user.as_str();
        wanted =
            wanted
                .make(reservation)
                .key(user, request(&format!("key-{n}"), 1), reservation.id);
    }
    let after = wanted.commit(store).await;

    for reservation in &made {
        assert_eq!(read(store, reservation).await, *reservation);
    }
    assert_eq!(after.next_due, Some(at(77)));
    assert_eq!(after.stock().sold, 299 + 10 + 2);
    books_are_clean(store, event.event.id).await;
}

pub(crate) async fn a_duplicate_reservation_leaves_nothing_behind(store: &Shared) {
    let event = create(store, concert()).await;
    let known = sale(&event, "mina");
    let event = group(&event).make(&known).commit(store).await;
    let other = sale(&event, "jun");

    let again = Reservation {
        id: known.id,
        ..sale(&event, "jun")
    };
    let both = group(&event)
        .make(&other)
        .make(&again)
        .key("jun", request("k", 1), other.id);
    assert_refused(store, both.build()).await;

    assert_eq!(store.reservation(other.id).await, Ok(None));
    assert_eq!(read(store, &known).await, known);
    group(&event)
        .make(&other)
        .key("jun", request("k", 1), other.id)
        .commit(store)
        .await;
    books_are_clean(store, event.event.id).await;
}

pub(crate) async fn an_update_of_nothing_leaves_nothing_behind(store: &Shared) {
    let event = create(store, concert()).await;
    let held = hold(&event, "mina");
    let unknown = hold(&event, "jun");
    let event = group(&event).make(&held).commit(store).await;

    let expired = |held: &Reservation| held.clone().expire(at(601));
    let mut both = group(&event).turn(&held, &expired(&held)).build();
    both.changes.reservations.push(boxoffice::group::Touched {
        reservation: expired(&unknown).into(),
        new: false,
    });
    assert_refused(store, both).await;
    assert_eq!(read(store, &held).await, held);

    let other = create(store, concert()).await;
    let mut stranger = group(&other).build();
    stranger
        .changes
        .reservations
        .push(boxoffice::group::Touched {
            reservation: Reservation {
                event: other.event.id,
                ..expired(&held)
            }
            .into(),
            new: false,
        });
    assert_refused(store, stranger).await;
}

pub(crate) async fn a_stock_that_does_not_add_up_is_refused(store: &Shared) {
    let event = create(store, concert()).await;
    let lost = group(&event).grades(|grades| grades[0].stock.available -= 1);
    assert_refused(store, lost.build()).await;
    let unknown = group(&event).grades(|grades| grades[0] = grade("S", 10));
    assert_refused(store, unknown.build()).await;
}

pub(crate) async fn an_overlong_seat_is_refused(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 1, 10)];
    let event = create(store, new).await;
    for bad in ["R-".repeat(40).as_str(), "", "R-A-1,R-A-2"] {
        assert_refused(
            store,
            group(&event)
                .make(&sale(&event, "mina").seated(&[bad]))
                .build(),
        )
        .await;
    }
}

pub(crate) async fn a_claimed_seat_is_refused_to_another(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 1, 10)];
    let event = create(store, new).await;
    let first = hold(&event, "mina").seated(&["R-A-1", "R-A-2"]);
    let event = group(&event).make(&first).commit(store).await;

    let second = sale(&event, "jun").seated(&["R-A-2", "R-A-3"]);
    assert_refused(store, group(&event).make(&second).build()).await;

    let twins = group(&event)
        .make(&sale(&event, "jun").seated(&["R-A-5"]))
        .make(&sale(&event, "ara").seated(&["R-A-5"]));
    assert_refused(store, twins.build()).await;
    let third = sale(&event, "jun").seated(&["R-A-3"]);
    group(&event).make(&third).commit(store).await;
    books_are_clean(store, event.event.id).await;
}

pub(crate) async fn a_seat_given_back_can_be_claimed_in_the_same_group(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 1, 10)];
    let event = create(store, new).await;
    let first = hold(&event, "mina").seated(&["R-A-1", "R-A-2"]);
    let event = group(&event).make(&first).commit(store).await;

    let next = sale(&event, "jun").seated(&["R-A-2", "R-A-3"]);
    let expired = first.clone().expire(at(600));
    let both = group(&event).at(at(600)).turn(&first, &expired).make(&next);
    both.commit(store).await;

    assert_eq!(read(store, &first).await, expired);
    assert_eq!(read(store, &next).await, next);
    books_are_clean(store, event.event.id).await;
}

pub(crate) async fn an_ended_reservation_does_not_give_away_a_seat_twice(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 1, 10)];
    let event = create(store, new).await;
    let first = sale(&event, "mina").seated(&["R-A-1"]);
    let event = group(&event).make(&first).commit(store).await;
    let cancelled = first.clone().cancel(at(20), None, None);
    let event = group(&event).turn(&first, &cancelled).commit(store).await;
    let second = sale(&event, "jun").seated(&["R-A-1"]);
    let event = group(&event).make(&second).commit(store).await;

    // Touched again after its end, as when a refund is done: the seat stays with its new owner.
    group(&event)
        .turn(&cancelled, &cancelled)
        .commit(store)
        .await;

    books_are_clean(store, event.event.id).await;
    let third = sale(&event, "ara").seated(&["R-A-1"]);
    let event = reload(store, event.event.id).await;
    assert_refused(store, group(&event).make(&third).build()).await;
}

pub(crate) async fn a_key_is_used_once(store: &Shared) {
    let event = create(store, concert()).await;
    let first = sale(&event, "mina");
    let event = group(&event)
        .make(&first)
        .key("mina", request("k", 1), first.id)
        .commit(store)
        .await;

    let second = sale(&event, "mina");
    let again = group(&event)
        .make(&second)
        .key("mina", request("k", 1), second.id);
    assert_refused(store, again.build()).await;
    assert_eq!(store.reservation(second.id).await, Ok(None));
}

pub(crate) async fn the_same_key_belongs_to_each_buyer_and_event_apart(store: &Shared) {
    for event in [
        create(store, concert()).await,
        create(store, concert()).await,
    ] {
        let (first, second, third) = (
            sale(&event, "mina"),
            sale(&event, "Mina"),
            sale(&event, "mina"),
        );
        let all = group(&event)
            .make(&first)
            .key("mina", request("k", 1), first.id)
            .make(&second)
            .key("Mina", request("k", 2), second.id)
            .make(&third)
            .key("mina", request("K", 3), third.id);
        all.commit(store).await;
        books_are_clean(store, event.event.id).await;
    }
}

pub(crate) async fn a_hold_is_extended_paid_and_cancelled_with_a_refund(store: &Shared) {
    let event = create(store, concert()).await;
    let held = hold(&event, "mina").tickets(2);
    let event = group(&event).make(&held).commit(store).await;
    assert_eq!(event.next_due, Some(at(600)));

    let longer = Reservation {
        state: ReservationState::Held {
            expires_at: at(900),
            extended: true,
        },
        ..held.clone()
    };
    let event = group(&event).turn(&held, &longer).commit(store).await;
    assert_eq!(read(store, &held).await, longer);
    assert_eq!(event.next_due, Some(at(900)));

    let mut payment = attempt(200, PaymentState::Pending);
    let in_payment = paying(&longer, &payment);
    let event = group(&event)
        .turn(&longer, &in_payment)
        .pay(&held, &payment)
        .commit(store)
        .await;
    assert_eq!(read(store, &held).await, in_payment);
    assert_eq!(event.next_due, None);
    books_are_clean(store, event.event.id).await;

    payment.state = PaymentState::Paid { at: at(50) };
    let confirmed = in_payment.clone().confirm(Some(payment.clone()));
    let event = group(&event)
        .turn(&in_payment, &confirmed)
        .pay(&held, &payment)
        .commit(store)
        .await;
    assert_eq!(read(store, &held).await, confirmed);
    books_are_clean(store, event.event.id).await;

    payment.state = PaymentState::Refunded { paid_at: at(50) };
    let pending = refund(&payment);
    let given_back = confirmed
        .clone()
        .cancel(at(60), Some(payment.clone()), Some(pending.clone()));
    let event = group(&event)
        .turn(&confirmed, &given_back)
        .pay(&held, &payment)
        .commit(store)
        .await;
    assert_eq!(read(store, &held).await, given_back);
    books_are_clean(store, event.event.id).await;

    let mut done = pending;
    done.state = RefundState::Done { at: at(70) };
    let settled = given_back.clone().cancel(at(60), Some(payment), Some(done));
    let event = group(&event)
        .turn(&given_back, &settled)
        .commit(store)
        .await;
    assert_eq!(read(store, &held).await, settled);
    assert_eq!(event.stock().available, 10);
    books_are_clean(store, event.event.id).await;
}

pub(crate) async fn a_declined_payment_leaves_the_hold(store: &Shared) {
    let event = create(store, concert()).await;
    let held = hold(&event, "mina");
    let event = group(&event).make(&held).commit(store).await;
    let mut payment = attempt(100, PaymentState::Pending);
    let in_payment = paying(&held, &payment);
    let event = group(&event)
        .turn(&held, &in_payment)
        .pay(&held, &payment)
        .commit(store)
        .await;

    payment.state = PaymentState::Declined { at: at(30) };
    let event = group(&event)
        .turn(&in_payment, &held)
        .pay(&held, &payment)
        .commit(store)
        .await;

    assert_eq!(read(store, &held).await, held);
    assert_eq!(event.next_due, Some(at(600)));
    books_are_clean(store, event.event.id).await;
}

pub(crate) async fn a_payment_stays_with_its_reservation(store: &Shared) {
    let event = create(store, concert()).await;
    let (held, other) = (hold(&event, "mina"), hold(&event, "jun"));
    let event = group(&event).make(&held).make(&other).commit(store).await;
    let payment = attempt(100, PaymentState::Pending);

    let unknown = group(&event).turn(&held, &paying(&held, &payment));
    assert_refused(store, unknown.build()).await;

    let known = group(&event)
        .turn(&held, &paying(&held, &payment))
        .pay(&held, &payment);
    let event = known.commit(store).await;
    assert_refused(store, group(&event).pay(&other, &payment).build()).await;
}

pub(crate) async fn tickets_that_were_used_stay_used(store: &Shared) {
    let event = create(store, concert()).await;
    let bought = sale(&event, "mina").tickets(2);
    let event = group(&event).make(&bought).commit(store).await;

    let mut admitted = bought.clone();
    admitted.tickets[1].state = TicketState::Used { at: at(86_000) };
    let event = group(&event).turn(&bought, &admitted).commit(store).await;

    assert_eq!(read(store, &bought).await, admitted);
    assert_eq!(read(store, &bought).await.user, buyer("mina"));
    assert_eq!(event.version, Version(3));
    books_are_clean(store, event.event.id).await;
}
