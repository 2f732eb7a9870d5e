//! A node: the platform itself, as an operator starts it, on a port that it keeps over restarts.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::process::{Server, free_port, fresh_folder};

/// How long a node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// How a node is started.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program: `target/release/onsale`.
    pub program: PathBuf,
    /// Settings by their names in the environment: `("ONSALE_REDIS_URL", "redis://...")`.
    pub settings: Vec<(&'static str, String)>,
}

/// Starts a node with its folder `name` below `folder`, made anew, and waits until it serves.
pub fn start(folder: &Path, name: &str, plan: &Plan) -> anyhow::Result<Server> {
    let home = folder.join(name);
    fresh_folder(&home)?;
    launch(name, &home, free_port()?, plan)
}

/// Starts a node that has ended once more: on its old port.
pub fn start_again(ended: &Server, plan: &Plan) -> anyhow::Result<Server> {
    launch(&ended.name, &ended.folder, ended.port, plan)
}

fn launch(name: &str, home: &Path, port: u16, plan: &Plan) -> anyhow::Result<Server> {
    let mut command = Command::new(&plan.program);
    command
        .current_dir(home)
        .arg("serve")
        .args(["--listen", &format!("127.0.0.1:{port}")]);
    // What the developer's own shell says must not change what is tried here.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ONSALE_") {
            command.env_remove(name);
        }
    }
    command
        .env("ONSALE_NODE", name)
        .env("ONSALE_LOG_FORMAT", "human")
        .envs(plan.settings.iter().map(|(name, value)| (name, value)));
    Server::start(name, port, home, &mut command, is_alive)
}

/// What a node on this port answers to a `GET`: the body, an error where the status is not 200.
pub fn get(port: u16, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    // Version 1.0: the answer comes in one piece, and ends with its connection.
    let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let answer = std::io::read_to_string(stream)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("an answer without a body")?;
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "{path}: {status}");
    Ok(body.to_owned())
}

/// Whether a node on this port says that it lives.
fn is_alive(port: u16) -> bool {
    get(port, "/api/health/live").is_ok()
}
