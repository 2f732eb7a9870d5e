//! What organizers and buyers do beside reserving: create, look, list, give back, delete.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice::box_office::{BoxOffice, CreateEventError, CreateUserError};
use boxoffice::buyer::User;
use boxoffice::command::{CancelError, DeleteError, ReserveError, Unserved};
use boxoffice::coordinator::CoordinatorHealth;
use boxoffice::event::{EventSnapshot, NewEvent};
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::money::Money;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::reservation::ReservationStatus;
use boxoffice::store::{EventFilter, EventListQuery, EventSort, ReservationListQuery};

use crate::house::House;
use crate::sale::{EventBuilder, PRICE, ask, at, buyer, event, keyed, new_id};

const FIRST: PageRequest = PageRequest { page: 0, size: 20 };

fn concert() -> EventBuilder {
    let mut concert = event().with_grade("R", 10);
    concert.event.hold_secs = 0;
    concert
}

fn another() -> NewEvent {
    let EventBuilder { event, grades } = concert();
    NewEvent { event, grades }
}

fn mina() -> User {
    User {
        id: buyer("mina"),
        username: "Mina".to_owned(),
        email: None,
        phone_number: None,
        created_at: at(0),
    }
}

async fn open() -> (House, BoxOffice) {
    let house = House::selling(concert()).await;
    let office = house.node("a");
    (house, office)
}

fn everything(office: &BoxOffice) -> EventListQuery {
    EventListQuery {
        filter: EventFilter::All,
        text: None,
        sort: EventSort::EventDate,
        direction: Direction::Ascending,
        page: FIRST,
        now: office.now(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_created_once_under_its_key() {
    let (_house, office) = open().await;
    let key = || Some(keyed("k", "the concert"));
    let first = office
        .create_event(another(), key())
        .await
        .expect("an event");
    let again = office
        .create_event(another(), key())
        .await
        .expect("an event");
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.value.event.id, again.value.event.id);
    let other = office
        .create_event(another(), Some(keyed("k", "another")))
        .await;
    assert_eq!(other, Err(CreateEventError::KeyReused));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_looked_up_once_and_then_told_from_memory() {
    let (house, office) = open().await;
    let first = office
        .event(house.event)
        .await
        .expect("an answer")
        .expect("an event");
    let again = office
        .event(house.event)
        .await
        .expect("an answer")
        .expect("an event");
    assert_eq!((first.hit, again.hit), (false, true));
    assert_eq!(first.snapshot, again.snapshot);
    assert_eq!(office.event(EventId(77)).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_reader_has_not_heard_of_yet_is_asked_of_the_writer() {
    let (house, office) = open().await;
    house.store.reader_is_new.store(true, Ordering::SeqCst);

    let told = office.event(house.event).await.expect("an answer");

    assert_eq!(told.expect("an event").snapshot.event.id, house.event);
    assert_eq!(office.event(EventId(77)).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_page_of_events_is_told_from_memory_within_a_second() {
    let (_house, office) = open().await;
    let page = office.events(everything(&office)).await.expect("a page");
    assert_eq!(page.total, 1);
    let again = office.events(everything(&office)).await.expect("a page");
    assert!(Arc::ptr_eq(&page, &again));
}

#[tokio::test(start_paused = true)]
async fn a_reservation_is_found_by_its_id_and_by_its_code_and_in_lists() {
    let (house, office) = open().await;
    let made = house.reserved(&office, ask("mina", 2)).await;
    assert_eq!(office.reservation(made.id).await, Ok(Some((*made).clone())));
    let by_code = office
        .reservation_by_code(&buyer("mina"), made.code())
        .await;
    assert_eq!(by_code, Ok(Some((*made).clone())));
    assert_eq!(
        office.reservation_by_code(&buyer("jun"), made.code()).await,
        Ok(None)
    );
    let query = ReservationListQuery {
        event: Some(house.event),
        user: Some(buyer("mina")),
        status: Some(ReservationStatus::Confirmed),
        direction: Direction::Descending,
        page: FIRST,
    };
    let page = office.reservations(&query).await.expect("a page");
    assert_eq!(page.items, [(*made).clone()]);
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_can_be_sold_again() {
    let (house, office) = open().await;
    let made = house.reserved(&office, ask("mina", 10)).await;
    let gone = office.cancel(made.id, None).await.expect("a cancellation");
    assert_eq!(gone.value.status(), ReservationStatus::Cancelled);
    let again = office.cancel(made.id, None).await;
    assert!(matches!(again, Err(CancelError::AlreadyCancelled(_))));
    house.reserved(&office, ask("jun", 10)).await;
    let unknown: ReservationId = new_id();
    assert_eq!(
        office.cancel(unknown, None).await,
        Err(CancelError::NotFound)
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_is_deleted_when_nobody_has_tickets_of_it() {
    let (house, office) = open().await;
    let made = house.reserved(&office, ask("mina", 2)).await;
    assert_eq!(office.live_reservations(house.event).await, Ok(1));
    let refused = office.delete_event(house.event).await;
    assert_eq!(refused, Err(DeleteError::LiveReservations { tickets: 2 }));
    office.cancel(made.id, None).await.expect("a cancellation");
    assert_eq!(office.live_reservations(house.event).await, Ok(0));
    assert_eq!(office.delete_event(house.event).await, Ok(()));
    assert_eq!(office.event(house.event).await, Ok(None));
    let late = house.reserve(&office, ask("jun", 1)).await;
    assert_eq!(late, Err(ReserveError::EventNotFound));
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_made_once_and_tells_what_its_buyer_has_done() {
    let (house, office) = open().await;
    let key = || Some(keyed("k", "mina"));
    let first = office.create_user(mina(), key()).await.expect("a profile");
    let again = office.create_user(mina(), key()).await.expect("a profile");
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(
        office.create_user(mina(), None).await,
        Err(CreateUserError::Exists)
    );
    let other = office.create_user(mina(), Some(keyed("k", "other"))).await;
    assert_eq!(other, Err(CreateUserError::KeyReused));

    let given_back = house.reserved(&office, ask("mina", 1)).await;
    office
        .cancel(given_back.id, None)
        .await
        .expect("a cancellation");
    house.reserved(&office, ask("mina", 3)).await;
    let (user, done) = office
        .user(&buyer("mina"))
        .await
        .expect("an answer")
        .expect("a profile");
    assert_eq!(*user, mina());
    assert_eq!(
        (done.total_reservations, done.cancelled_reservations),
        (2, 1)
    );
    assert_eq!(done.total_spent, Money(3 * PRICE));
    assert_eq!(office.user(&buyer("nobody")).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn health_tells_of_the_database_and_of_what_nodes_share() {
    let (_house, office) = open().await;
    let health = office.health().await;
    assert_eq!(health.database, Ok(()));
    assert_eq!(health.coordinator, CoordinatorHealth::Alone);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_box_office_takes_nothing_new() {
    let (house, office) = open().await;
    office.shutdown().await;
    let refused = house.reserve(&office, ask("mina", 1)).await;
    assert_eq!(refused, Err(ReserveError::Unserved(Unserved::Unavailable)));
    assert_eq!(
        office.delete_event(house.event).await,
        Err(DeleteError::Unserved(Unserved::Unavailable))
    );
    let stock = |snapshot: EventSnapshot| snapshot.stock().available;
    assert_eq!(stock(house.snapshot().await), 10);
}
