//! An event's task begins with its first command and ends when nobody asks any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice::command::{Command, Outcome, ReserveError, Unserved};
use boxoffice::ids::EventId;
use boxoffice::limits::Limits;
use boxoffice::sequencer::Sequencers;

use crate::faulty::Fault;
use crate::house::{House, later, ms, secs, settle};
use crate::sale::{ask, event};

fn sequencers(house: &House) -> Arc<Sequencers> {
    Arc::new(Sequencers::new(
        Arc::new(house.ports("a")),
        Arc::new(Limits::default()),
    ))
}

async fn reserve(sequencers: &Arc<Sequencers>, event: EventId, name: &str) -> Outcome {
    let command = Command::Reserve(ask(name, 1).0);
    sequencers.submit(event, command).await.outcome
}

#[tokio::test(start_paused = true)]
async fn an_event_has_a_task_while_it_sells() {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let sequencers = sequencers(&house);
    assert_eq!(sequencers.active_events(), []);
    reserve(&sequencers, house.event, "mina").await;
    assert_eq!(sequencers.active_events(), [house.event]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_asks_ends() {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let sequencers = sequencers(&house);
    reserve(&sequencers, house.event, "mina").await;
    later(secs(59)).await;
    assert_eq!(sequencers.active_events(), [house.event]);
    later(secs(2)).await;
    assert_eq!(sequencers.active_events(), []);
}

#[tokio::test(start_paused = true)]
async fn after_its_end_a_new_command_begins_another_task() {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let sequencers = sequencers(&house);
    reserve(&sequencers, house.event, "mina").await;
    later(secs(100)).await;
    reserve(&sequencers, house.event, "jun").await;
    assert_eq!(house.stock().await.sold, 2);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_comes_as_the_task_ends_is_served() {
    let house = House::selling(event().with_grade("R", 500).sold_at_once()).await;
    let sequencers = sequencers(&house);
    for round in 0..20 {
        reserve(&sequencers, house.event, &format!("early{round}")).await;
        // The task's time is up at this very moment.
        later(secs(60)).await;
        let outcome = reserve(&sequencers, house.event, &format!("late{round}")).await;
        assert!(matches!(outcome, Outcome::Reserve(Ok(_))));
    }
    assert_eq!(house.stock().await.sold, 40);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_knows_of_a_hold_stays_until_it_is_due() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(50)).await;
    let sequencers = sequencers(&house);
    reserve(&sequencers, house.event, "mina").await;
    later(secs(51)).await;
    assert_eq!(house.stock().await.available, 9);
    later(secs(61)).await;
    assert_eq!(sequencers.active_events(), []);
}

#[tokio::test(start_paused = true)]
async fn asking_for_unknown_events_leaves_no_tasks_behind() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let sequencers = sequencers(&house);
    for id in 1_000..1_100 {
        let outcome = reserve(&sequencers, EventId(id), "mina").await;
        let not_found = Outcome::Reserve(Err(ReserveError::EventNotFound));
        assert_eq!(outcome, not_found);
    }
    later(ms(10)).await;
    assert_eq!(sequencers.active_events(), []);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_event_leaves_no_task_behind() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let sequencers = sequencers(&house);
    sequencers.submit(house.event, Command::Delete).await;
    later(ms(10)).await;
    assert_eq!(sequencers.active_events(), []);
}

#[tokio::test(start_paused = true)]
async fn at_shutdown_what_was_accepted_is_answered() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let deciding = house.send(&node, ask("mina", 1)).await;
    let waiting = house.send(&node, ask("jun", 1)).await;
    node.shutdown().await;
    assert!(deciding.await.expect("a task").is_ok());
    assert!(waiting.await.expect("a task").is_ok());
    assert_eq!(house.stock().await.held, 2);
}

#[tokio::test(start_paused = true)]
async fn after_shutdown_nothing_new_is_accepted() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    node.shutdown().await;
    assert_eq!(
        house.reserve(&node, ask("mina", 1)).await,
        Err(ReserveError::Unserved(Unserved::Unavailable))
    );
}

#[tokio::test(start_paused = true)]
async fn while_it_shuts_down_nothing_new_is_accepted() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Slow(ms(50))]);
    let deciding = house.send(&node, ask("mina", 1)).await;
    let refused = async {
        settle().await;
        house.reserve(&node, ask("jun", 1)).await
    };
    let ((), refused) = tokio::join!(node.shutdown(), refused);
    let unavailable = ReserveError::Unserved(Unserved::Unavailable);
    assert_eq!(refused, Err(unavailable));
    assert!(deciding.await.expect("a task").is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_although_a_task_panicked() {
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.next_commits(&[Fault::Panic]);
    assert!(house.reserve(&node, ask("mina", 1)).await.is_err());
    node.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_although_the_database_is_away() {
    let house = House::selling(event().with_grade("R", 9).held_for_secs(1)).await;
    let node = house.node("a");
    house.reserved(&node, ask("mina", 1)).await;
    house.store.down.store(true, Ordering::SeqCst);
    later(secs(2)).await;
    let waiting = house.send(&node, ask("jun", 1)).await;
    node.shutdown().await;
    assert!(waiting.await.expect("a task").is_err());
}
