//! `MariaDB`: one server for tests, fast rather than durable.

use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::debian::{Installed, Suite, run};
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
const VOLATILE: [&str; 2] = [
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
];

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
        .arg("--no-defaults")
        .arg(format!("--basedir={}", installed.usr.display()))
        .arg(format!("--datadir={}", home.join("data").display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(as_this_user())
        .args(VOLATILE);
    run(&mut command)
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
