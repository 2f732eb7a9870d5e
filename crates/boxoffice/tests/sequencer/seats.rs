//! Numbered seats at several nodes, each with a seat map of its own that may be old.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use boxoffice::command::{ReserveError, Unserved};
use boxoffice::grade::SeatLabel;
use boxoffice::limits::Limits;
use boxoffice::seats::SeatState;
use futures_util::future::join_all;

use crate::faulty::Fault;
use crate::house::{Booked, House, ms};
use crate::sale::{Ask, ask, event};

fn label(text: &str) -> SeatLabel {
    SeatLabel(text.into())
}

fn named(name: &str, seats: &[&str]) -> Ask {
    let count = u32::try_from(seats.len()).expect("a few");
    ask(name, count).seats(seats)
}

fn taken(seats: &[&str]) -> Booked {
    Err(ReserveError::SeatTaken {
        seats: seats.iter().map(|seat| label(seat)).collect(),
    })
}

/// Nodes that decide at the same time, because every lease is granted.
fn rivals(house: &House) -> [boxoffice::box_office::BoxOffice; 2] {
    house.store.commits_take(ms(3));
    house.coordinator.generous.store(true, Ordering::SeqCst);
    let limits = Limits {
        batch_len_max: 7,
        conflicts_max: 1_000,
        ..Limits::default()
    };
    ["a", "b"].map(|name| house.node_within(name, limits.clone()))
}

#[tokio::test(start_paused = true)]
async fn an_old_seat_map_sells_no_seat_twice() {
    let house = House::selling(event().with_assigned_grade("R", 2, 5)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    house.reserved(&one, named("warm", &["R-B-5"])).await;
    house
        .reserved(&two, named("jun", &["R-A-1", "R-A-2"]))
        .await;

    let wanted = named("mina", &["R-A-2", "R-A-3"]);
    assert_eq!(house.reserve(&one, wanted).await, taken(&["R-A-2"]));
    let best = house.reserved(&one, ask("mina", 3)).await;
    let seats: Vec<&str> = best.seats.iter().map(|seat| &*seat.0).collect();
    assert_eq!(seats, ["R-A-3", "R-A-4", "R-A-5"]);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn seats_that_another_node_gave_back_are_found_again() {
    let house = House::selling(event().with_assigned_grade("R", 1, 1)).await;
    let (one, two) = (house.node("a"), house.node("b"));
    let held = house.reserved(&one, named("mina", &["R-A-1"])).await;
    assert_eq!(
        house.reserve(&two, named("jun", &["R-A-1"])).await,
        taken(&["R-A-1"])
    );
    one.cancel(held.id, None).await.expect("a hold");
    // A refusal may be as old as the bound for refusals says, and no older.
    let age_max = Limits::default().sold_out_age_ms_max;
    crate::house::later(ms(u64::from(age_max) + 1)).await;
    assert!(house.reserve(&two, named("jun", &["R-A-1"])).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_looks_after_a_commit_sees_its_seats() {
    let house = House::selling(event().with_assigned_grade("R", 1, 3)).await;
    let node = house.node("a");
    house.reserved(&node, named("mina", &["R-A-2"])).await;
    let told = node.event(house.event).await.expect("an answer");
    let seats = &told.expect("the event").snapshot.seats;
    let states = ["R-A-1", "R-A-2"].map(|seat| seats.state(&label(seat)));
    let expected = [SeatState::Available, SeatState::Held].map(Some);
    assert_eq!(states, expected);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_buyers_at_two_nodes_get_a_hundred_best_seats_once_each() {
    let house = House::selling(event().with_assigned_grade("R", 10, 10).sold_at_once()).await;
    let nodes = rivals(&house);
    let asks = (0..1_000_usize).map(|n| house.reserve(&nodes[n % 2], ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;

    let seats = booked
        .iter()
        .flatten()
        .flat_map(|b| b.reservation.seats.clone());
    let seats: Vec<SeatLabel> = seats.collect();
    assert_eq!(seats.len(), 100);
    assert_eq!(seats.iter().collect::<HashSet<_>>().len(), 100);
    let refused = booked
        .iter()
        .filter(|booked| matches!(booked, Err(ReserveError::InsufficientSeats { .. })));
    assert_eq!(refused.count(), 900);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_buyers_at_two_nodes_who_name_a_hundred_seats_get_them_once_each() {
    let house = House::selling(event().with_assigned_grade("R", 10, 10).sold_at_once()).await;
    let nodes = rivals(&house);
    let wanted = |n: usize| {
        format!(
            "R-{}-{}",
            char::from(b"ABCDEFGHIJ"[n / 10 % 10]),
            n % 10 + 1
        )
    };
    let asks = (0..1_000_usize).map(|n| {
        let asked = named(&format!("buyer{n}"), &[&wanted(n)]);
        house.reserve(&nodes[n / 7 % 2], asked)
    });
    let booked = join_all(asks).await;

    let mut owners = HashSet::new();
    for (n, booked) in booked.iter().enumerate() {
        match booked {
            Ok(made) => {
                assert_eq!(made.reservation.seats, [label(&wanted(n))]);
                assert!(owners.insert(wanted(n)), "{} has two owners", wanted(n));
            }
            refused => assert_eq!(*refused, taken(&[&wanted(n)])),
        }
    }
    assert_eq!(owners.len(), 100);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn seats_of_a_lost_commit_are_looked_up_and_not_chosen_anew() {
    let house = House::selling(event().with_assigned_grade("R", 1, 4).sold_at_once()).await;
    let node = house.node("a");
    for fault in [Fault::LostAfter, Fault::LostBefore] {
        house.store.next_commits(&[fault]);
        let booked = house.reserve(&node, ask("mina", 2)).await;
        assert_ne!(booked, Err(ReserveError::Unserved(Unserved::Internal)));
        assert_eq!(booked.expect("seats").reservation.seats.len(), 2);
    }
    assert_eq!(house.stock().await.available, 0);
    house.audit().await;
}
