//! The chain of versions, which makes everything else right.

use boxoffice::event::EventSnapshot;
use boxoffice::group::Touched;
use boxoffice::ids::{EventId, Version};
use boxoffice::invariants::check;
use boxoffice::payment::PaymentState;
use boxoffice::reservation::Reservation;
use boxoffice::store::{CommitError, Source, StoreError};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::fixture::{
    Shared, Tailor, at, attempt, concert, create, group, group_id, hold, numbered, reload, request,
    sale,
};

pub(crate) async fn a_group_moves_its_event_by_one_version(store: &Shared) {
    let event = create(store, concert()).await;
    let group = group(&event).at(at(20)).make(&sale(&event, "mina")).build();
    let id = group.id;

    assert_eq!(store.commit(vec![group]).await, [Ok(())]);

    let after = reload(store, event.event.id).await;
    assert_eq!(after.version, Version(2));
    assert_eq!(after.last_now, at(20));
    assert_eq!(after.stock().sold, 1);
    assert_eq!(
        store.group_at(event.event.id, Version(2)).await,
        Ok(Some(id))
    );
    assert_eq!(store.group_at(event.event.id, Version(3)).await, Ok(None));
}

pub(crate) async fn of_two_groups_on_one_version_one_is_written(store: &Shared) {
    let event = create(store, concert()).await;
    let first = group(&event).make(&sale(&event, "mina"));
    let second = group(&event).make(&sale(&event, "jun"));

    assert_eq!(first.try_commit(store).await, Ok(()));
    assert_eq!(
        second.try_commit(store).await,
        Err(CommitError::VersionTaken)
    );
    assert_eq!(reload(store, event.event.id).await.stock().sold, 1);
}

pub(crate) async fn of_thirty_two_tasks_on_one_version_one_wins(store: &Shared) {
    let event = create(store, concert()).await;
    let attempts = (0..32).map(|n| {
        let wanted = group(&event).make(&sale(&event, &format!("buyer-{n}")));
        let store = Shared::clone(store);
        tokio::spawn(async move { wanted.try_commit(&store).await })
    });

    let joined = join_all(attempts).await;

    let results: Vec<_> = joined
        .into_iter()
        .map(|result| result.expect("no panic"))
        .collect();
    let won = results.iter().filter(|result| result.is_ok()).count();
    let lost = results
        .iter()
        .filter(|result| **result == Err(CommitError::VersionTaken))
        .count();
    assert_eq!((won, lost), (1, 31), "{results:?}");
    assert_eq!(reload(store, event.event.id).await.stock().sold, 1);
}

async fn buy_until_done(store: Shared, id: EventId, name: String) -> bool {
    loop {
        let event = reload(&store, id).await;
        if event.stock().available == 0 {
            return false;
        }
        match group(&event)
            .make(&sale(&event, &name))
            .try_commit(&store)
            .await
        {
            Ok(()) => return true,
            Err(CommitError::VersionTaken) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn many_tasks_that_decide_again_sell_every_seat_once(store: &Shared) {
    let id = create(store, concert()).await.event.id;
    let buyers = (0..16).map(|n| {
        tokio::spawn(buy_until_done(
            Shared::clone(store),
            id,
            format!("buyer-{n}"),
        ))
    });

    let served = join_all(buyers).await;

    assert_eq!(
        served
            .iter()
            .filter(|served| matches!(served, Ok(true)))
            .count(),
        10
    );
    let books = store
        .ledger(id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(check(&books), []);
    assert_eq!(books.version, Version(11));
}

pub(crate) async fn a_group_for_an_event_that_is_not_has_no_version(store: &Shared) {
    let event = create(store, concert()).await;
    let mut stray = group(&event).build();
    stray.event = EventId(999);
    stray.changes.grades.clear();
    assert_eq!(
        store.commit(vec![stray]).await,
        [Err(CommitError::VersionTaken)]
    );

    let early = group(&event).on(Version(7)).try_commit(store).await;
    assert_eq!(early, Err(CommitError::VersionTaken));
    assert_eq!(store.group_at(event.event.id, Version(8)).await, Ok(None));
}

async fn three_events(store: &Shared) -> Vec<EventSnapshot> {
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(create(store, concert()).await);
    }
    events
}

async fn sold(store: &Shared, events: &[EventSnapshot]) -> Vec<u32> {
    let reloaded = events.iter().map(|event| reload(store, event.event.id));
    join_all(reloaded)
        .await
        .iter()
        .map(|event| event.stock().sold)
        .collect()
}

pub(crate) async fn groups_of_other_events_survive_a_conflict(store: &Shared) {
    let events = three_events(store).await;
    group(&events[1]).commit(store).await;
    let groups = events
        .iter()
        .map(|event| group(event).make(&sale(event, "mina")).build());

    let results = store.commit(groups.collect()).await;

    assert_eq!(results, [Ok(()), Err(CommitError::VersionTaken), Ok(())]);
    assert_eq!(sold(store, &events).await, [1, 0, 1]);
}

pub(crate) async fn groups_of_other_events_survive_a_refusal(store: &Shared) {
    let events = three_events(store).await;
    let known = sale(&events[0], "jun");
    group(&events[0]).make(&known).commit(store).await;
    let events = [
        reload(store, events[0].event.id).await,
        events[1].clone(),
        events[2].clone(),
    ];
    let groups = events.iter().map(|event| {
        let mut bought = sale(event, "mina");
        if event.event.id == events[1].event.id {
            bought.id = known.id;
        }
        group(event).make(&bought).build()
    });

    let results = store.commit(groups.collect()).await;

    assert!(
        matches!(results[..], [Ok(()), Err(CommitError::Refused(_)), Ok(())]),
        "{results:?}"
    );
    assert_eq!(sold(store, &events).await, [2, 0, 1]);
    assert_eq!(reload(store, events[1].event.id).await.version, Version(1));
}

pub(crate) async fn groups_of_other_events_survive_an_update_of_nothing(store: &Shared) {
    let events = three_events(store).await;
    let groups = events.iter().map(|event| {
        let mut wanted = group(event).make(&sale(event, "mina")).build();
        if event.event.id == events[1].event.id {
            let unknown = hold(event, "jun").expire(at(601)).into();
            wanted.changes.reservations.push(Touched {
                reservation: unknown,
                new: false,
            });
        }
        wanted
    });

    let results = store.commit(groups.collect()).await;

    assert!(
        matches!(results[..], [Ok(()), Err(CommitError::Refused(_)), Ok(())]),
        "{results:?}"
    );
    assert_eq!(sold(store, &events).await, [1, 0, 1]);
    assert_eq!(reload(store, events[1].event.id).await.version, Version(1));
}

pub(crate) async fn groups_of_one_event_are_no_hindrance_to_another(store: &Shared) {
    let events = three_events(store).await;
    let twice = [&events[0], &events[1], &events[0], &events[2]];
    let groups = twice.map(|event| group(event).make(&sale(event, "mina")).build());

    let results = store.commit(groups.to_vec()).await;

    assert_eq!(
        results,
        [Ok(()), Ok(()), Err(CommitError::VersionTaken), Ok(())]
    );
    assert_eq!(sold(store, &events).await, [1, 1, 1]);
}

pub(crate) async fn groups_of_many_events_read_back_as_they_were_written(store: &Shared) {
    let mut halls = Vec::new();
    for _ in 0..3 {
        let mut hall = concert();
        hall.grades.push(numbered("A", 2, 5));
        halls.push(create(store, hall).await);
    }
    let seated = |event: &EventSnapshot, user: &str, label: &str| {
        let grade = event.grades[1].seat_type.clone();
        Reservation {
            seat_type: grade,
            ..hold(event, user)
        }
        .seated(&[label])
    };
    let held: Vec<Reservation> = halls
        .iter()
        .map(|hall| seated(hall, "mina", "A-A-1"))
        .collect();
    let make = halls.iter().zip(&held);
    let make = make.map(|(hall, held)| group(hall).make(held).build());
    assert_eq!(store.commit(make.collect()).await, [Ok(()), Ok(()), Ok(())]);

    // At one moment a seat is given back and taken again, a hold is paid for, and one goes on.
    let [first, second, third] = [
        reload(store, halls[0].event.id).await,
        reload(store, halls[1].event.id).await,
        reload(store, halls[2].event.id).await,
    ];
    let ended = held[0].clone().expire(at(601));
    let again = seated(&first, "jun", "A-A-1");
    let paid = attempt(100, PaymentState::Paid { at: at(5) });
    let bought = held[1].clone().confirm(Some(paid.clone()));
    let extended = held[2].clone().until(at(900));
    let other = sale(&third, "jun");
    let groups = vec![
        group(&first)
            .at(at(601))
            .turn(&held[0], &ended)
            .make(&again)
            .key("jun", request("another", 2), again.id)
            .build(),
        group(&second)
            .turn(&held[1], &bought)
            .pay(&bought, &paid)
            .build(),
        group(&third)
            .turn(&held[2], &extended)
            .make(&other)
            .key("jun", request("key", 1), other.id)
            .build(),
    ];
    assert_eq!(store.commit(groups).await, [Ok(()), Ok(()), Ok(())]);

    for wanted in [&ended, &again, &bought, &extended, &other] {
        let found = store.reservation(wanted.id).await;
        assert_eq!(found, Ok(Some(wanted.clone())));
    }
    for hall in &halls {
        let books = store
            .ledger(hall.event.id)
            .await
            .expect("a working store")
            .expect("the event");
        assert_eq!(check(&books), []);
        assert_eq!(books.version, Version(3));
    }
}

pub(crate) async fn a_group_of_no_changes_is_still_a_link(store: &Shared) {
    let event = create(store, concert()).await;
    let mut empty = group(&event).at(at(30)).build();
    empty.changes.grades.clear();

    assert_eq!(store.commit(vec![empty]).await, [Ok(())]);

    let after = reload(store, event.event.id).await;
    assert_eq!((after.version, after.last_now), (Version(2), at(30)));
    assert_eq!(store.commit(Vec::new()).await, []);
}

pub(crate) async fn a_dropped_commit_is_finished_or_never_begun(store: &Shared) {
    let event = create(store, concert()).await;
    let wanted = group(&event).make(&sale(&event, "mina")).build();
    let id = wanted.id;

    // Polled once, which is enough to hand it over, and dropped.
    let _ = store.commit(vec![wanted]).now_or_never();

    // The next commit comes after it and finds out.
    let next = group(&event)
        .make(&sale(&event, "jun"))
        .try_commit(store)
        .await;
    let first = store
        .group_at(event.event.id, Version(2))
        .await
        .expect("a working store");
    let expected = if next.is_ok() { None } else { Some(id) };
    assert_eq!(first.filter(|found| *found == id), expected);
    assert_eq!(reload(store, event.event.id).await.stock().sold, 1);
    let books = store
        .ledger(event.event.id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(check(&books), []);
}

pub(crate) async fn a_closed_store_writes_nothing(store: &Shared) {
    let event = create(store, concert()).await;
    store.close().await;

    let late = group(&event)
        .make(&sale(&event, "mina"))
        .try_commit(store)
        .await;
    assert!(matches!(late, Err(CommitError::Unavailable(_))), "{late:?}");
    let read = store.event(event.event.id, Source::Writer).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    let made = store.create_event(concert(), group_id(), None).await;
    assert!(matches!(made, Err(StoreError::Unavailable(_))), "{made:?}");
}
