//! Events, what falls due in them, profiles, and the purge of keys.

use boxoffice::event::{Event, EventSnapshot, SaleState, Venue};
use boxoffice::grade::Stock;
use boxoffice::group::FactsQuery;
use boxoffice::ids::{EventId, Version};
use boxoffice::invariants::check;
use boxoffice::money::Money;
use boxoffice::store::{Created, Source, UserCreated};

use crate::fixture::{
    Shared, Tailor, at, buyer, concert, create, grade, group, group_id, hold, numbered, profile,
    reload, request, sale,
};

pub(crate) async fn a_new_event_is_at_version_one_with_its_first_line(store: &Shared) {
    let id = group_id();
    let made = store
        .create_event(concert(), id, None)
        .await
        .expect("a working store");

    let Created::New(event) = made else {
        panic!("not new: {made:?}")
    };
    assert_eq!(
        (event.version, event.last_now, event.next_due),
        (Version(1), at(0), None)
    );
    assert_eq!(event.grades[0].stock, Stock::of(10));
    assert!(event.event.id > EventId(0));
    assert_eq!(
        store.group_at(event.event.id, Version(1)).await,
        Ok(Some(id))
    );
    assert_eq!(reload(store, event.event.id).await, event);
    assert_eq!(
        store.event(event.event.id, Source::Reader).await,
        Ok(Some(event.clone()))
    );
    assert_eq!(store.event(EventId(999), Source::Writer).await, Ok(None));
    let books = store
        .ledger(event.event.id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(check(&books), []);
}

pub(crate) async fn an_event_keeps_everything_that_it_was_given(store: &Shared) {
    let mut new = concert();
    new.event.description = Some("말 그대로 \"모든\" 것".to_owned());
    new.event.venue = Venue {
        name: Some("올림픽홀".to_owned()),
        address: Some("서울".to_owned()),
        capacity: Some(2_452),
    };
    new.event.sale_opens_at = Some(at(-5));
    new.event.sale_closes_at = Some(at(5_000));
    new.event.buyer_tickets_max = Some(4);
    new.grades = vec![numbered("VIP", 2, 3), grade("A", 1), grade("스탠딩", 5)];
    let made = create(store, new.clone()).await;
    let expected = Event {
        id: made.event.id,
        ..new.event
    };
    assert_eq!(*made.event, expected);

    let changed = group(&made).at(at(30)).event(|event| {
        event.name = String::from("Another");
        event.state = SaleState::Closed;
        event.description = None;
        event.updated_at = at(30);
    });
    let after = changed
        .grades(|grades| {
            grades[1].price = Money(7);
            grades[2].stock = Stock::of(50);
        })
        .commit(store)
        .await;

    assert_eq!(after.event.name, "Another");
    assert_eq!(
        (after.event.state, after.event.description.as_ref()),
        (SaleState::Closed, None)
    );
    assert_eq!(after.event.venue, expected.venue);
    let names: Vec<&str> = after
        .grades
        .iter()
        .map(|grade| grade.seat_type.as_str())
        .collect();
    assert_eq!(names, ["VIP", "A", "스탠딩"]);
    assert_eq!(
        (after.grades[1].price, after.grades[2].stock.total),
        (Money(7), 50)
    );
}

pub(crate) async fn a_replayed_creation_makes_nothing(store: &Shared) {
    let key = Some(request("new-event", 1));
    let first = store.create_event(concert(), group_id(), key.clone()).await;
    let Ok(Created::New(event)) = first else {
        panic!("not new: {first:?}")
    };
    let sold = group(&event)
        .make(&sale(&event, "mina"))
        .commit(store)
        .await;

    let again = store.create_event(concert(), group_id(), key).await;
    let other = store
        .create_event(concert(), group_id(), Some(request("new-event", 2)))
        .await;

    assert_eq!(again, Ok(Created::Replayed(sold)));
    assert_eq!(other, Ok(Created::KeyReused));
    assert_eq!(
        store.event_ids(EventId(0), 10).await,
        Ok(vec![event.event.id])
    );
}

pub(crate) async fn an_event_with_a_grade_twice_is_not_made(store: &Shared) {
    let mut new = concert();
    new.grades = vec![grade("R", 1), grade("R", 2)];
    assert!(
        store
            .create_event(new, group_id(), Some(request("k", 1)))
            .await
            .is_err()
    );
    assert_eq!(store.event_ids(EventId(0), 10).await, Ok(vec![]));

    let made = store
        .create_event(concert(), group_id(), Some(request("k", 2)))
        .await;
    assert!(matches!(made, Ok(Created::New(_))), "{made:?}");
}

pub(crate) async fn the_next_due_hold_is_the_earliest(store: &Shared) {
    let event = create(store, concert()).await;
    let (late, early) = (
        hold(&event, "mina").until(at(900)),
        hold(&event, "jun").until(at(300)),
    );
    let event = group(&event).make(&late).make(&early).commit(store).await;
    assert_eq!(event.next_due, Some(at(300)));

    let expired = early.clone().expire(at(300));
    let event = group(&event)
        .at(at(300))
        .turn(&early, &expired)
        .commit(store)
        .await;
    assert_eq!(event.next_due, Some(at(900)));
}

pub(crate) async fn a_deleted_event_is_gone_but_audited(store: &Shared) {
    let event = create(store, concert()).await;
    let id = event.event.id;
    let deletion = group(&event)
        .at(at(40))
        .event(|event| event.deleted_at = Some(at(40)));
    assert_eq!(deletion.try_commit(store).await, Ok(()));

    assert_eq!(store.event(id, Source::Writer).await, Ok(None));
    let facts = store
        .facts(id, &FactsQuery::default())
        .await
        .expect("a working store");
    assert_eq!(facts.version, None);
    assert_eq!(store.event_ids(EventId(0), 10).await, Ok(vec![id]));
    let books = store
        .ledger(id)
        .await
        .expect("a working store")
        .expect("the event");
    assert_eq!(books.version, Version(2));
    assert_eq!(check(&books), []);
}

pub(crate) async fn event_ids_run_on_after_the_last_seen(store: &Shared) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(create(store, concert()).await.event.id);
    }
    assert_eq!(store.event_ids(EventId(0), 2).await, Ok(ids[..2].to_vec()));
    assert_eq!(store.event_ids(ids[1], 2).await, Ok(ids[2..4].to_vec()));
    assert_eq!(store.event_ids(ids[4], 2).await, Ok(vec![]));
}

async fn holding(store: &Shared, expires_at: i64) -> EventId {
    let event = create(store, concert()).await;
    group(&event)
        .make(&hold(&event, "mina").until(at(expires_at)))
        .commit(store)
        .await;
    event.event.id
}

pub(crate) async fn events_due_are_the_longest_waiting_first(store: &Shared) {
    create(store, concert()).await;
    let (late, early) = (holding(store, 300).await, holding(store, 200).await);
    let (_, middle) = (holding(store, 400).await, holding(store, 250).await);

    assert_eq!(store.events_due(at(199), 10).await, Ok(vec![]));
    assert_eq!(
        store.events_due(at(300), 10).await,
        Ok(vec![early, middle, late])
    );
    assert_eq!(store.events_due(at(300), 2).await, Ok(vec![early, middle]));
}

pub(crate) async fn a_cancelled_event_is_due_until_it_is_cleared(store: &Shared) {
    let event = create(store, concert()).await;
    let id = event.event.id;
    let bought = sale(&event, "mina");
    let event = group(&event).make(&bought).commit(store).await;
    let called_off = group(&event).event(|event| event.state = SaleState::Cancelled);
    let event: EventSnapshot = called_off.commit(store).await;
    assert_eq!(store.events_due(at(50), 10).await, Ok(vec![id]));

    let cancelled = bought.clone().cancel(at(50), None, None);
    group(&event)
        .at(at(50))
        .turn(&bought, &cancelled)
        .commit(store)
        .await;
    assert_eq!(store.events_due(at(50), 10).await, Ok(vec![]));
}

pub(crate) async fn a_profile_is_made_once(store: &Shared) {
    let mina = profile("mina");
    let key = || Some(request("new-user", 1));
    assert_eq!(store.user(&mina.id).await, Ok(None));

    let made = store.create_user(mina.clone(), key()).await;
    assert_eq!(made, Ok(UserCreated::New(mina.clone())));
    assert_eq!(store.user(&mina.id).await, Ok(Some(mina.clone())));
    assert_eq!(store.user(&buyer("Mina")).await, Ok(None));

    let again = store.create_user(mina.clone(), key()).await;
    assert_eq!(again, Ok(UserCreated::Replayed(mina.clone())));
    let other = store
        .create_user(mina.clone(), Some(request("new-user", 2)))
        .await;
    assert_eq!(other, Ok(UserCreated::KeyReused));
    assert_eq!(store.create_user(mina, None).await, Ok(UserCreated::Exists));
    let jun = profile("jun");
    let made = store.create_user(jun.clone(), key()).await;
    assert_eq!(made, Ok(UserCreated::New(jun)));
}

pub(crate) async fn keys_are_purged_by_age(store: &Shared) {
    let mut event = create(store, concert()).await;
    let mut asked = FactsQuery::default();
    for n in 0..5_u8 {
        let bought = sale(&event, "mina");
        let key = request(&format!("key-{n}"), n);
        let made = group(&event).at(at(100 + i64::from(n))).make(&bought);
        event = made.key("mina", key.clone(), bought.id).commit(store).await;
        asked.keys.push((buyer("mina"), key.key));
    }
    let left = async || {
        let facts = store
            .facts(event.event.id, &asked)
            .await
            .expect("a working store");
        let mut left: Vec<String> = facts
            .keys
            .keys()
            .map(|(_, key)| key.as_str().to_owned())
            .collect();
        left.sort();
        left
    };

    assert_eq!(store.purge_keys(at(103), 2).await, Ok(2));
    assert_eq!(left().await, ["key-2", "key-3", "key-4"]);
    assert_eq!(store.purge_keys(at(103), 10).await, Ok(1));
    assert_eq!(store.purge_keys(at(103), 10).await, Ok(0));
    assert_eq!(left().await, ["key-3", "key-4"]);
}
