//! The servers that outlive their starter: where they are, and how to end them.
//!
//! `cargo xtask servers up` starts them, on free ports of this machine only, and `down` ends them;
//! `cargo xtask test` does both around the tests. A test asks [`mysql_url`] or [`redis_url`].

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::node::Plan;
use crate::{Server, haproxy, mariadb, node, redis};

/// The name of the database server that tests share.
const TEST_MARIADB: &str = "mariadb-tests";

/// The name of the Redis that tests share.
const TEST_REDIS: &str = "redis-tests";

/// Where servers, their data and their logs are: `target/servers`.
pub fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).unwrap_or(here);
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |target| root.join(target))
        .join("servers")
}

fn record() -> PathBuf {
    folder().join("running.json")
}

/// The servers that were started and not ended yet; some may have died since.
pub fn list() -> anyhow::Result<Vec<Server>> {
    match std::fs::read(record()) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} cannot be read", record().display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Remembers servers instead of those that were remembered before.
pub fn remember(servers: &[Server]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder())?;
    let beside = record().with_extension("new");
    std::fs::write(&beside, serde_json::to_vec_pretty(servers)?)?;
    Ok(std::fs::rename(beside, record())?)
}

/// Starts those servers for tests that do not run; says which.
pub fn up_for_tests() -> anyhow::Result<Vec<String>> {
    let mut servers = list()?;
    servers.retain_mut(Server::is_running);
    let mut started = Vec::new();
    for name in [TEST_MARIADB, TEST_REDIS] {
        if servers.iter().any(|server| server.name == name) {
            continue;
        }
        let server = match name {
            TEST_MARIADB => mariadb::start_volatile(&folder(), name)?,
            _ => redis::start(&folder(), name, &[])?,
        };
        servers.push(server);
        started.push(name.to_owned());
        remember(&servers)?;
    }
    Ok(started)
}

/// The servers of a sale on several nodes: a database and its replica, and a Redis with a replica
/// and three sentinels. Each list is started whole, or not at all.
const ESTATE: [&[&str]; 2] = [
    &["mariadb-primary", "mariadb-replica"],
    &[
        "redis-primary",
        "redis-replica",
        "redis-sentinel-1",
        "redis-sentinel-2",
        "redis-sentinel-3",
    ],
];

/// What the names of nodes begin with.
const NODE: &str = "node-";

/// The name of what stands before them.
const BALANCER: &str = "haproxy";

/// The name that sentinels know the primary Redis by.
pub const SENTINEL_MASTER: &str = "onsale";

/// Starts the servers of a sale on several nodes that do not run; says which.
///
/// Where one of a list has died, the others of the list are ended and all are made anew: what is
/// left of a replication is of no use to anybody who wants to begin.
pub fn up() -> anyhow::Result<Vec<String>> {
    let mut servers = list()?;
    servers.retain_mut(Server::is_running);
    let mut started = Vec::new();
    for names in ESTATE {
        let runs = |name: &&str| servers.iter().any(|server| server.name == **name);
        if names.iter().all(runs) {
            continue;
        }
        for server in &mut servers {
            if names.contains(&server.name.as_str()) {
                server.stop()?;
            }
        }
        servers.retain(|server| !names.contains(&server.name.as_str()));
        let fresh = if names[0].starts_with("mariadb") {
            start_databases(names)?
        } else {
            start_redises(names)?
        };
        started.extend(fresh.iter().map(|server| server.name.clone()));
        servers.extend(fresh);
        remember(&servers)?;
    }
    Ok(started)
}

/// A primary with an empty database `onsale`, and its replica.
fn start_databases(names: &[&str]) -> anyhow::Result<Vec<Server>> {
    let folder = folder();
    let primary = mariadb::start_primary(&folder, names[0], 1)?.guarded();
    let replica = mariadb::start_replica(&folder, names[1], 2, &primary)?.guarded();
    let create = "CREATE DATABASE onsale CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    mariadb::administer(&folder, &primary, create)?;
    Ok(vec![primary.unguarded(), replica.unguarded()])
}

/// A primary, its replica, and sentinels of which two have to agree.
fn start_redises(names: &[&str]) -> anyhow::Result<Vec<Server>> {
    let folder = folder();
    let primary = redis::start(&folder, names[0], &[])?.guarded();
    let mut all = vec![redis::start_replica(&folder, names[1], &primary)?.guarded()];
    for name in &names[2..] {
        let sentinel = redis::start_sentinel(&folder, name, SENTINEL_MASTER, &primary, 2)?;
        all.push(sentinel.guarded());
    }
    all.insert(0, primary);
    Ok(all.into_iter().map(Server::unguarded).collect())
}

/// What to start a node with, to use the servers that run: settings by their names in the
/// environment.
pub fn settings() -> anyhow::Result<Vec<(&'static str, String)>> {
    let servers = list()?;
    let mut settings = Vec::new();
    for (setting, name) in [
        ("ONSALE_DATABASE_URL", "mariadb-primary"),
        ("ONSALE_DATABASE_READER_URL", "mariadb-replica"),
    ] {
        if let Some(server) = servers.iter().find(|server| server.name == name) {
            settings.push((setting, mariadb::url(server, "onsale")));
        }
    }
    let sentinels = servers
        .into_iter()
        .filter(|server| server.name.starts_with("redis-sentinel"));
    let sentinels: Vec<Server> = sentinels.collect();
    if !sentinels.is_empty() {
        let url = redis::sentinel_url(&sentinels, SENTINEL_MASTER);
        settings.push(("ONSALE_REDIS_URL", url));
    }
    Ok(settings)
}

/// Starts so many nodes on the servers that run, and a balancer before them, instead of those that
/// run already; says which.
pub fn up_nodes(program: &Path, nodes: u16) -> anyhow::Result<Vec<String>> {
    down(|name| name == BALANCER || name.starts_with(NODE))?;
    let plan = Plan {
        program: program.to_owned(),
        settings: settings()?,
    };
    let mut started = Vec::new();
    for number in 1..=nodes {
        let name = format!("{NODE}{number}");
        started.push(node::start(&folder(), &name, &plan)?.guarded());
    }
    let ports: Vec<u16> = started.iter().map(|node| node.port).collect();
    started.push(haproxy::start(&folder(), BALANCER, &ports)?);
    let names = started.iter().map(|server| server.name.clone()).collect();
    let mut servers = list()?;
    servers.extend(started.into_iter().map(Server::unguarded));
    remember(&servers)?;
    Ok(names)
}

/// Ends the servers that `which` chooses by their names; says which those were.
pub fn down(which: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let (mut chosen, kept): (Vec<_>, Vec<_>) =
        list()?.into_iter().partition(|server| which(&server.name));
    for server in &mut chosen {
        server.stop()?;
    }
    remember(&kept)?;
    Ok(chosen
        .into_iter()
        .map(|server| server.name.clone())
        .collect())
}

/// A database for one test, on the server for tests: its URL. The database itself is not made.
///
/// The environment variable `TEST_MYSQL_URL` names another server, without a database.
pub fn mysql_url(database: &str) -> String {
    if let Ok(url) = std::env::var("TEST_MYSQL_URL") {
        return format!("{}/{database}", url.trim_end_matches('/'));
    }
    mariadb::url(&for_tests(TEST_MARIADB), database)
}

/// The Redis for tests: its URL. The environment variable `TEST_REDIS_URL` names another.
pub fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").unwrap_or_else(|_| redis::url(&for_tests(TEST_REDIS)))
}

/// Panics where it does not run: a test without its server must not pass.
fn for_tests(name: &str) -> Server {
    let servers = list().expect("the record of running servers");
    let running = servers
        .into_iter()
        .find_map(|mut server| (server.name == name && server.is_running()).then_some(server));
    running.unwrap_or_else(|| {
        panic!("{name} does not run: `cargo xtask servers up tests` starts it, and `cargo xtask test` does so by itself")
    })
}
