//! How long a key is remembered.

use boxoffice::box_office::BoxOffice;
use boxoffice::limits::Limits;

use crate::house::{House, later, secs};
use crate::sale::{ask, event};

const DAY_SECS: u32 = 24 * 3_600;

/// A node that keeps keys for a day, and looks for other work seldom.
fn forgetful(house: &House) -> BoxOffice {
    let limits = Limits {
        key_retention_secs: DAY_SECS,
        sweep_interval_ms: 60_000,
        audit_interval_secs: 3_600,
        ..Limits::default()
    };
    house.node_within("a", limits)
}

#[tokio::test(start_paused = true)]
async fn a_key_is_kept_for_its_time() {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let node = forgetful(&house);
    let _background = node.start_background();
    let asked = ask("mina", 1).keyed("k");
    house.reserved(&node, asked.clone()).await;
    later(secs((DAY_SECS - 60).into())).await;
    let again = house.reserve(&node, asked.again()).await.expect("the seat");
    assert!(again.replayed);
}

#[tokio::test(start_paused = true)]
async fn after_its_time_a_key_is_forgotten() {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let node = forgetful(&house);
    let _background = node.start_background();
    let asked = ask("mina", 1).keyed("k");
    house.reserved(&node, asked.clone()).await;
    later(secs((DAY_SECS + 120).into())).await;
    let again = house.reserve(&node, asked.again()).await.expect("a seat");
    assert!(!again.replayed);
}
