//! Redis: a server without persistence.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::debian::{Installed, Suite, output};
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

/// Starts a server that has ended once more: on its old port, empty.
pub fn start_again(ended: &Server, arguments: &[&str]) -> anyhow::Result<Server> {
    let installed = SUITE.find(ended.folder.parent().unwrap_or(&ended.folder))?;
    run(
        &installed,
        &ended.name,
        &ended.folder,
        ended.port,
        arguments,
    )
}

/// Starts a replica of `primary`.
pub fn start_replica(folder: &Path, name: &str, primary: &Server) -> anyhow::Result<Server> {
    let port = primary.port.to_string();
    start(folder, name, &["--replicaof", "127.0.0.1", &port])
}

/// Starts a sentinel that watches `primary` under the name `master`, and takes it to be down after
/// half a second if `quorum` sentinels agree.
pub fn start_sentinel(
    folder: &Path,
    name: &str,
    master: &str,
    primary: &Server,
    quorum: u32,
) -> anyhow::Result<Server> {
    let home = folder.join(name);
    fresh_folder(&home)?;
    let installed = SUITE.find(folder)?;
    let port = free_port()?;
    let primary = primary.port;
    // A sentinel writes what it learns into its configuration.
    let configuration = format!(
        "port {port}\nbind 127.0.0.1\ndaemonize no\n\
         sentinel monitor {master} 127.0.0.1 {primary} {quorum}\n\
         sentinel down-after-milliseconds {master} 500\n\
         sentinel failover-timeout {master} 3000\n"
    );
    std::fs::write(home.join("sentinel.conf"), configuration)?;
    let mut command = installed.command("redis-server");
    command
        .current_dir(&home)
        .args(["sentinel.conf", "--sentinel"]);
    Server::start(name, port, &home, &mut command, answers)
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

/// The URL of the primary that sentinels know as `master`.
pub fn sentinel_url(sentinels: &[Server], master: &str) -> String {
    let hosts: Vec<String> = sentinels
        .iter()
        .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
        .collect();
    format!("redis-sentinel://{}?master={master}", hosts.join(","))
}

/// Runs one command; gives what the command line client prints, a line for each part of the answer.
pub fn ask(folder: &Path, port: u16, command: &[&str]) -> anyhow::Result<String> {
    let mut client = SUITE.find(folder)?.command("redis-cli");
    client.args(["-p", &port.to_string()]).args(command);
    output(&mut client)
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
