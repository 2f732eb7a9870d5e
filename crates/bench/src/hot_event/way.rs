//! The ways to sell, and how each is opened.

use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;

use super::Ledger;
use crate::Plan;
use crate::child::{Node, Server};
use crate::contender::{Contender, HALL_SEATS, Organizer, TICKETS};
use crate::database::{Databases, Store};
use crate::serve;
use crate::serve::lock::Losers;

/// A way to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Way {
    /// Answers without selling.
    Bare,
    /// Ours.
    Onsale,
    /// Ours on several nodes that share nothing but the database.
    Leaseless,
    /// Ours, with numbered seats.
    Assigned,
    /// One transaction per request.
    Plain,
    /// One transaction per request under a lock in Redis; who does not get it waits.
    LockWait,
    /// One transaction per request under a lock in Redis; who does not get it is turned away.
    LockFail,
}

/// A way to sell that is open.
pub(super) struct Office {
    pub(super) servers: Vec<Server>,
    pub(super) contender: Contender,
    pub(super) ledger: Option<Ledger>,
}

/// What is needed to open one.
pub(super) struct Site<'a> {
    pub(super) databases: &'a Databases,
    pub(super) directory: &'a Path,
    pub(super) plan: &'a Plan,
    /// How long an answer of ours is, in bytes; others answer as much.
    pub(super) answer_bytes: usize,
}

/// More reservations a second than a machine will make, so that no load runs out of halls.
const RESERVATIONS_PER_SECOND_MAX: u64 = 50_000;

/// Halls that all rounds together can fill.
fn halls_needed(plan: &Plan) -> u64 {
    let loads = u32::try_from(plan.connections.len()).map_or(u32::MAX, |n| n * plan.rounds);
    let secs = ((plan.time() + plan.warm_up()) * loads).as_secs() + 1;
    secs * RESERVATIONS_PER_SECOND_MAX / u64::from(HALL_SEATS) + 1
}

impl Way {
    /// The ways that say something about a store.
    pub(super) const fn usual(store: Store) -> &'static [Self] {
        match store {
            Store::Sqlite => &[Self::Bare, Self::Onsale, Self::Plain],
            Store::Mysql => &[
                Self::Bare,
                Self::Onsale,
                Self::Leaseless,
                Self::Plain,
                Self::LockWait,
                Self::LockFail,
            ],
        }
    }

    /// Whether it can be spread over several nodes.
    pub(super) const fn has_nodes(self) -> bool {
        matches!(self, Self::Onsale | Self::Leaseless)
    }

    fn name(self, nodes: usize) -> String {
        let name = match self {
            Self::Bare => "bare",
            Self::Onsale => "onsale",
            Self::Leaseless => "leaseless",
            Self::Assigned => "assigned",
            Self::Plain => "plain",
            Self::LockWait => "lock, losers wait",
            Self::LockFail => "lock, losers fail",
        };
        if nodes > 1 {
            format!("{name}, {nodes} nodes")
        } else {
            name.to_owned()
        }
    }

    const fn compared_with(self) -> &'static [&'static str] {
        match self {
            Self::Bare => &[],
            Self::Onsale => &["bare", "plain", "lock, losers fail"],
            Self::Leaseless | Self::Assigned => &["onsale"],
            Self::Plain => &["bare"],
            Self::LockWait | Self::LockFail => &["plain"],
        }
    }

    pub(super) async fn open(self, site: &mut Site<'_>, nodes: usize) -> anyhow::Result<Office> {
        let (servers, events) = match self {
            Self::Bare => {
                let arguments = serve::bare::Arguments::only_reservations(site.answer_bytes);
                let command = arguments.as_command();
                let server = Server::start_self("bare", &command, site.directory).await?;
                (vec![server], vec![1])
            }
            Self::Onsale | Self::Leaseless | Self::Assigned => self.ours(site, nodes).await?,
            Self::Plain => (vec![plain(site).await?], vec![1]),
            Self::LockWait => (vec![locked(site, Losers::Wait).await?], vec![1]),
            Self::LockFail => (vec![locked(site, Losers::Fail).await?], vec![1]),
        };
        let tickets = match self {
            Self::Assigned => HALL_SEATS,
            _ => TICKETS,
        };
        let urls: Vec<_> = servers
            .iter()
            .map(|server| server.url().to_owned())
            .collect();
        let ledger = match self {
            Self::Bare => None,
            _ => Some(Ledger::of(&urls[0], events.clone()).await?),
        };
        let mut contender = Contender::reserving(&self.name(nodes), urls, events, tickets)
            .compared_with(self.compared_with());
        if nodes > 1 {
            contender = contender.compared_with(&[&self.name(1)]);
        }
        contender.counts_groups = self.has_nodes() || self == Self::Assigned;
        contender.refuses_with = match self {
            Self::LockFail => Some(423),
            // Nodes that know nothing of each other decide the same version again and again, until
            // `conflicts_max` sheds the group: that is what the lease is compared with.
            Self::Leaseless if nodes > 1 => Some(503),
            _ => None,
        };
        Ok(Office {
            servers,
            contender,
            ledger,
        })
    }

    async fn ours(
        self,
        site: &mut Site<'_>,
        nodes: usize,
    ) -> anyhow::Result<(Vec<Server>, Vec<u64>)> {
        let name = self.name(nodes).replace([',', ' '], "");
        let directory = site.directory.join(&name);
        std::fs::create_dir(&directory)?;
        let mut node = Node::on(site.databases.create(&name)?, &directory);
        if self != Self::Leaseless {
            node.redis_url = site.databases.redis_url();
            node.settings.push(format!("redis_prefix={name}"));
        }
        let mut servers = Vec::new();
        for number in 1..=nodes {
            node.name = format!("onsale-{number}");
            servers.push(Server::start_onsale(&node).await?);
        }
        let mut organizer = Organizer::of(servers[0].url()).await?;
        if self != Self::Assigned {
            let event_id = organizer.create_event("Hot").await?;
            site.answer_bytes = organizer.reservation_len(event_id).await?;
            return Ok((servers, vec![event_id]));
        }
        let mut halls = Vec::new();
        for number in 1..=halls_needed(site.plan) {
            halls.push(organizer.create_hall(&format!("Hall {number}")).await?);
        }
        Ok((servers, halls))
    }
}

async fn plain(site: &Site<'_>) -> anyhow::Result<Server> {
    let command = match site.databases {
        Databases::Files(folder) => serve::plain::Arguments {
            database: folder.join("plain.db"),
            answer_bytes: site.answer_bytes,
        }
        .as_command(),
        Databases::OnServers { .. } => serve::update::Arguments {
            database_url: site.databases.create("plain")?,
            answer_bytes: site.answer_bytes,
            redis_url: None,
            losers: None,
        }
        .as_command(),
    };
    Server::start_self("plain", &command, site.directory).await
}

async fn locked(site: &Site<'_>, losers: Losers) -> anyhow::Result<Server> {
    let name = match losers {
        Losers::Fail => "lock_fail",
        Losers::Wait => "lock_wait",
    };
    let redis_url = site.databases.redis_url();
    ensure!(redis_url.is_some(), "locks are in Redis: --store mysql");
    let command = serve::update::Arguments {
        database_url: site.databases.create(name)?,
        answer_bytes: site.answer_bytes,
        redis_url,
        losers: Some(losers),
    };
    Server::start_self(name, &command.as_command(), site.directory)
        .await
        .context("a shop with a lock")
}
