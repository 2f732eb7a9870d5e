//! `HAProxy`: one address before several nodes.

use std::fmt::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;

use crate::debian::Suite;
use crate::process::{Server, free_port, fresh_folder};

const SUITE: Suite = Suite {
    programs: &["haproxy"],
    packages: &[
        "haproxy",
        "liblua5.3-0",
        "libpcre2-8-0",
        "libssl3",
        "libopentracing-c-wrapper0",
        "libopentracing1",
    ],
};

/// Starts a balancer with its folder `name` below `folder`, made anew, before nodes on these ports.
///
/// A node is left out while `GET /api/health/ready` is refused or not answered; it is asked every
/// 100 ms, and is given a second each of three times: a machine may be busy without being ill. A
/// request that no node has seen yet goes to another one where its first cannot be reached.
pub fn start(folder: &Path, name: &str, nodes: &[u16]) -> anyhow::Result<Server> {
    let home = folder.join(name);
    fresh_folder(&home)?;
    let port = free_port()?;
    std::fs::write(home.join("haproxy.cfg"), configuration(port, nodes))?;
    let mut command = SUITE.find(folder)?.command("haproxy");
    command
        .current_dir(&home)
        .args(["-f", "haproxy.cfg", "-db"]);
    Server::start(name, port, &home, &mut command, listens)
}

fn configuration(port: u16, nodes: &[u16]) -> String {
    let mut text = format!(
        "global\n  maxconn 9000\n  no strict-limits\n\
         defaults\n  mode http\n  timeout connect 500ms\n  timeout client 60s\n\
         \x20 timeout server 60s\n  timeout check 1s\n  option redispatch 1\n  retries 2\n\
         \x20 retry-on conn-failure\n\
         frontend buyers\n  bind 127.0.0.1:{port}\n  default_backend nodes\n\
         backend nodes\n  balance roundrobin\n  option httpchk GET /api/health/ready\n\
         \x20 default-server check inter 100ms fall 3 rise 1 on-marked-down shutdown-sessions\n"
    );
    for (number, node) in (1..).zip(nodes) {
        let _ = writeln!(text, "  server node-{number} 127.0.0.1:{node}");
    }
    text
}

fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}
