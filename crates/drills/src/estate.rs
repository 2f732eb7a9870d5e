//! What one drill is held on: nodes behind a balancer, each with its own way to the database, and
//! the Redis beside them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use servers::node::Plan;
use servers::{Endpoint, Server, haproxy, node, redis};

use crate::databases::Databases;

/// The name that sentinels know the primary Redis by.
const MASTER: &str = "drill";

/// A replica that connects is given what there is at once.
const AT_ONCE: [&str; 2] = ["--repl-diskless-sync-delay", "0"];

/// How long servers may take to come to what is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often a condition is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Where nodes find their Redis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RedisKind {
    /// One server at one address.
    Alone,
    /// A primary and a replica, found by three sentinels.
    Sentinels,
}

/// What an estate is made of.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    /// The program that nodes run.
    pub(crate) program: PathBuf,
    /// Where servers and their logs are.
    pub(crate) folder: PathBuf,
    /// The name of the database; also what keys in Redis begin with.
    pub(crate) database: String,
    pub(crate) nodes: u16,
    pub(crate) redis: RedisKind,
    /// Settings beside the addresses.
    pub(crate) settings: Vec<(&'static str, String)>,
}

/// One node, and its own ways to the database.
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) writer: Endpoint,
    pub(crate) reader: Endpoint,
    plan: Plan,
}

/// Redis: the primary first, then, with sentinels, its replica.
pub(crate) struct Redises {
    folder: PathBuf,
    pub(crate) servers: Vec<Server>,
    sentinels: Vec<Server>,
}

/// See the module. Everything ends when it is dropped.
pub(crate) struct Estate {
    pub(crate) nodes: Vec<Node>,
    pub(crate) redis: Redises,
    balancer: Server,
}

impl Estate {
    /// Starts everything, and waits until every node serves.
    pub(crate) fn start(blueprint: &Blueprint, databases: &Databases) -> anyhow::Result<Self> {
        databases.create(&blueprint.database)?;
        let redis = Redises::start(&blueprint.folder, blueprint.redis)?;
        let nodes = (1..=blueprint.nodes)
            .map(|number| Node::start(number, blueprint, databases, &redis))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let ports: Vec<u16> = nodes.iter().map(|node| node.server.port).collect();
        let balancer = haproxy::start(&blueprint.folder, "drill-haproxy", &ports)?.guarded();
        let estate = Self {
            nodes,
            redis,
            balancer,
        };
        for node in &estate.nodes {
            node.await_metric("onsale_redis_up", 1.0)?;
        }
        Ok(estate)
    }

    /// Where buyers come to.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.balancer.port)
    }

    /// Leads every node to the database server that is written to now.
    pub(crate) fn lead_to(&self, databases: &Databases) {
        for node in &self.nodes {
            node.writer.lead_to(databases.writer_port());
            node.reader.lead_to(databases.reader_port());
        }
    }
}

impl Node {
    fn start(
        number: u16,
        blueprint: &Blueprint,
        databases: &Databases,
        redis: &Redises,
    ) -> anyhow::Result<Self> {
        let writer = Endpoint::to(databases.writer_port())?;
        let reader = Endpoint::to(databases.reader_port())?;
        let url = |endpoint: &Endpoint| {
            let (port, name) = (endpoint.port, &blueprint.database);
            format!("mysql://onsale:onsale@127.0.0.1:{port}/{name}")
        };
        let mut settings = vec![
            ("ONSALE_DATABASE_URL", url(&writer)),
            ("ONSALE_DATABASE_READER_URL", url(&reader)),
            ("ONSALE_REDIS_URL", redis.url()),
            ("ONSALE_REDIS_PREFIX", blueprint.database.clone()),
        ];
        settings.extend(blueprint.settings.iter().cloned());
        let plan = Plan {
            program: blueprint.program.clone(),
            settings,
        };
        let name = format!("drill-node-{number}");
        let server = node::start(&blueprint.folder, &name, &plan)?.guarded();
        Ok(Self {
            server,
            writer,
            reader,
            plan,
        })
    }

    /// Starts it once more, after it has ended.
    pub(crate) fn start_again(&mut self) -> anyhow::Result<()> {
        self.server = node::start_again(&self.server, &self.plan)?.guarded();
        Ok(())
    }

    /// What a metric says at the moment; `None`: nothing.
    pub(crate) fn metric(&self, name: &str) -> anyhow::Result<Option<f64>> {
        let page = node::get(self.server.port, "/metrics")?;
        let value = page.lines().find_map(|line| {
            let (found, value) = line.rsplit_once(' ')?;
            (found == name).then_some(value)
        });
        Ok(value.map(str::parse).transpose()?)
    }

    /// Waits until a metric says this.
    pub(crate) fn await_metric(&self, name: &str, wanted: f64) -> anyhow::Result<()> {
        let what = format!("{name} {wanted} of {}", self.server.name);
        await_that(&what, || {
            let found = self.metric(name)?;
            Ok(found.is_some_and(|value| (value - wanted).abs() < f64::EPSILON))
        })
    }
}

impl Redises {
    fn start(folder: &Path, kind: RedisKind) -> anyhow::Result<Self> {
        let primary = redis::start(folder, "drill-redis-1", &AT_ONCE)?.guarded();
        let (mut servers, mut sentinels) = (Vec::new(), Vec::new());
        if kind == RedisKind::Sentinels {
            let replica = redis::start_replica(folder, "drill-redis-2", &primary)?.guarded();
            // Sentinels that hear of it later hear of it ten seconds later.
            await_that("replica beside the primary Redis", || {
                let told = redis::ask(folder, replica.port, &["INFO", "replication"])?;
                Ok(told.contains("master_link_status:up"))
            })?;
            servers.push(replica);
            for number in 1..=3 {
                let name = format!("drill-sentinel-{number}");
                let sentinel = redis::start_sentinel(folder, &name, MASTER, &primary, 2)?;
                sentinels.push(sentinel.guarded());
            }
        }
        servers.insert(0, primary);
        Ok(Self {
            folder: folder.to_owned(),
            servers,
            sentinels,
        })
    }

    /// Waits until the sentinels know each other and a replica that is well: they can fail over.
    pub(crate) fn await_replica(&self) -> anyhow::Result<()> {
        for sentinel in &self.sentinels {
            await_that("replica that the sentinels may promote", || {
                let known = self.ask(sentinel.port, &["INFO", "sentinel"])?;
                let replicas = self.ask(sentinel.port, &["SENTINEL", "replicas", MASTER])?;
                Ok(known.contains("slaves=1,sentinels=3")
                    && replicas.contains("master-link-status\nok")
                    && !replicas.contains("s_down"))
            })?;
        }
        Ok(())
    }

    fn url(&self) -> String {
        if self.sentinels.is_empty() {
            redis::url(&self.servers[0])
        } else {
            redis::sentinel_url(&self.sentinels, MASTER)
        }
    }

    /// Runs a command on the server at this port.
    pub(crate) fn ask(&self, port: u16, command: &[&str]) -> anyhow::Result<String> {
        redis::ask(&self.folder, port, command)
    }

    /// The index of the server that the sentinels call the primary.
    pub(crate) fn primary(&self) -> anyhow::Result<usize> {
        let sentinel = self.sentinels.first().context("there are no sentinels")?;
        let command = ["SENTINEL", "get-master-addr-by-name", MASTER];
        let answer = self.ask(sentinel.port, &command)?;
        let port: u16 = answer.lines().last().context("a port")?.trim().parse()?;
        let named = self.servers.iter().position(|server| server.port == port);
        named.context("the sentinels name a stranger")
    }

    /// The port of the server that is written to.
    pub(crate) fn primary_port(&self) -> anyhow::Result<u16> {
        let index = if self.sentinels.is_empty() {
            0
        } else {
            self.primary()?
        };
        Ok(self.servers[index].port)
    }

    /// Waits until the sentinels name another primary than this one.
    pub(crate) fn await_failover_from(&self, deposed: usize) -> anyhow::Result<()> {
        await_that("another primary Redis", || Ok(self.primary()? != deposed))
    }

    /// Starts a server once more: empty, and, beside sentinels, as a replica of the one they name.
    pub(crate) fn start_again(&mut self, index: usize) -> anyhow::Result<()> {
        let mut arguments = Vec::new();
        if !self.sentinels.is_empty() {
            let primary = self.servers[self.primary()?].port.to_string();
            arguments.extend(["--replicaof".to_owned(), "127.0.0.1".to_owned(), primary]);
        }
        let arguments = arguments.iter().map(String::as_str);
        let arguments: Vec<&str> = AT_ONCE.into_iter().chain(arguments).collect();
        self.servers[index] = redis::start_again(&self.servers[index], &arguments)?.guarded();
        Ok(())
    }
}

/// Waits until something holds; an error where it takes too long.
pub(crate) fn await_that(
    what: &str,
    mut holds: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    while !holds()? {
        ensure!(began.elapsed() < PATIENCE, "there is still no {what}");
        std::thread::sleep(LOOK_INTERVAL);
    }
    Ok(())
}
