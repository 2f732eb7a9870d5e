//! Commits whose answer was lost: the log tells what became of them.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use boxoffice::box_office::BoxOffice;
use boxoffice::command::{EventPatch, ReserveError, Unserved, Update};
use boxoffice::event::SaleState;
use futures_util::future::join_all;

use crate::faulty::Fault;
use crate::house::{Booked, House, later, ms};
use crate::sale::{ask, buyer, event};

fn is_unknown(booked: &Booked) -> bool {
    matches!(
        booked,
        Err(ReserveError::Unserved(Unserved::OutcomeUnknown {
            reservation: Some(_)
        }))
    )
}

#[tokio::test(start_paused = true)]
async fn a_lost_commit_that_landed_is_answered_as_it_was_decided() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::LostAfter]);
    let asks = (0..5).map(|n| house.reserve(&node, ask(&format!("buyer{n}"), 1)));
    let booked = join_all(asks).await;
    let served: Vec<bool> = booked.iter().map(Result::is_ok).collect();
    assert_eq!(served, [true, true, true, false, false]);
    assert_eq!(house.store.groups(), 1);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_commit_that_did_not_land_is_decided_again() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::LostBefore]);
    assert!(house.reserve(&node, ask("mina", 2)).await.is_ok());
    assert_eq!(house.stock().await.held, 2);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_commit_can_be_lost_again_and_again() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    let lost = [Fault::LostBefore, Fault::LostBefore, Fault::LostAfter];
    house.store.next_commits(&lost);
    assert!(house.reserve(&node, ask("mina", 2)).await.is_ok());
    assert_eq!(house.stock().await.held, 2);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_another_group_with_the_same_reservation() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house
        .store
        .next_commits(&[Fault::LostBefore, Fault::LostBefore]);
    let booked = house.reserved(&node, ask("mina", 2)).await;
    let attempts = house.store.asked();
    let groups: HashSet<_> = attempts.iter().map(|group| group.id).collect();
    assert_eq!(groups.len(), 3);
    for attempt in &attempts {
        assert_eq!(attempt.changes.reservations[0].reservation.id, booked.id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_lands_after_it_was_decided_again_counts_once() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    let late = [Fault::LostAndLate(ms(10)), Fault::Slow(ms(50))];
    house.store.next_commits(&late);
    let booked = house.reserve(&node, ask("mina", 2)).await.expect("seats");
    let found = node.reservation(booked.reservation.id).await;
    assert!(found.expect("an answer").is_some());
    assert_eq!(house.stock().await.held, 2);
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_late_for_its_version_never_lands() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::LostAndLate(ms(500))]);
    house.reserved(&node, ask("mina", 2)).await;
    later(ms(1_000)).await;
    assert_eq!(house.stock().await.held, 2);
    house.audit().await;
}

/// The sale closes between the two attempts, and the first could still land.
#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_commit_is_true_whatever_lands_later() {
    let house = House::selling(event().with_grade("R", 3).closing_at(60)).await;
    let node = house.node("a");
    later(ms(59_990)).await;
    house.store.next_commits(&[Fault::LostAndLate(ms(100))]);
    let refused = house.reserve(&node, ask("mina", 2)).await;
    assert_eq!(refused, Err(ReserveError::SaleClosed));
    later(ms(1_000)).await;
    assert_eq!(house.stock().await.held, 0);
    house.audit().await;
}

/// A sale that closed between two attempts. The group that keeps the first, lost, from landing
/// changes nothing, and is a version all the same.
async fn refused_with_a_version() -> (House, BoxOffice) {
    let house = House::selling(event().with_grade("R", 3).closing_at(60)).await;
    let node = house.node("a");
    later(ms(59_990)).await;
    house.store.next_commits(&[Fault::LostBefore]);
    house.store.commits_take(ms(20));
    let refused = house.reserve(&node, ask("mina", 2)).await;
    assert_eq!(refused, Err(ReserveError::SaleClosed));
    (house, node)
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_that_took_a_version_the_node_knows_the_event() {
    let (house, node) = refused_with_a_version().await;
    let (barrier, loads) = (house.store.last_group(), &house.store.loads);
    let read = loads.load(Ordering::SeqCst);
    house.close(&node).await.expect("an update");
    assert_eq!(loads.load(Ordering::SeqCst), read, "nothing is read again");
    let closed = house.store.last_group();
    assert_eq!(closed.base, barrier.base.next());
    assert_eq!(house.snapshot().await.last_now, closed.now);
    house.audit().await;
}

/// Time goes back, and the group that changed nothing is what the next one may not be earlier than.
#[tokio::test(start_paused = true)]
async fn after_a_refusal_that_took_a_version_time_does_not_run_back() {
    let (house, node) = refused_with_a_version().await;
    house.clock.jump_secs(-30);
    house.close(&node).await.expect("an update");
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_comes_back_before_the_deadline_gives_the_true_answer() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::LostAfter]);
    let waiting = house.send(&node, ask("mina", 2)).await;
    house.store.down.store(true, Ordering::SeqCst);
    later(ms(5_000)).await;
    assert!(!waiting.is_finished());
    house.store.down.store(false, Ordering::SeqCst);
    assert!(waiting.await.expect("a task").is_ok());
    assert_eq!(house.store.groups(), 1);
}

/// The commit is lost, the event can be read again, and then the database goes for good.
#[tokio::test(start_paused = true)]
async fn a_database_that_goes_between_the_attempts_is_waited_for() {
    let house = House::selling(event().with_grade("R", 3).limited_to(2)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::LostBefore]);
    house.store.commits_take(ms(10));
    let waiting = house.send(&node, ask("mina", 2)).await;
    later(ms(5)).await;
    house.store.facts_down.store(true, Ordering::SeqCst);
    later(ms(5_000)).await;
    assert!(!waiting.is_finished());
    house.store.facts_down.store(false, Ordering::SeqCst);
    assert!(waiting.await.expect("a task").is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_database_that_stays_away_leaves_the_outcome_unknown() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.commits_take(ms(10));
    house.store.next_commits(&[Fault::LostBefore]);
    let waiting = house.send(&node, ask("mina", 2)).await;
    later(ms(15)).await;
    house.store.down.store(true, Ordering::SeqCst);
    assert!(is_unknown(&waiting.await.expect("a task")));
}

#[tokio::test(start_paused = true)]
async fn the_database_is_asked_no_more_once_nobody_waits() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.commits_take(ms(10));
    house.store.next_commits(&[Fault::LostBefore]);
    let waiting = house.send(&node, ask("mina", 2)).await;
    later(ms(15)).await;
    house.store.down.store(true, Ordering::SeqCst);
    let asked = || house.store.loads.load(Ordering::SeqCst);
    let before = asked();
    later(ms(100)).await;
    assert!(asked() > before, "while she waits");
    waiting.abort();
    later(ms(100)).await;
    let after = asked();
    later(ms(1_000)).await;
    assert_eq!(asked(), after);
}

#[tokio::test(start_paused = true)]
async fn after_an_unknown_outcome_the_event_goes_on() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.commits_take(ms(10));
    house.store.next_commits(&[Fault::LostAfter]);
    let waiting = house.send(&node, ask("mina", 2)).await;
    later(ms(5)).await;
    house.store.facts_down.store(true, Ordering::SeqCst);
    house.store.down.store(true, Ordering::SeqCst);
    waiting.await.expect("a task").expect_err("no answer");
    house.store.facts_down.store(false, Ordering::SeqCst);
    house.store.down.store(false, Ordering::SeqCst);
    house.reserved(&node, ask("jun", 1)).await;
    house.audit().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_lost_commit_a_database_that_is_away_means_that_nothing_was_done() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.down.store(true, Ordering::SeqCst);
    let refused = house.reserve(&node, ask("mina", 2)).await;
    assert_eq!(refused, Err(ReserveError::Unserved(Unserved::Unavailable)));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_was_lost_is_answered_as_done() {
    let house = House::selling(event().with_grade("R", 3)).await;
    house.store.next_commits(&[Fault::LostAfter]);
    assert_eq!(house.node("a").delete_event(house.event).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_update_whose_answer_was_lost_is_made_once() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let before = house.snapshot().await.version;
    house.store.next_commits(&[Fault::LostAfter]);
    let patch = EventPatch {
        state: Some(SaleState::Closed),
        ..EventPatch::default()
    };
    let update = Update {
        patch,
        if_version: Some(before),
    };
    let updated = house.node("a").update_event(house.event, update).await;
    assert_eq!(updated.expect("an update").version, before.next());
}

#[tokio::test(start_paused = true)]
async fn a_lost_commit_whose_version_another_node_has_is_decided_again() {
    let house = House::selling(event().with_grade("R", 3)).await;
    house.coordinator.generous.store(true, Ordering::SeqCst);
    let (one, two) = (house.node("a"), house.node("b"));
    house.store.next_commits(&[Fault::LostBefore]);
    let waiting = house.send(&one, ask("mina", 2)).await;
    house.reserved(&two, ask("jun", 2)).await;
    let refused = ReserveError::InsufficientSeats {
        requested: 2,
        available: 1,
    };
    assert_eq!(waiting.await.expect("a task"), Err(refused));
    assert_eq!(house.stock().await.held, 2);
}

/// What is decided in its place is refused, so that the first may still land, and does.
#[tokio::test(start_paused = true)]
async fn a_lost_commit_that_nothing_can_take_the_place_of_is_waited_for() {
    let house = House::selling(event().with_grade("R", 3)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::LostAndLate(ms(100))]);
    house.store.commits_take(ms(10));
    house.store.refuse(buyer("mina"));
    house.reserved(&node, ask("mina", 2)).await;
    assert_eq!(house.stock().await.held, 2);
}
