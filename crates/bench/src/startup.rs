//! How long from starting the program to its first answer, and how large it is.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use load::client::Client;
use load::target::Target;

use crate::child::{Node, Server, onsale};
use crate::process;
use crate::rounds::Spread;
use crate::section::Section;

/// How often to start it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Arguments {
    /// How often it is started, on a new database and again on one that is there.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// Once only: shows that everything works, and no figure.
    #[arg(long)]
    quick: bool,
    /// Also writes the results into docs/performance.md.
    #[arg(long)]
    record: bool,
}

const HOW_TO_READ: &str = "\
How to read it: from the start of the process to the first answer that is read, on SQLite; a new database \
gets its tables first. The limit is the disk: every migration is a commit of its own, synced.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let rounds = if arguments.quick { 1 } else { arguments.rounds };
    let (mut new, mut again, mut resident) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let directory = tempfile::tempdir()?;
        let node = Node::on_sqlite(directory.path());
        new.push(start(&node, &mut resident).await?);
        again.push(start(&node, &mut resident).await?);
    }
    let bytes = std::fs::metadata(onsale()?)?.len();
    let mut section = Section::new("startup", &["", "median", "least", "most"]);
    for (what, times) in [("on a new database", new), ("on one that is there", again)] {
        let Spread { median, min, max } = Spread::of(times);
        let cells = [median, min, max].map(|ms| format!("{ms:.0} ms"));
        section
            .rows
            .push([vec![what.to_owned()], cells.to_vec()].concat());
    }
    let Spread { median, min, max } = Spread::of(resident);
    let cells = [median, min, max].map(|mb| format!("{mb:.1} MB"));
    section.rows.push(
        [
            vec!["memory after the first answer".to_owned()],
            cells.to_vec(),
        ]
        .concat(),
    );
    let megabytes = format!("{:.1} MB", bytes as f64 / 1e6);
    section.rows.push(vec![
        "the program's file".to_owned(),
        megabytes,
        String::new(),
        String::new(),
    ]);
    section.words = String::from(HOW_TO_READ);
    section.publish(arguments.record)
}

/// From the start to the first answer, in milliseconds.
async fn start(node: &Node, resident: &mut Vec<f64>) -> anyhow::Result<f64> {
    let began = Instant::now();
    let server = Server::start_onsale(node).await?;
    let target = Target::resolve(server.url()).await?;
    let answer = Client::new(target, Duration::from_secs(10))
        .get("/api/events")
        .await?;
    anyhow::ensure!(answer.status.is_success(), "the first answer is {answer:?}");
    let took_ms = began.elapsed().as_secs_f64() * 1e3;
    let pid = server.pid().context("the server has ended")?;
    resident.push(process::resident_bytes(pid)? as f64 / 1e6);
    server.stop().await?;
    Ok(took_ms)
}
