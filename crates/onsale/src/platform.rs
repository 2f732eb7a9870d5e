//! The wiring: one store, one coordinator, one box office, one front.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use boxoffice::background::Background;
use boxoffice::box_office::{BoxOffice, Ports};
use boxoffice::coordinator::Coordinator;
use boxoffice::ids::IdSource;
use boxoffice::runtime::Tasks;
use boxoffice::store::Store;
use boxoffice::ticket_code::{TICKET_KEY_LEN, TicketKey};
use coordination::in_process::InProcess;
use coordination::redis::{RedisCoordinator, RedisSettings};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::ExposeSecret;
use storage::OpenMode;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use web::{AdminToken, Gateway, Settings};

use crate::clock::SystemClock;
use crate::config::{Config, ticket_key_of};
use crate::{database, payments};

/// Bounds of the latency histograms in seconds: 100 microseconds to 10 seconds.
const SECONDS: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Bounds of the group size histogram.
const SIZES: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0,
];

/// See [`Runtimes`].
const FRONT_WORKERS_MIN: usize = 6;

/// How often samples are folded into their histograms.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The asynchronous runtime that every command runs on: one worker for each core.
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// The two runtimes that a server runs on.
///
/// Only the operating system divides the cores between them, so that connections that all have
/// something to say do not stand before the few tasks that sell; see [`Tasks`]. Where both want more
/// than there is, each thread gets its share: a worker more than there are cores, and six at least,
/// keep up longest with reading and refusing whoever comes to a full queue.
#[derive(Debug)]
pub struct Runtimes {
    /// Everything else.
    pub front: Runtime,
    /// The events' tasks, and what they ask of the database.
    pub sales: Runtime,
}

impl Runtimes {
    /// Starts both.
    pub fn start() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let front = Builder::new_multi_thread()
            .worker_threads((cores + 1).max(FRONT_WORKERS_MIN))
            .enable_all()
            .build()?;
        let sales = Builder::new_multi_thread()
            .worker_threads((cores / 2).max(1))
            .thread_name("sales")
            .enable_all()
            .build()?;
        Ok(Self { front, sales })
    }
}

/// Everything that serves, opened.
pub struct Platform {
    /// The use cases.
    pub box_office: BoxOffice,
    store: Arc<dyn Store>,
    redis: Option<Arc<RedisCoordinator>>,
    settings: Settings,
    background: Background,
    upkeep: JoinHandle<()>,
}

impl Platform {
    /// Opens the database and begins the background work; events sell on the runtime `sales`.
    pub async fn open(config: &Config, sales: Handle) -> anyhow::Result<Self> {
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES)?
            .set_buckets_for_metric(Matcher::Full("onsale_commit_groups".to_owned()), &SIZES)?
            .install_recorder()?;
        let store = database::open(config, OpenMode::Serve).await?;
        let redis = redis(config).await?;
        let coordinator: Arc<dyn Coordinator> = match &redis {
            Some(redis) => Arc::clone(redis) as _,
            None => Arc::new(InProcess::new(config.cache)),
        };
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed)?;
        let ports = Ports {
            store: Arc::clone(&store),
            payments: payments::provider(config.payment_provider, config.sandbox),
            ticket_key: ticket_key(config, &*store).await?,
            coordinator,
            clock: Arc::new(SystemClock::new()),
            ids: Arc::new(IdSource::seeded(seed)),
            node: node_name(config),
            tasks: Tasks::on(sales),
        };
        let box_office = BoxOffice::new(ports, config.limits.clone());
        let background = box_office.start_background();
        let settings = Settings {
            admin_token: config
                .admin_token
                .as_ref()
                .map(|token| AdminToken::new(token.expose_secret())),
            limits: config.server.clone(),
            default_zone: config.time_zone.clone(),
            // Checked when the configuration was read.
            cors_origins: web::CorsOrigins::read(&config.cors_origins).unwrap_or_default(),
            disk_path: database::folder(config),
            disk_free_bytes_min: config.disk_free_bytes_min,
            metrics,
        };
        let upkeep = tokio::spawn(keep_up(settings.metrics.clone()));
        Ok(Self {
            box_office,
            store,
            redis,
            settings,
            background,
            upkeep,
        })
    }

    /// The HTTP front of this platform.
    pub fn gateway(&self) -> Gateway {
        web::router(self.box_office.clone(), self.settings.clone())
    }

    /// Decides what was accepted, and lets go of the database.
    pub async fn close(self) {
        drop(self.background);
        self.upkeep.abort();
        self.box_office.shutdown().await;
        if let Some(redis) = &self.redis {
            redis.close().await;
        }
        self.store.close().await;
    }
}

/// What is shared with other nodes, where there are any.
async fn redis(config: &Config) -> anyhow::Result<Option<Arc<RedisCoordinator>>> {
    let Some(url) = &config.redis_url else {
        return Ok(None);
    };
    let settings = RedisSettings {
        place: url.parse()?,
        prefix: config.redis_prefix.clone(),
        cache: config.cache,
        redis: config.redis,
    };
    Ok(Some(Arc::new(RedisCoordinator::open(settings).await)))
}

/// The configured key, or the one that the database keeps, so that every node has the same.
async fn ticket_key(config: &Config, store: &dyn Store) -> anyhow::Result<TicketKey> {
    let configured = config.ticket_key.as_ref();
    if let Some(key) = configured.and_then(|key| ticket_key_of(key.expose_secret())) {
        return Ok(TicketKey::new(&key));
    }
    let mut offered = [0; TICKET_KEY_LEN];
    SysRng.try_fill_bytes(&mut offered)?;
    Ok(TicketKey::new(&store.secret("ticket_key", offered).await?))
}

/// Folds samples into their histograms, which would otherwise wait for somebody to read them.
async fn keep_up(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        metrics.run_upkeep();
    }
}

fn node_name(config: &Config) -> String {
    if !config.node.is_empty() {
        return config.node.clone();
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}
