//! The invariants' metric, checked in the background while an event sells.

use std::sync::atomic::Ordering;

use crate::gauges::Gauges;
use crate::house::{House, later, secs};
use crate::sale::{ask, event};

fn violations(gauges: &Gauges, invariant: &str) -> String {
    gauges.value(&format!(
        "onsale_invariant_violations{{invariant=\"{invariant}\"}}"
    ))
}

#[tokio::test(start_paused = true)]
async fn every_rule_is_told_to_hold_from_the_beginning() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let _background = house.node("a").start_background();
    later(secs(1)).await;
    assert_eq!(violations(&gauges, "stock_adds_up"), "0");
    assert_eq!(violations(&gauges, "money_adds_up"), "0");
}

#[tokio::test(start_paused = true)]
async fn a_broken_rule_of_an_event_that_sells_is_told() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    let _background = node.start_background();
    house.reserved(&node, ask("mina", 1)).await;
    house.store.cooks_books.store(true, Ordering::SeqCst);
    later(secs(31)).await;
    assert_eq!(violations(&gauges, "stock_adds_up"), "1");
    assert_eq!(violations(&gauges, "money_adds_up"), "0");
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_holds_again_is_told_to() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    let _background = node.start_background();
    house.reserved(&node, ask("mina", 1)).await;
    house.store.cooks_books.store(true, Ordering::SeqCst);
    later(secs(31)).await;
    house.store.cooks_books.store(false, Ordering::SeqCst);
    later(secs(30)).await;
    assert_eq!(violations(&gauges, "stock_adds_up"), "0");
}
