//! The primary changes: by sentinels, or under our feet.

use boxoffice::coordinator::Coordinator;
use coordination::redis::RedisSettings;
use servers::Server;
use servers::running::folder;

use crate::house::{
    AT_ONCE, EVENT, House, connected, given, is_up, load, ms, seen, timed, unique, until,
};
use crate::testing::snapshot;

#[tokio::test]
async fn a_primary_that_becomes_a_replica_is_left_and_one_that_becomes_primary_is_used() {
    let house = House::in_a_hurry();
    let other = House::new();
    let node = house.node().await;
    let port = other.redis.port.to_string();
    house
        .meddle::<String>(&["REPLICAOF", "127.0.0.1", &port])
        .await;
    let left = until("it is not used any more", async || !is_up(&node).await);
    let ((), lost) = timed(left).await;
    assert!(lost < ms(2_000), "{lost:?}");
    assert_eq!(node.acquire(EVENT, ms(150)).await, None);
    assert_eq!(seen(&node, load(1)).await, (1, false));

    house.meddle::<String>(&["REPLICAOF", "NO", "ONE"]).await;
    until("it is used again", async || is_up(&node).await).await;
    given(&node).await;
}

#[tokio::test]
async fn a_cluster_is_one_redis_to_two_nodes() {
    let mut house = House::with(&["--cluster-enabled", "yes"]);
    house
        .meddle::<String>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"])
        .await;
    until("the cluster is ready", async || {
        let told: String = house.meddle(&["CLUSTER", "INFO"]).await;
        told.contains("cluster_state:ok")
    })
    .await;
    let url = format!("redis-cluster://127.0.0.1:{}", house.redis.port);
    house.settings.place = url.parse().expect("a place");
    let (here, there) = (house.node().await, house.node().await);

    let held = here.acquire(EVENT, AT_ONCE).await.expect("a lease");
    assert_eq!(there.acquire(EVENT, AT_ONCE).await, None);
    here.release(held).await;
    assert!(there.acquire(EVENT, AT_ONCE).await.is_some());
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);
    here.publish(snapshot(EVENT, 2));
    until("the new stock is shown there", async || {
        watch.borrow().as_ref().is_some_and(|s| s.version.0 == 2)
    })
    .await;
}

/// A primary, a replica and three sentinels.
struct Watched {
    primary: House,
    replica: Server,
    sentinels: Vec<Server>,
}

impl Watched {
    fn new() -> Self {
        let primary = House::in_a_hurry();
        let replica = servers::redis::start_replica(&folder(), &unique("replica"), &primary.redis);
        let sentinels = (0..3).map(|_| {
            let name = unique("sentinel");
            let sentinel =
                servers::redis::start_sentinel(&folder(), &name, "main", &primary.redis, 2);
            sentinel.expect("a sentinel").guarded()
        });
        Self {
            sentinels: sentinels.collect(),
            replica: replica.expect("a replica").guarded(),
            primary,
        }
    }

    fn settings(&self) -> RedisSettings {
        let hosts = self
            .sentinels
            .iter()
            .map(|s| format!("127.0.0.1:{}", s.port));
        let hosts = hosts.collect::<Vec<_>>().join(",");
        let url = format!("redis-sentinel://{hosts}?master=main");
        RedisSettings {
            place: url.parse().expect("a place"),
            ..self.primary.settings.clone()
        }
    }

    /// Waits until the sentinels know each other and the replica.
    async fn settled(&self) {
        for sentinel in &self.sentinels {
            until("the sentinels know everybody", async || {
                let mut connection = crate::house::raw(sentinel).await;
                let mut ask = redis::cmd("SENTINEL");
                ask.arg("master").arg("main");
                let told: Vec<String> = ask.query_async(&mut connection).await.expect("told");
                let says = |name: &str, value: &str| {
                    told.windows(2)
                        .any(|pair| pair[0] == name && pair[1] == value)
                };
                says("num-slaves", "1") && says("num-other-sentinels", "2")
            })
            .await;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for server in self.sentinels.iter_mut().chain([&mut self.replica]) {
            let _ = server.kill();
            let _ = std::fs::remove_dir_all(&server.folder);
        }
    }
}

#[tokio::test]
async fn when_the_sentinels_promote_the_replica_it_is_used() {
    let mut watched = Watched::new();
    watched.settled().await;
    let settings = watched.settings();
    let (here, there) = (connected(&settings).await, connected(&settings).await);
    let lease = given(&here).await;
    seen(&there, load(1)).await;
    let watch = there.watch(EVENT);

    watched.primary.kill();
    here.publish(snapshot(EVENT, 2));
    here.release(lease).await;
    let killed = tokio::time::Instant::now();
    until("both are up again", async || {
        // Nobody waits for the failover.
        let (_, cost) = timed(here.acquire(EVENT, ms(150))).await;
        assert!(cost < ms(400), "{cost:?}");
        is_up(&here).await && is_up(&there).await
    })
    .await;
    println!("the sentinels' failover took {:?}", killed.elapsed());
    until("what was committed meanwhile is told", async || {
        watch.borrow().as_ref().is_some_and(|s| s.version.0 == 2)
    })
    .await;
}
