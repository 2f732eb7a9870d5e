//! Pages, codes and statistics.

use boxoffice::buyer::UserStatistics;
use boxoffice::event::{NewEvent, SaleState};
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::money::Money;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::reservation::{Reservation, ReservationStatus, TicketState};
use boxoffice::store::{EventFilter, EventListQuery, EventSort, ReservationListQuery};

use crate::fixture::{Shared, Tailor, at, buyer, concert, create, grade, group, hold, sale};
use crate::writes::books_are_clean;

fn all_events() -> EventListQuery {
    EventListQuery {
        filter: EventFilter::All,
        text: None,
        sort: EventSort::EventDate,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 20 },
        now: at(100),
    }
}

async fn names(store: &Shared, query: EventListQuery) -> Vec<String> {
    let page = store.events(&query).await.expect("a working store");
    assert!(page.items.len() as u64 <= page.total);
    page.items
        .into_iter()
        .map(|item| item.event.name.clone())
        .collect()
}

fn named(name: &str, change: impl FnOnce(&mut NewEvent)) -> NewEvent {
    let mut new = concert();
    new.event.name = String::from(name);
    change(&mut new);
    new
}

pub(crate) async fn events_are_filtered_by_what_they_are_now(store: &Shared) {
    type Story = (&'static str, fn(&mut NewEvent));
    let stories: [Story; 8] = [
        ("1 selling", |_| ()),
        ("2 opens later", |new| {
            new.event.sale_opens_at = Some(at(101));
        }),
        ("3 window over", |new| {
            new.event.sale_closes_at = Some(at(100));
        }),
        ("4 begun", |new| new.event.starts_at = at(100)),
        ("5 closed", |new| new.event.state = SaleState::Closed),
        ("6 cancelled", |new| new.event.state = SaleState::Cancelled),
        ("7 sold out", |new| new.grades = vec![grade("R", 0)]),
        ("8 closes after its date", |new| {
            new.event.sale_closes_at = Some(at(500));
            new.event.starts_at = at(99);
        }),
    ];
    for (name, change) in stories {
        create(store, named(name, change)).await;
    }
    let gone = create(store, named("9 deleted", |_| ())).await;
    let deletion = group(&gone).event(|event| event.deleted_at = Some(at(50)));
    assert_eq!(deletion.try_commit(store).await, Ok(()));

    let numbers = async |filter| -> String {
        let query = EventListQuery {
            filter,
            sort: EventSort::EventName,
            ..all_events()
        };
        names(store, query)
            .await
            .iter()
            .map(|name| &name[..1])
            .collect()
    };
    assert_eq!(numbers(EventFilter::All).await, "12345678");
    assert_eq!(numbers(EventFilter::Active).await, "12");
    assert_eq!(numbers(EventFilter::SoldOut).await, "7");
    assert_eq!(numbers(EventFilter::Closed).await, "3458");
    assert_eq!(numbers(EventFilter::Cancelled).await, "6");
    assert_eq!(numbers(EventFilter::Upcoming).await, "12357");
    assert_eq!(numbers(EventFilter::Available).await, "1");
}

pub(crate) async fn events_are_searched_in_any_case_and_letter_by_letter(store: &Shared) {
    let hall =
        |name: &'static str| move |new: &mut NewEvent| new.event.venue.name = Some(name.to_owned());
    create(store, named("100% Rock", hall("Olympic Hall"))).await;
    create(store, named("100 Rocks", hall("snake_case club"))).await;
    create(store, named("가을밤 콘서트", hall("올림픽홀"))).await;

    let search = async |text: &str| {
        names(
            store,
            EventListQuery {
                text: Some(text.to_owned()),
                ..all_events()
            },
        )
        .await
    };
    assert_eq!(search("ROCK").await, ["100% Rock", "100 Rocks"]);
    assert_eq!(search("0%").await, ["100% Rock"]);
    assert_eq!(search("e_c").await, ["100 Rocks"]);
    assert_eq!(search("olympic").await, ["100% Rock"]);
    assert_eq!(search("올림픽").await, ["가을밤 콘서트"]);
    assert_eq!(search("밤 콘").await, ["가을밤 콘서트"]);
    assert_eq!(search("\\").await, [""; 0]);

    let found = store
        .events(&EventListQuery {
            text: Some("rock".into()),
            ..all_events()
        })
        .await;
    assert_eq!(found.expect("a working store").total, 2);
}

pub(crate) async fn events_are_sorted_and_paged_without_a_gap(store: &Shared) {
    // Two days and three names, so that most are equal to another in one of them.
    for (n, name) in (0..).zip(["b", "a", "가", "b", "a", "가", "b"]) {
        let new = named(name, |new| {
            new.event.starts_at = at(1_000 * (1 + n % 2));
            new.event.created_at = at(-n);
        });
        create(store, new).await;
    }
    for sort in [
        EventSort::EventDate,
        EventSort::EventName,
        EventSort::CreatedAt,
    ] {
        let mut ways: Vec<Vec<EventId>> = Vec::new();
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut seen = Vec::new();
            for page in 0..4 {
                let page = PageRequest { page, size: 3 };
                let query = EventListQuery {
                    sort,
                    direction,
                    page,
                    ..all_events()
                };
                let found = store.events(&query).await.expect("a working store");
                assert_eq!(found.total, 7);
                assert!(found.items.iter().all(|item| item.grades.len() == 1));
                seen.extend(found.items.iter().map(|item| item.event.id));
            }
            ways.push(seen);
        }
        ways[1].reverse();
        assert_eq!(ways[0], ways[1], "{sort:?}");
        assert_eq!(ways[0].len(), 7);
    }
    let by_name = EventListQuery {
        sort: EventSort::EventName,
        ..all_events()
    };
    assert_eq!(
        names(store, by_name).await,
        ["a", "a", "b", "b", "b", "가", "가"]
    );
}

fn all_reservations() -> ReservationListQuery {
    ReservationListQuery {
        event: None,
        user: None,
        status: None,
        direction: Direction::Ascending,
        page: PageRequest { page: 0, size: 10 },
    }
}

/// Reservations of two events, in the order they were made.
async fn some_reservations(store: &Shared) -> [Reservation; 5] {
    let (first, second) = (
        create(store, concert()).await,
        create(store, concert()).await,
    );
    let made = [
        hold(&first, "mina"),
        sale(&first, "mina").tickets(3),
        sale(&second, "mina"),
        hold(&second, "jun"),
        sale(&first, "Mina"),
    ];
    for event in [&first, &second] {
        let of_event = made.iter().filter(|made| made.event == event.event.id);
        group(event).make_all(of_event).commit(store).await;
    }
    made
}

/// Which of `made` a list holds, in its order.
async fn places(store: &Shared, made: &[Reservation], query: &ReservationListQuery) -> Vec<usize> {
    let page = store.reservations(query).await.expect("a working store");
    assert!(page.items.len() as u64 <= page.total);
    let place = |item: &Reservation| made.iter().position(|made| made == item);
    page.items
        .iter()
        .map(|item| place(item).expect("one of those made"))
        .collect()
}

pub(crate) async fn reservations_are_filtered_by_event_buyer_and_status(store: &Shared) {
    let made = some_reservations(store).await;
    let event = Some(made[0].event);
    let user = Some(buyer("mina"));
    let held = Some(ReservationStatus::Held);
    let paying = Some(ReservationStatus::Paying);
    let all = all_reservations;
    let stories: [(ReservationListQuery, &[usize]); 6] = [
        (all(), &[0, 1, 2, 3, 4]),
        (
            ReservationListQuery {
                user: user.clone(),
                ..all()
            },
            &[0, 1, 2],
        ),
        (ReservationListQuery { event, ..all() }, &[0, 1, 4]),
        (
            ReservationListQuery {
                status: held,
                ..all()
            },
            &[0, 3],
        ),
        (
            ReservationListQuery {
                event,
                user,
                status: held,
                ..all()
            },
            &[0],
        ),
        (
            ReservationListQuery {
                status: paying,
                ..all()
            },
            &[],
        ),
    ];
    for (query, expected) in stories {
        assert_eq!(places(store, &made, &query).await, expected, "{query:?}");
    }
}

pub(crate) async fn reservations_are_paged_either_way(store: &Shared) {
    let made = some_reservations(store).await;
    let page = |page, direction| ReservationListQuery {
        direction,
        page: PageRequest { page, size: 2 },
        ..all_reservations()
    };
    let (up, down) = (Direction::Ascending, Direction::Descending);
    assert_eq!(places(store, &made, &page(1, up)).await, [2, 3]);
    assert_eq!(places(store, &made, &page(0, down)).await, [4, 3]);
    assert_eq!(places(store, &made, &page(2, down)).await, [0]);
    assert_eq!(places(store, &made, &page(3, down)).await, [0; 0]);
    let last = store.reservations(&page(2, down)).await;
    assert_eq!(last.expect("a working store").total, 5);
}

pub(crate) async fn a_code_finds_its_buyers_reservation_only(store: &Shared) {
    let event = create(store, concert()).await;
    let (bought, other) = (sale(&event, "mina").tickets(2), sale(&event, "mina"));
    group(&event).make(&bought).make(&other).commit(store).await;

    let found = store
        .reservation_by_code(&buyer("mina"), bought.code())
        .await;
    assert_eq!(found, Ok(Some(bought.clone())));
    assert_eq!(
        store
            .reservation_by_code(&buyer("jun"), bought.code())
            .await,
        Ok(None)
    );
    let unknown = sale(&event, "mina").code();
    assert_eq!(
        store.reservation_by_code(&buyer("mina"), unknown).await,
        Ok(None)
    );
}

pub(crate) async fn statistics_count_what_a_buyer_did(store: &Shared) {
    let event = create(store, concert()).await;
    let gone = sale(&event, "mina");
    let made = [
        gone.clone(),
        sale(&event, "mina").tickets(3),
        hold(&event, "mina"),
    ];
    let event = group(&event).make_all(&made).commit(store).await;
    group(&event)
        .turn(&gone, &gone.clone().cancel(at(20), None, None))
        .commit(store)
        .await;

    let expected = UserStatistics {
        total_reservations: 3,
        total_spent: Money(300),
        cancelled_reservations: 1,
    };
    assert_eq!(store.user_statistics(&buyer("mina")).await, Ok(expected));
    let nothing = Ok(UserStatistics::default());
    assert_eq!(store.user_statistics(&buyer("jun")).await, nothing);
}

pub(crate) async fn an_events_reservations_are_read_part_by_part(store: &Shared) {
    let made = some_reservations(store).await;
    let event = made[0].event;
    let part = async |after: Option<usize>, len_max| {
        let after = after.map(|place| made[place].id);
        let found = store.reservations_of(event, after, len_max).await;
        found.expect("a working store")
    };
    let of = |places: &[usize]| -> Vec<Reservation> {
        places.iter().map(|place| made[*place].clone()).collect()
    };
    assert_eq!(part(None, 2).await, of(&[0, 1]));
    assert_eq!(part(Some(1), 2).await, of(&[4]));
    assert_eq!(part(Some(4), 2).await, []);
    assert_eq!(part(Some(0), 10).await, of(&[1, 4]));
}

/// The reservation with these of its tickets used.
fn with_used(bought: &Reservation, used: &[usize]) -> Reservation {
    let mut after = bought.clone();
    for place in used {
        after.tickets[*place].state = TicketState::Used { at: at(86_000) };
    }
    after
}

pub(crate) async fn who_was_let_in_is_counted(store: &Shared) {
    let (event, other) = (
        create(store, concert()).await,
        create(store, concert()).await,
    );
    let id = event.event.id;
    let admitted = async |id| store.admitted(id).await.expect("a working store");
    let (party, alone) = (sale(&event, "mina").tickets(3), sale(&event, "jun"));
    let elsewhere = sale(&other, "mina");
    let event = group(&event).make_all([&party, &alone]).commit(store).await;
    let other = group(&other).make(&elsewhere).commit(store).await;
    assert_eq!(admitted(id).await, 0);

    let two = with_used(&party, &[0, 2]);
    let first = with_used(&alone, &[0]);
    let both = group(&event).turn(&party, &two).turn(&alone, &first);
    let event = both.commit(store).await;
    let there = with_used(&elsewhere, &[0]);
    group(&other).turn(&elsewhere, &there).commit(store).await;
    assert_eq!(admitted(id).await, 3);
    assert_eq!(admitted(other.event.id).await, 1);
    books_are_clean(store, id).await;

    let undone = with_used(&party, &[2]);
    let event = group(&event).turn(&two, &undone).commit(store).await;
    assert_eq!(admitted(id).await, 2);
    let back = undone.clone().cancel(at(87_000), None, None);
    group(&event).turn(&undone, &back).commit(store).await;
    assert_eq!(admitted(id).await, 1);
    assert_eq!(admitted(EventId(i64::MAX)).await, 0);
}

pub(crate) async fn takings_are_what_was_paid_whatever_it_costs_now(store: &Shared) {
    let (event, other) = (
        create(store, concert()).await,
        create(store, concert()).await,
    );
    let id = event.event.id;
    let takings = async |id| store.takings(id).await.expect("a working store");
    assert_eq!(takings(id).await, Money::ZERO);
    let (mina, jun) = (sale(&event, "mina").tickets(3), sale(&event, "jun"));
    let (held, elsewhere) = (hold(&event, "sora"), sale(&other, "mina"));
    let event = group(&event)
        .make_all([&mina, &jun, &held])
        .commit(store)
        .await;
    group(&other).make(&elsewhere).commit(store).await;
    let paid = mina.total_price.plus(jun.total_price);
    assert!(paid > mina.total_price && mina.total_price > Money::ZERO);
    assert_eq!(takings(id).await, paid);

    let dearer = group(&event).grades(|grades| grades[0].price = Money(1));
    let event = dearer.commit(store).await;
    assert_eq!(takings(id).await, paid);
    let back = jun.clone().cancel(at(20), None, None);
    group(&event).turn(&jun, &back).commit(store).await;
    assert_eq!(takings(id).await, mina.total_price);
    assert_eq!(takings(other.event.id).await, elsewhere.total_price);
    assert_eq!(takings(EventId(i64::MAX)).await, Money::ZERO);
}

pub(crate) async fn those_who_reserved_since_are_counted(store: &Shared) {
    let made = some_reservations(store).await;
    let event = made[0].event;
    let since = async |after| {
        let counted = store.reserved_since(event, after).await;
        counted.expect("a working store")
    };
    let first = ReservationId::from_slice(&[0; 16]).expect("an id");
    assert_eq!(since(first).await, 3);
    assert_eq!(since(made[0].id).await, 2);
    assert_eq!(since(made[4].id).await, 0);
}
