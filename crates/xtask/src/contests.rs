//! Contests and Apache Bench against the release build.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::steps::{in_root, release_binary, step};
use crate::tools::debian;

/// What each contest adds to `onsale contest`, and how often it is held.
const CONTESTS: [(&str, &[&str], u32); 8] = [
    ("1,000 buyers for 100 tickets", &[], 5),
    ("with 1 to 4 tickets each", &["--quantity", "1..4"], 2),
    (
        "with cancellations",
        &["--quantity", "1..4", "--cancel-percent", "30"],
        2,
    ),
    (
        "paid for, with cancellations",
        &["--pay", "--quantity", "1..4", "--cancel-percent", "30"],
        2,
    ),
    (
        "paid for by seven in ten",
        &["--pay", "--quantity", "1..4", "--abandon-percent", "30"],
        1,
    ),
    ("for seats by name", &["--assigned", "name"], 2),
    ("for the best seats", &["--assigned", "best"], 2),
    (
        "for neighbouring seats by name, with cancellations",
        &[
            "--assigned",
            "name",
            "--quantity",
            "1..4",
            "--cancel-percent",
            "30",
        ],
        1,
    ),
];

/// Holds every contest, and lets Apache Bench loose. Timings are printed and not judged.
pub(crate) fn run() -> anyhow::Result<()> {
    for (name, arguments, times) in CONTESTS {
        for seed in 1..=times {
            step(
                &format!("contest: {name} ({seed} of {times})"),
                in_root(release_binary("onsale"))
                    .arg("contest")
                    .args(arguments)
                    .args(["--seed", &seed.to_string()]),
            )?;
        }
    }
    apache_bench()
}

/// 10,000 reservations at 1,000 at once, with and without keep-alive: none may fail.
fn apache_bench() -> anyhow::Result<()> {
    let ab = debian("ab", "apache2-utils")?;
    let server = Server::start(&release_binary("onsale"))?;
    let event = server.create_event(100_000)?;
    let body = server.folder.join("reservation.json");
    std::fs::write(
        &body,
        format!("{{\"eventId\": {event}, \"userId\": \"ab\", \"quantity\": 1}}"),
    )?;
    for keep_alive in [true, false] {
        let mut command = in_root(&ab);
        command.args(["-l", "-q", "-n", "10000", "-c", "1000"]);
        if keep_alive {
            command.arg("-k");
        }
        command.args(["-T", "application/json", "-p"]).arg(&body);
        command.arg(format!("{}/api/reservations", server.url));
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .context("ab cannot be run")?;
        let report = String::from_utf8_lossy(&output.stdout);
        println!("{report}");
        let failed = report
            .lines()
            .find(|line| line.starts_with("Failed requests:"));
        ensure!(
            output.status.success()
                && failed.is_some_and(|line| line.trim_end().ends_with(" 0"))
                && !report.contains("Non-2xx responses"),
            "Apache Bench (keep-alive: {keep_alive}) had failures"
        );
    }
    Ok(())
}

/// A server on a free port with its data in a folder of its own; killed when dropped.
struct Server {
    process: Child,
    url: String,
    folder: std::path::PathBuf,
}

impl Server {
    fn start(binary: &Path) -> anyhow::Result<Self> {
        let folder = crate::steps::root().join(format!("target/xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut process = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url"])
            .arg(format!("sqlite:{}", folder.join("onsale.db").display()))
            .env("ONSALE_LOG_FILTER", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process
            .stdout
            .take()
            .context("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.trim().trim_start_matches("listening on ").to_owned();
        Ok(Self {
            process,
            url,
            folder,
        })
    }

    /// Puts `seats` seats on sale and gives the event's id. One plain request needs no HTTP client.
    fn create_event(&self, seats: u32) -> anyhow::Result<u64> {
        let body = format!(
            "{{\"eventName\":\"ab\",\"totalSeats\":{seats},\"eventDate\":\"2099-12-31T19:00:00\"}}"
        );
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "POST /api/events HTTP/1.0\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let answer = std::io::read_to_string(stream)?;
        let id = answer
            .split("\"eventId\":")
            .nth(1)
            .context("no event was created")?;
        let digits: String = id
            .trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        Ok(digits.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the folder may be gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
