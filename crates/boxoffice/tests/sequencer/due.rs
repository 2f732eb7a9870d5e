//! Holds that end while nobody asks, or while everybody does.

use std::sync::atomic::Ordering;

use boxoffice::event::SaleState;
use boxoffice::grade::Stock;
use boxoffice::limits::Limits;
use boxoffice::reservation::ReservationStatus;
use futures_util::future::join_all;

use crate::house::{House, later, ms, request, secs};
use crate::sale::{ask, event};

#[tokio::test(start_paused = true)]
async fn a_hold_ends_by_itself_on_the_node_that_sold_it() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 2)).await;
    later(ms(29_990)).await;
    assert_eq!(house.stock().await.held, 2);
    later(ms(20)).await;
    assert_eq!(house.stock().await, Stock::of(9));
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn an_extended_sale_of_holds_ends_each_in_its_time() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 2)).await;
    later(secs(10)).await;
    house.reserved(&node, ask("jun", 3)).await;
    later(ms(20_010)).await;
    assert_eq!(house.stock().await.held, 3);
    later(secs(10)).await;
    assert_eq!(house.stock().await.held, 0);
}

#[tokio::test(start_paused = true)]
async fn a_hold_of_a_node_that_died_ends_in_the_background_of_another() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let dying = house.node("a");
    house.reserved(&dying, ask("mina", 2)).await;
    dying.shutdown().await;
    let other = house.node("b");
    let _background = other.start_background();
    later(ms(30_600)).await;
    assert_eq!(house.stock().await, Stock::of(9));
}

#[tokio::test(start_paused = true)]
async fn without_background_work_a_hold_that_nobody_knows_of_stays() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let dying = house.node("a");
    house.reserved(&dying, ask("mina", 2)).await;
    dying.shutdown().await;
    drop(house.node("b").start_background());
    later(secs(60)).await;
    assert_eq!(house.stock().await.held, 2);
}

#[tokio::test(start_paused = true)]
async fn the_background_work_outlives_a_database_that_is_away() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let dying = house.node("a");
    house.reserved(&dying, ask("mina", 2)).await;
    dying.shutdown().await;
    let other = house.node("b");
    let _background = other.start_background();
    house.store.down.store(true, Ordering::SeqCst);
    later(secs(60)).await;
    house.store.down.store(false, Ordering::SeqCst);
    later(secs(1)).await;
    assert_eq!(house.stock().await, Stock::of(9));
}

/// The first event's database work hangs; the second event's holds end in time all the same.
#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_swept_holds_up_no_other() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let second = house
        .also_selling(event().with_grade("R", 9).held_for_secs(30))
        .await;
    let dying = house.node("a");
    house.reserved(&dying, ask("mina", 2)).await;
    let booked = dying.reserve(request(second, ask("jun", 2))).await;
    let booked = booked.expect("seats").reservation;
    dying.shutdown().await;
    house.store.hang_for(Some(house.event));
    let other = house.node("b");
    let _background = other.start_background();
    later(ms(31_600)).await;
    let found = other.reservation(booked.id).await.expect("an answer");
    assert_eq!(found.expect("it").status(), ReservationStatus::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_fast_clock_of_one_node_lets_a_hold_end_at_the_events_own_time() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(30)).await;
    let node = house.node("a");
    let held = house.reserved(&node, ask("mina", 2)).await;
    house.clock.jump_secs(-3_600);
    later(secs(31)).await;
    house.reserved(&node, ask("jun", 1)).await;
    let found = node.reservation(held.id).await.expect("an answer");
    assert_eq!(found.expect("it").status(), ReservationStatus::Held);
}

async fn house_with_holds(count: u32) -> House {
    let sale = event().with_grade("R", count + 10).held_for_secs(30);
    let house = House::selling(sale).await;
    let node = house.node("a");
    let asks = (0..count).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    assert!(booked.iter().all(Result::is_ok));
    node.shutdown().await;
    house
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_holds_that_end_at_once_do_not_hold_up_a_buyer() {
    let house = house_with_holds(10_000).await;
    later(secs(31)).await;
    house.store.commits_take(ms(10));
    let node = house.node("b");
    let booked = house.reserve(&node, ask("mina", 1)).await.expect("a seat");
    assert_eq!(booked.queue_time, ms(0));
    let again = house.reserve(&node, ask("jun", 1)).await.expect("a seat");
    assert!(again.queue_time <= ms(10), "{:?}", again.queue_time);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_holds_that_end_at_once_end_in_bounded_groups() {
    let house = house_with_holds(10_000).await;
    later(secs(31)).await;
    let before = house.store.groups();
    let node = house.node("b");
    house.reserved(&node, ask("mina", 1)).await;
    later(ms(10)).await;
    let sizes = house.store.group_sizes().split_off(before);
    assert_eq!(sizes.iter().sum::<usize>(), 10_001);
    assert!(sizes.iter().all(|size| *size <= 257), "{sizes:?}");
    assert_eq!(house.stock().await.held, 1);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_event_gives_everything_back_in_bounded_groups() {
    let house = house_with_holds(1_000).await;
    let node = house.node("b");
    let before = house.store.groups();
    house.call_off(&node).await.expect("an update");
    later(ms(10)).await;
    let sizes = house.store.group_sizes().split_off(before);
    assert_eq!(sizes, [0, 256, 256, 256, 232]);
    assert_eq!(house.stock().await.taken(), 0);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_cancelled_event_owes_is_given_back_by_another_node_if_need_be() {
    let house = house_with_holds(1_000).await;
    let dying = house.node_within(
        "b",
        Limits {
            due_len_max: 10,
            ..Limits::default()
        },
    );
    house.store.commits_take(ms(10));
    house.call_off(&dying).await.expect("an update");
    house.store.down.store(true, Ordering::SeqCst);
    later(secs(1)).await;
    house.store.down.store(false, Ordering::SeqCst);
    let other = house.node("c");
    let _background = other.start_background();
    later(secs(2)).await;
    let snapshot = house.snapshot().await;
    assert_eq!(snapshot.event.state, SaleState::Cancelled);
    assert_eq!(snapshot.stock().taken(), 0);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn once_everything_is_given_back_nobody_looks_any_more() {
    let house = house_with_holds(10).await;
    let node = house.node("b");
    house.call_off(&node).await.expect("an update");
    later(ms(10)).await;
    let asked = house.store.facts_asked.load(Ordering::SeqCst);
    later(secs(59)).await;
    let again = house.store.facts_asked.load(Ordering::SeqCst) - asked;
    assert!(
        again <= 1,
        "once, when the first hold would have ended: {again}"
    );
}
