//! `MariaDB`: one server for tests, fast rather than durable; or a primary and its replica, which
//! lose nothing that was acknowledged.
//!
//! Replication is semi-synchronous and waits for the replica before a commit is seen by anybody
//! (`AFTER_SYNC`). There is no silent fallback: the primary waits for its replica for a year, where
//! the default would be ten seconds, and waits even while none is connected. So a lost replica stops
//! the sale instead of the promise; whoever promotes the replica goes on without one, and says so by
//! [`promote`].

use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::debian::{Installed, Suite, output};
use crate::process::{Server, free_port, fresh_folder};

const SUITE: Suite = Suite {
    programs: &["mariadbd", "mariadb-install-db", "mariadb"],
    packages: &[
        "mariadb-server-core",
        "mariadb-client-core",
        "libaio1",
        "libbsd0",
        "libedit2",
        "libmariadb3",
        "libnuma1",
        "liburing2",
    ],
};

/// The name and password of the user who owns every database whose name begins with `onsale`.
pub const USER: &str = "onsale";

/// What every server runs at its start: users are made on each apart and stay out of the log that
/// is replicated. `admin` may do everything; `onsale` is bound by `read_only` as an application is.
const SETUP: &str = "SET sql_log_bin = 0;\n\
    CREATE USER IF NOT EXISTS admin@'127.0.0.1' IDENTIFIED BY 'admin';\n\
    GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;\n\
    CREATE USER IF NOT EXISTS onsale@'127.0.0.1' IDENTIFIED BY 'onsale';\n\
    GRANT ALL ON `onsale%`.* TO onsale@'127.0.0.1';\n\
    SET sql_log_bin = 1;\n";

/// Little memory, so that several fit on one machine.
const SMALL: [&str; 4] = [
    "--innodb-buffer-pool-size=128M",
    "--performance-schema=OFF",
    "--skip-name-resolve",
    "--max-connections=500",
];

/// What a server for tests need not do: its data need not outlive the machine.
const VOLATILE: [&str; 3] = [
    "--innodb-flush-log-at-trx-commit=0",
    // A table is several files, and each test has tables of its own.
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=OFF",
];

/// What a server that replicates is started with. Both may become the primary, so both keep a
/// binary log of everything.
const DURABLE: [&str; 9] = [
    "--log-bin=binlog",
    "--binlog-format=ROW",
    "--gtid-strict-mode=ON",
    "--log-slave-updates=ON",
    "--sync-binlog=1",
    "--innodb-flush-log-at-trx-commit=1",
    "--rpl-semi-sync-slave-enabled=ON",
    "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
    // A year, in milliseconds.
    "--rpl-semi-sync-master-timeout=31536000000",
];

/// What makes a primary wait for its replica.
const WAITING: &str = "--rpl-semi-sync-master-enabled=ON";

/// Nobody relies on a replica that has yet to catch up: it need not sync each commit.
const HASTE: &str = "SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0";

/// What ends [`HASTE`], with everything synced.
const CARE: &str =
    "SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1; FLUSH LOCAL LOGS";

/// How long a replica may take until it has what its primary has.
const REPLICATING_MAX: Duration = Duration::from_mins(2);

/// Starts a primary with its folder `name` below `folder`, made anew, with a number that no other
/// server of its replication has. It acknowledges no commit before it has a replica.
pub fn start_primary(folder: &Path, name: &str, number: u16) -> anyhow::Result<Server> {
    let installed = SUITE.find(folder)?;
    let home = folder.join(name);
    fresh_folder(&home)?;
    initialize(&installed, &home)?;
    let id = format!("--server-id={number}");
    let arguments: Vec<&str> = DURABLE.into_iter().chain([WAITING, &id]).collect();
    launch(&installed, name, &home, free_port()?, &arguments)
}

/// Starts a replica of `primary`, and waits until it replicates everything from the beginning on.
/// It is read-only to everybody but its administrator.
pub fn start_replica(
    folder: &Path,
    name: &str,
    number: u16,
    primary: &Server,
) -> anyhow::Result<Server> {
    let installed = SUITE.find(folder)?;
    let home = folder.join(name);
    fresh_folder(&home)?;
    initialize(&installed, &home)?;
    let id = format!("--server-id={number}");
    let arguments: Vec<&str> = DURABLE.into_iter().chain(["--read-only=ON", &id]).collect();
    let replica = launch(&installed, name, &home, free_port()?, &arguments)?.guarded();
    let port = primary.port;
    administer(
        folder,
        &replica,
        &format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, \
             MASTER_USER = 'admin', MASTER_PASSWORD = 'admin', MASTER_CONNECT_RETRY = 1, \
             MASTER_USE_GTID = slave_pos; {HASTE}; START SLAVE"
        ),
    )?;
    await_replica(folder, primary, &replica)?;
    Ok(replica.unguarded())
}

/// Waits until a replica has what its primary has, and has the primary wait for it from then on.
///
/// Only when it connects does a replica learn that its primary waits for it; so it connects again.
fn await_replica(folder: &Path, primary: &Server, replica: &Server) -> anyhow::Result<()> {
    let reached = administer(folder, primary, "SELECT @@gtid_binlog_pos")?;
    let wait_secs = REPLICATING_MAX.as_secs();
    let wait = format!("SELECT MASTER_GTID_WAIT('{}', {wait_secs})", reached.trim());
    let waited = administer(folder, replica, &wait)?;
    let behind = || -> anyhow::Result<String> {
        let status = administer(folder, replica, "SHOW SLAVE STATUS")?;
        let (one, other) = (&replica.name, &primary.name);
        Ok(format!("{one} does not replicate {other}: {status}"))
    };
    ensure!(waited.trim() == "0", behind()?);
    administer(folder, replica, CARE)?;
    let wait_for_it = "SET GLOBAL rpl_semi_sync_master_enabled = ON";
    administer(folder, primary, wait_for_it)?;
    let connect = "STOP SLAVE IO_THREAD; START SLAVE IO_THREAD";
    administer(folder, replica, connect)?;
    let began = Instant::now();
    while replicas(folder, primary)? == 0 {
        ensure!(began.elapsed() < REPLICATING_MAX, behind()?);
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Makes a replica the primary, once it has applied everything that it received. It does not wait
/// for a replica of its own, because it has none yet.
pub fn promote(folder: &Path, replica: &Server) -> anyhow::Result<()> {
    administer(folder, replica, "STOP SLAVE IO_THREAD")?;
    let began = Instant::now();
    loop {
        let received = administer(folder, replica, "SELECT @@gtid_binlog_pos")?;
        let status = administer(folder, replica, "SHOW SLAVE STATUS")?;
        if status.contains("has read all relay log") {
            break;
        }
        ensure!(
            began.elapsed() < REPLICATING_MAX,
            "the relay log is not applied at {received}: {status}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    administer(
        folder,
        replica,
        "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = OFF",
    )
    .map(drop)
}

/// How many replicas a primary waits for.
pub fn replicas(folder: &Path, primary: &Server) -> anyhow::Result<u32> {
    let status = "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'";
    let answer = administer(folder, primary, status)?;
    let count = answer.split_whitespace().last().unwrap_or("0");
    count.parse().context("a number of replicas")
}

/// Runs statements as the server's administrator; gives the rows, a line each, with tabs between
/// columns.
pub fn administer(folder: &Path, server: &Server, statements: &str) -> anyhow::Result<String> {
    let mut command = SUITE.find(folder)?.command("mariadb");
    command
        .args(["--no-defaults", "--batch", "--skip-column-names"])
        .args(["--host=127.0.0.1", "--user=admin", "--password=admin"])
        .arg(format!("--port={}", server.port))
        .arg(format!("--execute={statements}"));
    output(&mut command)
}

/// Starts a server on its own that syncs every commit to the disk, as a primary does, with its
/// folder `name` below `folder`, made anew.
pub fn start_durable(folder: &Path, name: &str) -> anyhow::Result<Server> {
    let installed = SUITE.find(folder)?;
    let home = folder.join(name);
    fresh_folder(&home)?;
    initialize(&installed, &home)?;
    let arguments: Vec<&str> = DURABLE.into_iter().chain(["--server-id=1"]).collect();
    launch(&installed, name, &home, free_port()?, &arguments)
}

/// Starts a server for tests with its folder `name` below `folder`, made anew.
pub fn start_volatile(folder: &Path, name: &str) -> anyhow::Result<Server> {
    start_volatile_in(folder, name, folder)
}

/// The same; where the programs have to be unpacked, that is done below `packages`.
pub fn start_volatile_in(folder: &Path, name: &str, packages: &Path) -> anyhow::Result<Server> {
    let installed = SUITE.find(packages)?;
    let home = folder.join(name);
    fresh_folder(&home)?;
    initialize(&installed, &home)?;
    launch(&installed, name, &home, free_port()?, &VOLATILE)
}

/// Makes the system's own tables in `home`.
fn initialize(installed: &Installed, home: &Path) -> anyhow::Result<()> {
    std::fs::write(home.join("setup.sql"), SETUP)?;
    let mut command = installed.command("mariadb-install-db");
    command
        .current_dir(home)
        .env("TMPDIR", tables_folder(home)?)
        .arg("--no-defaults")
        .arg(format!("--basedir={}", installed.usr.display()))
        .arg(format!("--datadir={}", home.join("data").display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(as_this_user())
        .args(VOLATILE);
    output(&mut command).map(drop)
}

/// Where a server keeps the tables of its queries. Never the machine's own folder: a server that
/// starts clears away every such file, and another one that was using them dies of it.
fn tables_folder(home: &Path) -> anyhow::Result<PathBuf> {
    let folder = home.join("tmp");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs a server on data that is there.
fn launch(
    installed: &Installed,
    name: &str,
    home: &Path,
    port: u16,
    arguments: &[&str],
) -> anyhow::Result<Server> {
    let mut command = installed.command("mariadbd");
    command
        .current_dir(home)
        .env("TMPDIR", tables_folder(home)?)
        .arg("--no-defaults")
        .arg(format!("--basedir={}", installed.usr.display()))
        .arg(format!("--datadir={}", home.join("data").display()))
        .arg(format!("--init-file={}", home.join("setup.sql").display()))
        .arg(format!("--port={port}"))
        // Relative to the data: the path of a socket must be short.
        .args(["--bind-address=127.0.0.1", "--socket=mariadb.sock"])
        .args(as_this_user())
        .args(SMALL)
        .args(arguments);
    Server::start(name, port, home, &mut command, answers)
}

/// The server does not run as root unless it is told to.
fn as_this_user() -> Option<&'static str> {
    rustix::process::getuid().is_root().then_some("--user=root")
}

/// The URL of a database on a server: `mysql://onsale:onsale@127.0.0.1:PORT/DATABASE`.
pub fn url(server: &Server, database: &str) -> String {
    format!("mysql://{USER}:{USER}@127.0.0.1:{}/{database}", server.port)
}

/// The same as its administrator, whom `read_only` does not bind.
pub fn admin_url(server: &Server, database: &str) -> String {
    format!("mysql://admin:admin@127.0.0.1:{}/{database}", server.port)
}

/// Whether a server on this port greets: it does when it is ready.
fn answers(port: u16) -> bool {
    let greeting = || -> std::io::Result<usize> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.read(&mut [0; 16])
    };
    greeting().is_ok_and(|len| len > 0)
}
