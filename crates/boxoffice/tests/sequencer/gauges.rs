//! The length of the queues, as it is told: never more and never less than who waits.

use boxoffice::limits::Limits;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::faulty::Fault;
use crate::house::{House, later, ms};
use crate::sale::{ask, event};

/// What this thread's metrics say; the test runs on one thread.
pub(crate) struct Gauges {
    handle: PrometheusHandle,
    _installed: metrics::LocalRecorderGuard<'static>,
}

impl Gauges {
    pub(crate) fn install() -> Self {
        let recorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        Self {
            handle: recorder.handle(),
            _installed: metrics::set_default_local_recorder(recorder),
        }
    }

    pub(crate) fn value(&self, name: &str) -> String {
        let text = self.handle.render();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or_else(|| "none".to_owned(), |value| value.trim().to_owned())
    }

    fn queue_len(&self) -> String {
        self.value("onsale_queue_length")
    }
}

fn one_at_a_time() -> Limits {
    Limits {
        batch_len_max: 1,
        queue_len_max: 2,
        ..Limits::default()
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_counted_until_her_group_takes_her() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", one_at_a_time());
    house.store.commits_take(ms(10));
    house.send(&node, ask("first", 1)).await;
    house.send(&node, ask("second", 1)).await;
    assert_eq!(gauges.queue_len(), "1");
    later(ms(100)).await;
    assert_eq!(gauges.queue_len(), "0");
}

#[tokio::test(start_paused = true)]
async fn who_is_turned_away_does_not_stay_counted() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", one_at_a_time());
    house.store.commits_take(ms(10));
    for n in 0..6 {
        house.send(&node, ask(&format!("buyer{n}"), 1)).await;
    }
    assert_eq!(gauges.queue_len(), "2");
    assert_eq!(gauges.value("onsale_shed_total"), "3");
    later(ms(100)).await;
    assert_eq!(gauges.queue_len(), "0");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_does_not_stay_counted() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", one_at_a_time());
    house.store.commits_take(ms(10));
    house.send(&node, ask("first", 1)).await;
    house.send(&node, ask("second", 1)).await.abort();
    later(ms(100)).await;
    assert_eq!(gauges.queue_len(), "0");
}

#[tokio::test(start_paused = true)]
async fn who_waits_behind_a_panic_does_not_stay_counted() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node_within("a", one_at_a_time());
    house.store.commits_take(ms(10));
    house.store.next_commits(&[Fault::Panic]);
    house.send(&node, ask("first", 1)).await;
    house.send(&node, ask("second", 1)).await;
    later(ms(100)).await;
    assert_eq!(gauges.queue_len(), "0");
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_commands_is_counted_by_command_and_fate() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 2)).await;
    let node = house.node("a");
    for n in 0..3 {
        let _booked = house.reserve(&node, ask(&format!("buyer{n}"), 1)).await;
    }
    let outcomes = |fate: &str| {
        let labels = format!("{{command=\"reserve\",fate=\"{fate}\"}}");
        gauges.value(&format!("onsale_outcomes_total{labels}"))
    };
    assert_eq!(
        (outcomes("done"), outcomes("refused")),
        ("2".into(), "1".into())
    );
}

#[tokio::test(start_paused = true)]
async fn trouble_is_counted() {
    let gauges = Gauges::install();
    let house = House::selling(event().with_grade("R", 9)).await;
    let node = house.node("a");
    house.store.refuse(crate::sale::buyer("offender"));
    let _refused = house.reserve(&node, ask("offender", 1)).await;
    house.store.next_commits(&[Fault::Taken, Fault::LostAfter]);
    house.reserved(&node, ask("mina", 1)).await;
    for (name, count) in [
        ("onsale_poisoned_commands_total", "1"),
        ("onsale_conflicts_total", "1"),
        ("onsale_unknown_commits_total", "1"),
    ] {
        assert_eq!(gauges.value(name), count, "{name}");
    }
}
