//! Connecting: finds the server that is written to, and makes the two connections a node has.

use std::future::pending;
use std::time::Duration;

use ::redis::aio::{ConnectionLike, MultiplexedConnection, PubSub};
use ::redis::cluster::ClusterClientBuilder;
use ::redis::cluster_async::ClusterConnection;
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, Pipeline, RedisError,
    RedisFuture, RedisResult, Value, cmd,
};
use tokio::time::{sleep, timeout};

use super::place::{Kind, Place, at};

/// How long a sentinel may take to answer. There are others.
const SENTINEL_TIMEOUT: Duration = Duration::from_millis(200);

/// How often the sentinels are asked whether the primary is still the same.
const SENTINEL_INTERVAL: Duration = Duration::from_secs(1);

/// The connection that commands go by.
#[derive(Clone)]
pub(super) enum Wire {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Wire {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

/// What a node has of Redis while it is connected.
pub(super) struct Dialled {
    pub(super) wire: Wire,
    /// The subscription has a connection of its own: it would block the commands.
    pub(super) ear: PubSub,
    /// Which server it is; of a cluster, which one is listened to.
    pub(super) address: String,
}

impl Place {
    /// Connects. `turn` counts the attempts, so that each begins with another host.
    pub(super) async fn dial(&self, turn: usize, timeout: Duration) -> RedisResult<Dialled> {
        let (wire, listened) = match &self.0 {
            Kind::Server(server) => (one(server, timeout).await?, server.clone()),
            Kind::Sentinels {
                sentinels,
                master,
                server,
            } => {
                let server = primary(sentinels, master, server, turn).await?;
                (one(&server, timeout).await?, server)
            }
            Kind::Cluster(nodes) => {
                let client = ClusterClientBuilder::new(nodes.iter().cloned())
                    .connection_timeout(timeout)
                    .response_timeout(timeout)
                    .retries(1)
                    .build()?;
                let wire = Wire::Cluster(client.get_async_connection().await?);
                // Every node of a cluster tells what is published anywhere in it.
                (wire, nodes[turn % nodes.len()].clone())
            }
        };
        let ear = Client::open(listened.clone())?.get_async_pubsub().await?;
        Ok(Dialled {
            wire,
            ear,
            address: listened.addr().to_string(),
        })
    }

    /// Ends when the sentinels name another primary than `address`; never where there are none.
    pub(super) async fn moved_from(&self, address: &str) {
        let Kind::Sentinels {
            sentinels,
            master,
            server,
        } = &self.0
        else {
            return pending().await;
        };
        for turn in 0.. {
            sleep(SENTINEL_INTERVAL).await;
            // Where no sentinel answers, the primary that does is good enough.
            if let Ok(named) = primary(sentinels, master, server, turn).await
                && named.addr().to_string() != address
            {
                return;
            }
        }
    }
}

async fn one(server: &ConnectionInfo, timeout: Duration) -> RedisResult<Wire> {
    // Commands are timed where they are sent; here, no answer is given up that comes late.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(timeout))
        .set_response_timeout(None);
    let client = Client::open(server.clone())?;
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    Ok(Wire::One(connection.await?))
}

/// The primary, as the first sentinel that answers names it.
async fn primary(
    sentinels: &[ConnectionInfo],
    master: &str,
    server: &ConnectionInfo,
    turn: usize,
) -> RedisResult<ConnectionInfo> {
    let mut failed = RedisError::from((ErrorKind::EmptySentinelList, "there are no sentinels"));
    for offset in 0..sentinels.len() {
        let sentinel = &sentinels[(turn + offset) % sentinels.len()];
        match timeout(SENTINEL_TIMEOUT, ask(sentinel, master)).await {
            Ok(Ok(Some((host, port)))) => return Ok(at(server, &host, port)),
            Ok(Ok(None)) => {
                let why = "the sentinel knows no primary of this name";
                failed = RedisError::from((ErrorKind::MasterNameNotFoundBySentinel, why));
            }
            Ok(Err(error)) => failed = error,
            Err(_) => failed = RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)),
        }
    }
    Err(failed)
}

async fn ask(sentinel: &ConnectionInfo, master: &str) -> RedisResult<Option<(String, u16)>> {
    let client = Client::open(sentinel.clone())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    cmd("SENTINEL")
        .arg("get-master-addr-by-name")
        .arg(master)
        .query_async(&mut connection)
        .await
}
