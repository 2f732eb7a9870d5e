//! Which seats are taken, as the event is read with them.

use boxoffice::event::EventSnapshot;
use boxoffice::grade::SeatType;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::seats::SeatState;
use boxoffice::store::{CommitError, EventFilter, EventListQuery, EventSort, Source};
use futures_util::future::join_all;

use crate::fixture::{
    Shared, Tailor, at, attempt, concert, create, grade, group, group_id, hold, numbered, paying,
    reload, request, sale, seat,
};
use crate::ledger::broken;

/// A concert with these rows of grade R.
async fn hall(store: &Shared, rows: u32, seats_per_row: u32) -> EventSnapshot {
    let mut new = concert();
    new.grades = vec![numbered("R", rows, seats_per_row)];
    create(store, new).await
}

fn r() -> SeatType {
    "R".parse().expect("a grade")
}

fn free(event: &EventSnapshot) -> u32 {
    event.seats.of_grade(&r()).expect("a seat map").free()
}

pub(crate) async fn every_seat_of_a_new_event_is_free(store: &Shared) {
    let mut new = concert();
    new.grades = vec![grade("S", 5), numbered("R", 2, 3), numbered("VIP", 1, 4)];
    let event = create(store, new).await;
    assert_eq!(event.seats.iter().count(), 2);
    assert_eq!(free(&event), 6);
    assert_eq!(reload(store, event.event.id).await, event);
}

pub(crate) async fn an_event_without_assigned_grades_has_no_seat_map(store: &Shared) {
    let event = create(store, concert()).await;
    let event = group(&event)
        .make(&sale(&event, "mina"))
        .commit(store)
        .await;
    assert!(event.seats.is_empty());
}

pub(crate) async fn a_seat_stands_as_its_reservation_does(store: &Shared) {
    let event = hall(store, 1, 10).await;
    let held = hold(&event, "mina").seated(&["R-A-1", "R-A-2"]);
    let waiting = hold(&event, "jun").seated(&["R-A-3"]);
    let sold = sale(&event, "sora").seated(&["R-A-10"]);
    let ending = hold(&event, "ara").seated(&["R-A-5"]);
    let given_back = sale(&event, "hana").seated(&["R-A-6"]);
    let all = [&held, &waiting, &sold, &ending, &given_back];
    let event = group(&event).make_all(all).commit(store).await;

    let payment = attempt(100, boxoffice::payment::PaymentState::Pending);
    let later = group(&event)
        .pay(&waiting, &payment)
        .turn(&waiting, &paying(&waiting, &payment))
        .turn(&ending, &ending.clone().expire(at(700)))
        .turn(&given_back, &given_back.clone().cancel(at(700), None, None));
    let event = later.commit(store).await;

    let states = [
        "R-A-1", "R-A-2", "R-A-3", "R-A-4", "R-A-5", "R-A-6", "R-A-10",
    ]
    .map(|label| event.seats.state(&seat(label)).expect("a seat"));
    let (held, sold, free) = (SeatState::Held, SeatState::Sold, SeatState::Available);
    assert_eq!(states, [held, held, held, free, free, free, sold]);
}

pub(crate) async fn lists_tell_events_without_their_seats(store: &Shared) {
    let event = hall(store, 2, 3).await;
    let query = EventListQuery {
        filter: EventFilter::All,
        text: None,
        sort: EventSort::EventDate,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 20 },
        now: at(0),
    };
    let listed = store.events(&query).await.expect("a working store").items;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].grades, event.grades);
    assert!(listed[0].seats.is_empty());
}

pub(crate) async fn a_replayed_creation_has_its_seats(store: &Shared) {
    let mut new = concert();
    new.grades = vec![numbered("R", 2, 3)];
    let key = || Some(request("hall", 1));
    let first = store.create_event(new.clone(), group_id(), key()).await;
    let boxoffice::store::Created::New(event) = first.expect("a working store") else {
        panic!("not new");
    };
    let taken = sale(&event, "mina").seated(&["R-B-3"]);
    let event = group(&event).make(&taken).commit(store).await;
    let again = store.create_event(new, group_id(), key()).await;
    assert_eq!(again, Ok(boxoffice::store::Created::Replayed(event)));
}

pub(crate) async fn a_hall_whose_rows_do_not_add_up_is_not_made(store: &Shared) {
    let short = {
        let mut short = numbered("R", 2, 3);
        short.stock = boxoffice::grade::Stock::of(5);
        short
    };
    for wrong in [short, numbered("R", 1_001, 1), numbered("R", 1, 1_001)] {
        let mut new = concert();
        new.grades = vec![wrong];
        let made = store.create_event(new, group_id(), None).await;
        assert!(made.is_err(), "{made:?}");
    }
}

pub(crate) async fn twenty_thousand_seats_are_read_as_they_were_sold(store: &Shared) {
    let mut event = hall(store, 200, 100).await;
    for round in 0..4_u32 {
        let rows = (round * 25)..(round * 25 + 25);
        let sales: Vec<_> = rows
            .flat_map(|row| {
                let name = boxoffice::seats::row_name(row);
                let labels: Vec<String> = (1..=10).map(|n| format!("R-{name}-{n}")).collect();
                let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
                [sale(&event, "mina").seated(&labels)]
            })
            .collect();
        event = group(&event).make_all(&sales).commit(store).await;
    }
    assert_eq!(free(&event), 19_000);
    let states =
        ["R-A-10", "R-A-11", "R-CV-1", "R-CW-1"].map(|label| event.seats.state(&seat(label)));
    let (sold, free) = (Some(SeatState::Sold), Some(SeatState::Available));
    assert_eq!(states, [sold, free, sold, free]);
    assert_eq!(broken(store, &event).await, []);
}

pub(crate) async fn many_tasks_that_choose_again_give_every_seat_once(store: &Shared) {
    let event = hall(store, 4, 8).await;
    let buy_all = |name: String| {
        let (store, id) = (Shared::clone(store), event.event.id);
        async move {
            let mut bought = 0;
            loop {
                let read = store
                    .event(id, Source::Writer)
                    .await
                    .expect("a working store");
                let event = read.expect("the event");
                let map = event.seats.of_grade(&r()).expect("a seat map");
                let Some(seats) = map.best(1) else {
                    return bought;
                };
                let label = map.label(seats[0]);
                let taken = sale(&event, &name).seated(&[&label.0]);
                match group(&event).make(&taken).try_commit(&store).await {
                    Ok(()) => bought += 1,
                    // A map of one version with seats of another would be refused instead.
                    Err(error) => assert_eq!(error, CommitError::VersionTaken),
                }
            }
        }
    };
    let bought = join_all((0..8).map(|n| tokio::spawn(buy_all(format!("buyer-{n}"))))).await;

    let bought: u32 = bought.into_iter().map(|sum| sum.expect("no panic")).sum();
    assert_eq!(bought, 32);
    let event = reload(store, event.event.id).await;
    assert_eq!((free(&event), event.stock().sold), (0, 32));
    assert_eq!(broken(store, &event).await, []);
}
