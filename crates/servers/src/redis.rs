//! Redis: a server without persistence.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::debian::{Installed, Suite};
use crate::process::{Server, free_port, fresh_folder};

const SUITE: Suite = Suite {
    programs: &["redis-server", "redis-sentinel", "redis-cli"],
    packages: &[
        "redis-server",
        "redis-sentinel",
        "redis-tools",
        "libatomic1",
        "libjemalloc2",
        "liblzf1",
    ],
};

/// Starts a server with its folder `name` below `folder`, made anew. `arguments` are Redis's own:
/// `["--maxmemory", "2mb"]`.
pub fn start(folder: &Path, name: &str, arguments: &[&str]) -> anyhow::Result<Server> {
    let home = folder.join(name);
    fresh_folder(&home)?;
    run(&SUITE.find(folder)?, name, &home, free_port()?, arguments)
}

fn run(
    installed: &Installed,
    name: &str,
    home: &Path,
    port: u16,
    arguments: &[&str],
) -> anyhow::Result<Server> {
    let mut command = installed.command("redis-server");
    command
        .current_dir(home)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .args(arguments);
    Server::start(name, port, home, &mut command, answers)
}

/// The URL of a server: `redis://127.0.0.1:PORT`.
pub fn url(server: &Server) -> String {
    format!("redis://127.0.0.1:{}", server.port)
}

/// Whether a server on this port answers a ping.
pub(crate) fn answers(port: u16) -> bool {
    let ping = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ping().unwrap_or(false)
}
