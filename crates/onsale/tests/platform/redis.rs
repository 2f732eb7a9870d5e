//! Redis beside the database: told in health, in no secret, and not noticed by any buyer.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use load::client::Client;
use rand::TryRng;
use rand::rngs::SysRng;
use serde_json::json;
use servers::running::folder;

use crate::server::{House, body_of, onsale};

/// How long something may take that certainly happens.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis of one test's own; killed when dropped.
pub(crate) fn redis(arguments: &[&str]) -> servers::Server {
    let number = SysRng.try_next_u64().expect("randomness");
    let name = format!("redis-{number:016x}");
    let started = servers::redis::start(&folder(), &name, arguments);
    started.expect("a server").guarded()
}

/// The same house, with this Redis beside its database.
pub(crate) fn beside(house: House, redis: &servers::Server) -> House {
    house.with("ONSALE_REDIS_URL", servers::redis::url(redis))
}

/// Waits until health says this of Redis. The node itself must be well all the time.
pub(crate) async fn until_redis_is(client: &mut Client, status: &str) {
    let began = Instant::now();
    loop {
        let health = body_of(&client.get("/api/health").await.expect("an answer"), 200);
        assert_eq!(health["components"]["db"]["status"], "UP", "{health}");
        let redis = &health["components"]["redis"];
        assert_eq!(redis["details"]["mode"], "shared", "{health}");
        if redis["status"] == status {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{health}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_lost_redis_is_told_and_fails_no_request() {
    let mut redis = redis(&[]);
    let house = beside(House::on_file(), &redis);
    let server = house.open();
    let mut client = server.client().await;
    until_redis_is(&mut client, "UP").await;
    let event = server.event(json!({ "totalSeats": 100 })).await;
    let mut buyers = 0;
    let mut buy = async |client: &mut Client, count: u32| {
        for _ in 0..count {
            buyers += 1;
            let user = format!("buyer{buyers}");
            let body = json!({ "eventId": event, "userId": user, "quantity": 1 });
            let answer = client.post("/api/reservations", None, &body).await;
            body_of(&answer.expect("an answer"), 201);
        }
    };
    buy(&mut client, 10).await;
    redis.kill().expect("it ends");
    buy(&mut client, 10).await;
    until_redis_is(&mut client, "DEGRADED").await;
    buy(&mut client, 10).await;
    let again = servers::redis::start_again(&redis, &[]);
    let _again = again.expect("a server").guarded();
    until_redis_is(&mut client, "UP").await;
    buy(&mut client, 10).await;

    until_redis_is(&mut client, "UP").await;
    let answer = client.get("/metrics").await.expect("an answer");
    let told = String::from_utf8_lossy(&answer.body).into_owned();
    // A slow Redis may have been given up once more than it was killed.
    let connects = told
        .lines()
        .find_map(|line| line.strip_prefix("onsale_redis_connects_total "))
        .and_then(|count| count.parse::<u32>().ok());
    assert!(connects >= Some(2), "{told}");
    for line in [
        "onsale_redis_up 1",
        "onsale_lease_wait_seconds_count",
        "onsale_lease_hold_seconds_count",
        "onsale_redis_command_seconds_bucket",
        "onsale_publications_sent_total",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
}

#[test]
fn a_contest_stays_exact_when_redis_dies_in_the_middle() {
    let mut redis = redis(&[]);
    let house = beside(House::on_file(), &redis);
    let server = house.open();
    let mut contest = house.command(&["contest", "--url", &server.url]);
    let contest = contest
        .args(["--tickets", "100", "--buyers", "400"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("a contest");
    // The event is on sale as soon as its description is in Redis.
    let began = Instant::now();
    while !redis_has_keys(&redis) {
        assert!(began.elapsed() < PATIENCE, "nothing is sold");
    }
    redis.kill().expect("it ends");
    let contest = contest.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&contest.stdout).into_owned()
        + &String::from_utf8_lossy(&contest.stderr);
    assert!(contest.status.success(), "{told}");
    let (audit, is_clean) = house.audit();
    assert!(is_clean, "{audit}");
}

/// Whether Redis knows an event.
fn redis_has_keys(redis: &servers::Server) -> bool {
    use std::io::{Read, Write};
    let mut stream =
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, redis.port)).expect("a connection");
    stream
        .write_all(b"EXISTS onsale:{1}:seats:1\r\n")
        .expect("it is sent");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).expect("an answer");
    &answer == b":1\r\n"
}

#[tokio::test]
async fn tls_is_spoken_to_whom_the_system_trusts() {
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/platform/certificates");
    let file = |name: &str| certificates.join(name).display().to_string();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = free.local_addr().expect("an address").port().to_string();
    drop(free);
    let _redis = redis(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &file("server.pem"),
        "--tls-key-file",
        &file("server.key"),
        "--tls-ca-cert-file",
        &file("authority.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let url = format!("rediss://localhost:{port}");

    let house = House::on_file()
        .with("ONSALE_REDIS_URL", url.clone())
        .with("SSL_CERT_FILE", file("authority.pem"));
    let server = house.open();
    until_redis_is(&mut server.client().await, "UP").await;

    let doubtful = House::on_file().with("ONSALE_REDIS_URL", url);
    let server = doubtful.open();
    until_redis_is(&mut server.client().await, "DEGRADED").await;
}

#[test]
fn the_password_of_redis_is_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for url in [
        "redis://mina:hush@localhost:1/0",
        "redis://:hush@localhost:1/none",
        "redis-sentinel://:hush@localhost?sentinel_password=hush",
    ] {
        let output = onsale()
            .current_dir(folder.path())
            .args(["config", "show"])
            .env("ONSALE_REDIS_URL", url)
            .output()
            .expect("onsale runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("localhost"), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
}
