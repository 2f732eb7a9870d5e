//! A replica has everything that its primary acknowledged, and takes its place.

use servers::mariadb::{administer, promote, start_primary, start_replica};
use servers::running;

#[test]
fn a_promoted_replica_has_every_acknowledged_row_and_takes_more() {
    // The programs are unpacked once for all tests.
    let folder = &running::folder();
    let own = |name: &str| format!("{name}-{}", std::process::id());
    let mut primary = start_primary(folder, &own("replication-primary"), 1)
        .expect("a primary")
        .guarded();
    let replica = start_replica(folder, &own("replication-replica"), 2, &primary)
        .expect("a replica")
        .guarded();
    let make = "CREATE DATABASE onsale; CREATE TABLE onsale.t (id BIGINT PRIMARY KEY)";
    administer(folder, &primary, make).expect("a table");
    for id in 1..=20 {
        let insert = format!("INSERT INTO onsale.t VALUES ({id})");
        administer(folder, &primary, &insert).expect("an acknowledged row");
    }
    primary.kill().expect("it ends");

    promote(folder, &replica).expect("the replica takes over");
    let count = administer(folder, &replica, "SELECT COUNT(*) FROM onsale.t").expect("a count");
    assert_eq!(count.trim(), "20");
    administer(folder, &replica, "INSERT INTO onsale.t VALUES (21)").expect("it takes more");

    // The deposed one is made anew, and is waited for as the other one was.
    let rebuilt = start_replica(folder, &own("replication-primary"), 1, &replica)
        .expect("a new replica")
        .guarded();
    administer(folder, &replica, "INSERT INTO onsale.t VALUES (22)").expect("an acknowledged row");
    let last = "SELECT COUNT(*) FROM onsale.t WHERE id = 22";
    let waited = "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_yes_tx'";
    let waited = administer(folder, &replica, waited).expect("a count");
    assert!(!waited.trim().ends_with("\t0"), "{waited}");
    // It has received the row; that it has applied it is a moment later.
    while administer(folder, &rebuilt, last).expect("a count").trim() != "1" {}
}

#[test]
fn a_primary_without_a_replica_acknowledges_nothing() {
    let folder = &running::folder();
    let name = format!("replication-alone-{}", std::process::id());
    let primary = start_primary(folder, &name, 1)
        .expect("a primary")
        .guarded();
    let waiting = std::thread::scope(|scope| {
        let writer = scope.spawn(|| administer(folder, &primary, "CREATE DATABASE onsale"));
        // It is waiting once the server says so.
        loop {
            let threads = "SELECT COUNT(*) FROM information_schema.processlist \
                WHERE state LIKE 'Waiting for semi-sync ACK%'";
            let count = administer(folder, &primary, threads).expect("a count");
            if count.trim() == "1" {
                break;
            }
            assert!(!writer.is_finished(), "the write was acknowledged");
        }
        administer(
            folder,
            &primary,
            "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
        )
        .expect("the wait is given up");
        writer.join().expect("the writer")
    });
    waiting.expect("it is acknowledged when an operator says so");
}
