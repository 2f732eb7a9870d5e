//! What a batch of commands is told.

use std::sync::Arc;

use boxoffice::event::EventSnapshot;
use boxoffice::group::{Facts, FactsQuery};
use boxoffice::ids::{EventId, ReservationId, Version};
use boxoffice::payment::PaymentState;
use boxoffice::reservation::Reservation;

use crate::fixture::{
    Shared, Tailor, at, attempt, buyer, concert, create, grade, group, hold, paying, request, sale,
};

async fn ask(store: &Shared, event: &EventSnapshot, query: FactsQuery) -> Facts {
    store
        .facts(event.event.id, &query)
        .await
        .expect("a working store")
}

fn ids(found: &[Arc<Reservation>]) -> Vec<ReservationId> {
    found.iter().map(|reservation| reservation.id).collect()
}

pub(crate) async fn an_event_that_is_gone_has_no_facts(store: &Shared) {
    let query = FactsQuery {
        buyers: vec![buyer("mina")],
        live: true,
        ..FactsQuery::default()
    };
    assert_eq!(
        store.facts(EventId(999), &query).await,
        Ok(Facts::default())
    );

    let event = create(store, concert()).await;
    let nothing = ask(store, &event, FactsQuery::default()).await;
    assert_eq!(
        nothing,
        Facts {
            version: Some(Version(1)),
            ..Facts::default()
        }
    );
}

pub(crate) async fn keys_lead_to_their_reservations(store: &Shared) {
    let event = create(store, concert()).await;
    let bought = sale(&event, "mina");
    let key = request("k", 9);
    let wanted = group(&event)
        .at(at(33))
        .make(&bought)
        .key("mina", key.clone(), bought.id);
    let event = wanted.commit(store).await;

    let key_of = |user: &str, name: &str| (buyer(user), request(name, 0).key);
    let keys = vec![key_of("mina", "k"), key_of("mina", "K"), key_of("jun", "k")];
    let facts = ask(
        store,
        &event,
        FactsQuery {
            keys,
            ..FactsQuery::default()
        },
    )
    .await;

    assert_eq!(facts.keys.len(), 1);
    let record = &facts.keys[&key_of("mina", "k")];
    assert_eq!(
        (record.reservation, &record.request, record.at),
        (bought.id, &key, at(33))
    );
    assert_eq!(*facts.reservations[&bought.id], bought);

    let elsewhere = create(store, concert()).await;
    let keys = vec![key_of("mina", "k")];
    let facts = ask(
        store,
        &elsewhere,
        FactsQuery {
            keys,
            ..FactsQuery::default()
        },
    )
    .await;
    assert!(facts.keys.is_empty() && facts.reservations.is_empty());
}

pub(crate) async fn keys_of_a_reservation_are_its_buyers(store: &Shared) {
    let event = create(store, concert()).await;
    let (bought, other) = (sale(&event, "mina"), sale(&event, "jun"));
    let event = group(&event)
        .make(&bought)
        .key("mina", request("cancel", 1), bought.id)
        .make(&other)
        .key("jun", request("reserve", 1), other.id)
        .commit(store)
        .await;

    let key = |name: &str| request(name, 0).key;
    let asked = vec![
        (bought.id, key("cancel")),
        (other.id, key("cancel")),
        (bought.id, key("reserve")),
    ];
    let query = FactsQuery {
        keys_by_reservation: asked,
        ..FactsQuery::default()
    };
    let facts = ask(store, &event, query).await;

    let found: Vec<_> = facts.keys.keys().cloned().collect();
    assert_eq!(found, [(buyer("mina"), key("cancel"))]);
    assert!(facts.reservations.contains_key(&bought.id));
}

pub(crate) async fn holdings_count_live_tickets_of_this_event(store: &Shared) {
    let event = create(store, concert()).await;
    let (held, bought) = (
        hold(&event, "mina").tickets(2),
        sale(&event, "mina").tickets(3),
    );
    let gone = sale(&event, "jun");
    let event = group(&event)
        .make(&held)
        .make(&bought)
        .make(&gone)
        .commit(store)
        .await;
    let cancelled = gone.clone().cancel(at(20), None, None);
    let event = group(&event).turn(&gone, &cancelled).commit(store).await;
    let elsewhere = create(store, concert()).await;
    group(&elsewhere)
        .make(&sale(&elsewhere, "mina"))
        .commit(store)
        .await;

    let buyers = ["mina", "jun", "ara", "Mina"].map(buyer).to_vec();
    let facts = ask(
        store,
        &event,
        FactsQuery {
            buyers,
            ..FactsQuery::default()
        },
    )
    .await;

    assert_eq!(
        facts.holdings.into_iter().collect::<Vec<_>>(),
        [(buyer("mina"), 5)]
    );
}

pub(crate) async fn reservations_of_another_event_are_not_found(store: &Shared) {
    let (event, elsewhere) = (
        create(store, concert()).await,
        create(store, concert()).await,
    );
    let (here, there) = (sale(&event, "mina"), sale(&elsewhere, "mina"));
    let event = group(&event).make(&here).commit(store).await;
    group(&elsewhere).make(&there).commit(store).await;

    let unknown = sale(&event, "jun").id;
    let reservations = vec![here.id, there.id, unknown, here.id];
    let facts = ask(
        store,
        &event,
        FactsQuery {
            reservations,
            ..FactsQuery::default()
        },
    )
    .await;

    assert_eq!(facts.version, Some(Version(2)));
    assert_eq!(
        facts.reservations.into_keys().collect::<Vec<_>>(),
        [here.id]
    );
}

pub(crate) async fn due_holds_come_in_order_and_the_next_is_told(store: &Shared) {
    let event = create(store, concert()).await;
    let held: Vec<Reservation> = [500, 200, 300, 400, 300]
        .iter()
        .map(|secs| hold(&event, "mina").until(at(*secs)))
        .collect();
    let event = group(&event).make_all(&held).commit(store).await;
    let due = async |by: i64, due_len_max: u32| {
        let query = FactsQuery {
            due_by: Some(at(by)),
            due_len_max,
            ..FactsQuery::default()
        };
        let facts = ask(store, &event, query).await;
        assert!(facts.reservations.is_empty());
        (ids(&facts.due), facts.next_due)
    };

    assert_eq!(due(199, 9).await, (vec![], Some(at(200))));
    let three = vec![held[1].id, held[2].id, held[4].id];
    assert_eq!(due(300, 9).await, (three, Some(at(400))));
    assert_eq!(
        due(300, 2).await,
        (vec![held[1].id, held[2].id], Some(at(300)))
    );
    assert_eq!(due(900, 9).await.1, None);
    assert_eq!(due(900, 5).await.0.len(), 5);
}

pub(crate) async fn live_reservations_are_those_that_can_be_given_back(store: &Shared) {
    let event = create(store, concert()).await;
    let all = [
        hold(&event, "a"),
        hold(&event, "b"),
        sale(&event, "c"),
        sale(&event, "d"),
    ];
    let event = group(&event).make_all(&all).commit(store).await;
    let payment = attempt(100, PaymentState::Pending);
    let event = group(&event)
        .turn(&all[1], &paying(&all[1], &payment))
        .pay(&all[1], &payment)
        .turn(&all[3], &all[3].clone().cancel(at(20), None, None))
        .commit(store)
        .await;

    let query = |due_len_max| FactsQuery {
        live: true,
        due_len_max,
        ..FactsQuery::default()
    };
    let facts = ask(store, &event, query(10)).await;
    assert_eq!(ids(&facts.live), [all[0].id, all[2].id]);
    assert_eq!(ids(&ask(store, &event, query(1)).await.live), [all[0].id]);
}

pub(crate) async fn many_lookups_at_once_find_all(store: &Shared) {
    let mut new = concert();
    new.grades = vec![grade("R", 2_000)];
    let event = create(store, new).await;
    let made: Vec<Reservation> = (0..700)
        .map(|n| sale(&event, &format!("buyer-{n}")).tickets(2))
        .collect();
    let all = made.iter().fold(group(&event), |group, made| {
        group
            .make(made)
            .key(made.user.as_str(), request("k", 1), made.id)
    });
    let event = all.commit(store).await;

    let key = request("k", 1).key;
    let query = FactsQuery {
        keys: made
            .iter()
            .map(|made| (made.user.clone(), key.clone()))
            .collect(),
        keys_by_reservation: made.iter().map(|made| (made.id, key.clone())).collect(),
        buyers: made.iter().map(|made| made.user.clone()).collect(),
        reservations: made.iter().map(|made| made.id).collect(),
        ..FactsQuery::default()
    };
    let facts = ask(store, &event, query).await;

    assert_eq!((facts.keys.len(), facts.holdings.len()), (700, 700));
    assert_eq!(facts.reservations.len(), 700);
    for made in made {
        assert_eq!(*facts.reservations[&made.id], made);
        assert_eq!(facts.holdings[&made.user], 2);
    }
}
