//! Configuration: defaults, then a file, then the environment, then flags.
//!
//! Everything is read and checked at start, and every mistake is told at once.

mod database;
mod file;
mod reader;
mod redis;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use boxoffice::limits::Limits;
use boxoffice::ticket_code::TICKET_KEY_LEN;
use coordination::limits::{CacheLimits, RedisLimits};
use figment::Figment;
use figment::providers::{Env, Serialized};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use storage::DatabaseLimits;
use tracing_subscriber::filter::Targets;
use web::ServerLimits;

use self::file::Toml;
use crate::payments::{Provider, SandboxLimits};

pub use database::{Engine, engine, without_password};
pub use reader::{Effective, Reader};

/// The file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "onsale.toml";

/// Before each setting's name in the environment.
pub const ENV_PREFIX: &str = "ONSALE_";

/// How logs are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Human,
    /// JSON lines.
    Json,
}

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database, or its writer.
    pub database_url: String,
    /// A reader of the database, for lists and details.
    pub database_reader_url: Option<String>,
    /// What nodes share beside the database. Holds a password, if any.
    pub redis_url: Option<String>,
    /// What every name in Redis begins with.
    pub redis_prefix: String,
    /// Opens what is the organizer's; without it everything is open, on loopback only.
    pub admin_token: Option<SecretString>,
    /// Signs tickets: 64 hexadecimal digits. Without one, a key is made and kept in the database.
    pub ticket_key: Option<SecretString>,
    /// Who takes the money.
    pub payment_provider: Provider,
    /// How the sandbox provider behaves.
    pub sandbox: SandboxLimits,
    /// Web pages that may use the API from a browser: origins with commas between them, or `*`.
    pub cors_origins: String,
    /// Whether an empty database gets an event to try things on.
    pub sample_event: bool,
    /// The zone that times without one are read in.
    pub time_zone: String,
    /// How logs are written.
    pub log_format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::filter::Targets`.
    pub log_filter: String,
    /// This node's name in the event log; empty: host name and process id.
    pub node: String,
    /// Free bytes below which health calls the disk `DOWN`.
    pub disk_free_bytes_min: u64,
    /// The box office's bounds.
    pub limits: Limits,
    /// The HTTP server's bounds.
    pub server: ServerLimits,
    /// The cache's bounds.
    pub cache: CacheLimits,
    /// The bounds of a database that is a server.
    pub database: DatabaseLimits,
    /// The bounds of what is done with Redis.
    pub redis: RedisLimits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: "sqlite:onsale-data/onsale.db".to_owned(),
            database_reader_url: None,
            redis_url: None,
            redis_prefix: "onsale".to_owned(),
            admin_token: None,
            ticket_key: None,
            payment_provider: Provider::default(),
            sandbox: SandboxLimits::default(),
            cors_origins: String::new(),
            sample_event: false,
            time_zone: "Asia/Seoul".to_owned(),
            log_format: LogFormat::Auto,
            log_filter: "info".to_owned(),
            node: String::new(),
            disk_free_bytes_min: 100 * 1024 * 1024,
            limits: Limits::default(),
            server: ServerLimits::default(),
            cache: CacheLimits::default(),
            database: DatabaseLimits::default(),
            redis: RedisLimits::default(),
        }
    }
}

/// What the command line says about the configuration.
#[derive(Clone, Default, Debug, clap::Args)]
pub struct Flags {
    /// The file to read; `onsale.toml`, if it is there, when none is named
    #[arg(long, global = true, env = "ONSALE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The database [default: sqlite:onsale-data/onsale.db]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// A reader of the database, for lists and details
    #[arg(long, global = true, value_name = "URL")]
    pub database_reader_url: Option<String>,
    /// What nodes share beside the database
    #[arg(long, global = true, value_name = "URL")]
    pub redis_url: Option<String>,
    /// Put one event on sale if the database has none
    #[arg(long, global = true)]
    pub sample_event: bool,
    /// Any setting by its name, as in the configuration reference; may be repeated
    #[arg(long = "set", global = true, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// The configuration, how each setting was come by, and every mistake in it.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration; defaults stand where a setting is wrong.
    pub config: Config,
    /// Each setting in effect, in the order of the reference.
    pub effective: Vec<Effective>,
    /// Everything that is wrong, one line each.
    pub mistakes: Vec<String>,
}

/// Reads and checks the configuration.
pub fn load(flags: &Flags) -> Loaded {
    let mut mistakes = Vec::new();
    let figment = sources(flags, &mut mistakes);
    loaded(figment, mistakes)
}

/// Reads a file's bytes as a configuration, for fuzzers and for the test of what they found: what
/// is shown reads back as the same, and a mistake is told in words.
pub fn door(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let first = loaded(Figment::from(Toml::text(text)), Vec::new());
    assert!(first.mistakes.iter().all(|mistake| !mistake.is_empty()));
    let is_plain = |setting: &&Effective| !setting.value.starts_with('(');
    let shown = first.effective.iter().filter(is_plain);
    let lines: Vec<_> = shown
        .map(|setting| format!("{} = {}", setting.name, setting.value))
        .collect();
    let second = loaded(Figment::from(Toml::text(&lines.join("\n"))), Vec::new());
    let values = |loaded: &Loaded| -> Vec<_> {
        let shown = loaded.effective.iter().filter(is_plain);
        shown.map(|setting| setting.value.clone()).collect()
    };
    assert_eq!(values(&first), values(&second), "{lines:?}");
}

fn loaded(figment: Figment, mistakes: Vec<String>) -> Loaded {
    let mut reader = Reader::new(figment, mistakes);
    let config = read(&mut reader);
    reader.expect_no_strangers();
    let (effective, mut mistakes) = reader.finish();
    mistakes.extend(check(&config));
    Loaded {
        config,
        effective,
        mistakes,
    }
}

fn sources(flags: &Flags, mistakes: &mut Vec<String>) -> Figment {
    let mut figment = Figment::new();
    match &flags.config {
        Some(file) if !file.is_file() => {
            mistakes.push(format!("config: there is no file {}", file.display()));
        }
        Some(file) => figment = figment.merge(Toml::file(file)),
        None if Path::new(DEFAULT_FILE).is_file() => {
            figment = figment.merge(Toml::file(Path::new(DEFAULT_FILE)));
        }
        None => {}
    }
    figment = figment.merge(Env::prefixed(ENV_PREFIX).ignore(&["config"]));
    for assignment in &flags.set {
        match assignment.split_once('=') {
            Some((name, value)) => figment = figment.merge(reader::flag(name.trim(), value)),
            None => mistakes.push(format!("--set {assignment}: NAME=VALUE is expected")),
        }
    }
    let named = [
        ("listen", &flags.listen),
        ("database_url", &flags.database_url),
        ("database_reader_url", &flags.database_reader_url),
        ("redis_url", &flags.redis_url),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            figment = figment.merge(Serialized::global(name, value));
        }
    }
    if flags.sample_event {
        figment = figment.merge(Serialized::global("sample_event", true));
    }
    figment
}

/// Reads each setting into its field; a field's name is the setting's.
macro_rules! read_fields {
    ($reader:expr, $target:expr, $($field:ident),+ $(,)?) => {
        $( $reader.set(stringify!($field), &mut $target.$field); )+
    };
}

fn read(reader: &mut Reader) -> Config {
    let mut config = Config::default();
    read_fields!(reader, config, listen);
    reader.set_url("database_url", &mut config.database_url);
    reader.set_optional_url("database_reader_url", &mut config.database_reader_url);
    reader.set_optional_url("redis_url", &mut config.redis_url);
    read_fields!(reader, config, redis_prefix);
    reader.set_secret("admin_token", &mut config.admin_token);
    reader.set_secret("ticket_key", &mut config.ticket_key);
    read_fields!(
        reader,
        config,
        cors_origins,
        sample_event,
        time_zone,
        log_format,
        log_filter,
        node
    );
    read_fields!(reader, config, disk_free_bytes_min, payment_provider);
    read_sandbox(reader, &mut config.sandbox);
    read_box_office(reader, &mut config.limits);
    read_server(reader, &mut config.server);
    read_cache(reader, &mut config.cache);
    read_database(reader, &mut config.database);
    read_redis(reader, &mut config.redis);
    config
}

fn read_box_office(reader: &mut Reader, limits: &mut Limits) {
    read_fields!(
        reader,
        limits,
        queue_len_max,
        batch_len_max,
        due_len_max,
        request_deadline_ms,
        lease_wait_ms_max,
        lease_groups_max,
        sold_out_age_ms_max,
        conflicts_max,
        payment_timeout_ms,
        payment_unseen_secs,
        reconcile_interval_ms,
        reconcile_len_max,
        idle_secs,
        sweep_interval_ms,
        key_retention_secs,
        audit_interval_secs,
    );
}

fn read_sandbox(reader: &mut Reader, limits: &mut SandboxLimits) {
    read_fields!(
        reader,
        limits,
        sandbox_latency_ms,
        sandbox_declined_percent,
        sandbox_unknown_percent,
        sandbox_settle_ms,
        sandbox_down,
    );
}

fn read_server(reader: &mut Reader, limits: &mut ServerLimits) {
    read_fields!(
        reader,
        limits,
        request_body_bytes_max,
        json_depth_max,
        header_bytes_max,
        headers_max,
        header_timeout_ms,
        first_byte_timeout_ms,
        body_timeout_ms,
        idle_timeout_ms,
        handling_timeout_ms,
        connections_max,
        in_flight_max,
        node_reservations_per_sec,
        node_burst_reservations,
        backlog_len_max,
        shutdown_grace_ms,
        streams_max,
        stream_heartbeat_ms,
        stream_stall_ms_max,
        client_requests_per_sec,
        client_burst_requests,
        forwarded_hops,
        compress_bytes_min,
    );
}

fn read_cache(reader: &mut Reader, limits: &mut CacheLimits) {
    read_fields!(
        reader,
        limits,
        event_ttl_secs,
        seats_ttl_secs,
        unheard_ttl_ms,
        user_ttl_secs,
        page_ttl_ms,
        admitted_ttl_ms,
        event_entries_max,
        user_entries_max,
        page_entries_max,
        forgotten_secs,
        load_ms_max,
        watch_interval_ms,
        lease_ttl_ms,
    );
}

fn read_database(reader: &mut Reader, limits: &mut DatabaseLimits) {
    read_fields!(
        reader,
        limits,
        database_connections_max,
        database_connections_min,
        database_waiters_max,
        database_wait_ms_max,
        database_answer_ms_max,
        database_lock_wait_secs,
        database_events_joined_max,
        database_reader_lag_ms_max,
    );
}

fn read_redis(reader: &mut Reader, limits: &mut RedisLimits) {
    read_fields!(
        reader,
        limits,
        redis_timeout_ms,
        redis_connect_timeout_ms,
        redis_pulse_ms,
        redis_retry_ms_max,
    );
}

/// What is wrong with settings that can each be read.
fn check(config: &Config) -> Vec<String> {
    let mut mistakes = config.limits.mistakes();
    mistakes.extend(config.server.mistakes());
    mistakes.extend(config.cache.mistakes());
    mistakes.extend(config.sandbox.mistakes());
    if let Some(key) = &config.ticket_key
        && ticket_key_of(key.expose_secret()).is_none()
    {
        mistakes.push("ticket_key must be 64 hexadecimal digits".to_owned());
    }
    if config.limits.lease_wait_ms_max >= config.cache.lease_ttl_ms {
        mistakes.push("lease_wait_ms_max must stay below lease_ttl_ms".to_owned());
    }
    if config.server.handling_timeout_ms <= config.limits.request_deadline_ms {
        mistakes.push("handling_timeout_ms must exceed request_deadline_ms".to_owned());
    }
    if config.log_filter.parse::<Targets>().is_err() {
        mistakes.push(format!(
            "log_filter: {:?} is not like info or web=debug,info",
            config.log_filter
        ));
    }
    mistakes.extend(database::mistakes(config));
    mistakes.extend(redis::mistakes(config));
    if let Err(mistake) = web::CorsOrigins::read(&config.cors_origins) {
        mistakes.push(format!("cors_origins: {mistake}"));
    }
    if !web::is_known_zone(&config.time_zone) {
        mistakes.push(format!(
            "time_zone: {:?} is not an IANA time zone",
            config.time_zone
        ));
    }
    match &config.admin_token {
        Some(token) if token.expose_secret().len() < 16 => {
            mistakes.push("admin_token must have at least 16 characters".to_owned());
        }
        None if !is_loopback(config.listen.ip()) => mistakes.push(format!(
            "listen: without admin_token everything is open to everybody, so {} is refused; \
             set ONSALE_ADMIN_TOKEN, or listen on 127.0.0.1",
            config.listen
        )),
        Some(_) | None => {}
    }
    mistakes
}

/// The key that 64 hexadecimal digits tell.
pub fn ticket_key_of(digits: &str) -> Option<[u8; TICKET_KEY_LEN]> {
    let mut key = [0; TICKET_KEY_LEN];
    let pairs = digits.as_bytes().chunks(2);
    if digits.len() != 2 * TICKET_KEY_LEN {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(key)
}

const fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}
