//! The contract that every coordinator keeps, and the coordinators that are held to it.
//!
//! Time passes by tokio's clock only, so that a coordinator without a server is tested with the
//! clock stopped. What is told of two nodes, `here` and `there`, holds for what they share.
//! Beside a server everything lasts ten times as long, and only the stopped clock judges whether
//! something took too long: what else a machine does is no fact about a coordinator.

mod building;
mod lease;
mod loading;
#[path = "../../src/testing.rs"]
mod testing;
mod versions;
mod watching;

use std::future::{Ready, ready};
use std::sync::Arc;

use boxoffice::coordinator::{Coordinator, CoordinatorHealth};
use coordination::in_process::InProcess;
use coordination::limits::RedisLimits;
use coordination::redis::{RedisCoordinator, RedisSettings};
use rand::TryRng;
use rand::rngs::SysRng;

use crate::building::Pace;

/// Two nodes beside the same shared part; the same one twice where nothing is shared.
struct Nodes {
    here: Arc<dyn Coordinator>,
    there: Arc<dyn Coordinator>,
    pace: Pace,
}

/// Turns the contract's sentences into tests of one implementation.
macro_rules! contract {
    ($implementation:ident, $nodes:path, start_paused = $paused:literal) => {
        mod $implementation {
            contract! { @tests $nodes, $paused, lease:
                a_free_lease_is_given_at_once,
                a_held_lease_is_given_to_nobody_else,
                a_released_lease_is_given_again,
                each_event_has_its_own_lease,
                waiters_are_served_in_the_order_they_came,
                waiting_ends_at_its_bound,
                a_lease_is_wanted_while_somebody_waits,
                a_waiter_who_goes_away_is_passed_over,
                a_lease_that_is_never_released_runs_out,
                a_waiter_gets_the_lease_that_runs_out,
                a_stale_release_takes_nothing_away,
                a_lost_lease_is_wanted_by_its_new_holder,
            }
            contract! { @tests $nodes, $paused, loading:
                a_hundred_askers_load_once,
                a_hit_tells_how_long_it_may_still_be_served,
                a_page_is_loaded_again_when_its_time_is_up,
                each_kind_of_view_is_kept,
                the_first_asker_may_go_away_while_others_wait,
                an_error_reaches_every_asker_and_is_not_kept,
                nothing_is_not_kept,
                a_load_that_panics_is_told_and_the_next_one_tried,
                a_load_that_never_ends_is_given_up,
            }
            contract! { @tests $nodes, $paused, versions:
                a_publication_is_seen_at_once,
                an_older_publication_never_overwrites_a_newer_one,
                a_load_that_was_overtaken_yields_the_newer_state,
                a_load_that_is_newer_than_a_publication_stays,
                publications_in_any_order_leave_the_newest,
                a_deleted_event_is_not_there_any_more,
                a_load_from_before_a_deletion_does_not_bring_the_event_back,
                a_late_publication_does_not_bring_a_deleted_event_back,
                a_deletion_is_remembered_for_a_while_only,
            }
            contract! { @tests $nodes, $paused, watching:
                nothing_is_shown_until_something_is_known,
                what_is_known_is_shown_at_once,
                a_publication_is_shown_at_once,
                what_a_load_brings_is_shown_too,
                at_most_ten_states_a_second_are_shown,
                the_last_state_of_a_burst_is_always_shown,
                nothing_older_is_ever_shown,
                every_watcher_sees_the_same,
                events_do_not_slow_each_other_down,
                a_deletion_ends_the_watching_after_the_last_state,
            }
        }
    };
    (@tests $nodes:path, $paused:literal, $subject:ident: $($test:ident,)*) => {
        mod $subject {
            $(
                #[tokio::test(start_paused = $paused)]
                async fn $test() {
                    let nodes = $nodes().await;
                    crate::$subject::$test(nodes).await;
                }
            )*
        }
    };
}

contract!(in_process, crate::in_process_nodes, start_paused = true);
contract!(redis, crate::redis_nodes, start_paused = false);

fn in_process_nodes() -> Ready<Nodes> {
    let pace = building::STOPPED;
    let alone = Arc::new(InProcess::new(pace.limits()));
    ready(Nodes {
        here: alone.clone(),
        there: alone,
        pace,
    })
}

/// A Redis that answers late is still there: what becomes of one that is not, `faults` tells.
const PATIENT: RedisLimits = RedisLimits {
    redis_timeout_ms: 10_000,
    redis_connect_timeout_ms: 10_000,
    redis_pulse_ms: 2_000,
    redis_retry_ms_max: 500,
};

async fn redis_nodes() -> Nodes {
    let pace = building::REAL;
    let settings = RedisSettings {
        place: servers::running::redis_url().parse().expect("a place"),
        prefix: format!("contract-{:x}", SysRng.try_next_u64().expect("randomness")),
        cache: pace.limits(),
        redis: PATIENT,
    };
    Nodes {
        here: connected(settings.clone()).await,
        there: connected(settings).await,
        pace,
    }
}

/// A node that writes and hears.
async fn connected(settings: RedisSettings) -> Arc<dyn Coordinator> {
    let node = Arc::new(RedisCoordinator::open(settings).await);
    let began = tokio::time::Instant::now();
    while node.health().await != CoordinatorHealth::Up {
        assert!(began.elapsed().as_secs() < 60, "redis does not answer");
        building::settle().await;
    }
    node
}
