//! The faults, each with its script: what is done, and how it is made whole again.

use std::time::Duration;

use crate::estate::RedisKind;
use crate::stage::Stage;

mod database;
mod nodes;
mod redis;
mod zone;

/// One drill.
pub(crate) struct Drill {
    pub(crate) name: &'static str,
    /// What happens in it.
    pub(crate) says: &'static str,
    /// How long nobody may be served.
    pub(crate) gap_max: Duration,
    pub(crate) redis: RedisKind,
    /// Whether no request may fail.
    pub(crate) unnoticed: bool,
    pub(crate) script: fn(&mut Stage<'_>) -> anyhow::Result<()>,
}

const SECOND: Duration = Duration::from_secs(1);

/// Every drill, the harmless first.
pub(crate) const DRILLS: [Drill; 13] = [
    Drill {
        name: "node-kill",
        says: "one of three nodes is killed, and started again",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: false,
        script: nodes::kill,
    },
    Drill {
        name: "node-pause",
        says: "one of three nodes stands still for longer than the lease, also in the middle of a commit",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: false,
        script: nodes::pause,
    },
    Drill {
        name: "rolling-restart",
        says: "each node is stopped properly, and started again",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: false,
        script: nodes::restart,
    },
    Drill {
        name: "connection-storm",
        says: "every connection to the database breaks at once, and a crowd connects in the same instant",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: false,
        script: nodes::storm,
    },
    Drill {
        name: "redis-kill",
        says: "Redis is killed, and started again, empty",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: true,
        script: redis::kill,
    },
    Drill {
        name: "redis-failover",
        says: "the primary Redis is killed, and sentinels promote its replica",
        gap_max: SECOND,
        redis: RedisKind::Sentinels,
        unnoticed: true,
        script: redis::failover,
    },
    Drill {
        name: "redis-evict",
        says: "Redis has no memory left, and evicts what was used least, leases as well",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: true,
        script: redis::evict,
    },
    Drill {
        name: "lease-loss",
        says: "the event's lease is deleted under its owner, again and again",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: true,
        script: redis::lose_lease,
    },
    Drill {
        name: "reader-loss",
        says: "nobody reaches the database's reader",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: true,
        script: database::lose_reader,
    },
    Drill {
        name: "reader-lag",
        says: "the database's reader applies nothing any more",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: true,
        script: database::reader_lags,
    },
    Drill {
        name: "database-slow",
        says: "every answer of the database is 100 ms late",
        gap_max: SECOND,
        redis: RedisKind::Alone,
        unnoticed: true,
        script: database::slow,
    },
    Drill {
        name: "writer-failover",
        says: "the database's primary is killed, and its replica promoted",
        gap_max: Duration::from_secs(5),
        redis: RedisKind::Alone,
        unnoticed: false,
        script: database::fail_over,
    },
    Drill {
        name: "zone-loss",
        says: "a node, the database's primary and the primary Redis are killed at once",
        gap_max: Duration::from_secs(10),
        redis: RedisKind::Sentinels,
        unnoticed: false,
        script: zone::lose,
    },
];

/// The drill of this name.
pub(crate) fn find(name: &str) -> Option<&'static Drill> {
    DRILLS.iter().find(|drill| drill.name == name)
}
