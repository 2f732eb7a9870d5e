//! Contests and Apache Bench against the release build.

use std::io::Write;
use std::net::TcpStream;
use std::process::Stdio;

use anyhow::{Context, ensure};

use crate::server::Server;
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
    let server = Server::start(&release_binary("onsale"), &[])?;
    let event = create_event(&server, 100_000)?;
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

/// Puts `seats` seats on sale and gives the event's id. One plain request needs no HTTP client.
fn create_event(server: &Server, seats: u32) -> anyhow::Result<u64> {
    let body = format!(
        "{{\"eventName\":\"ab\",\"totalSeats\":{seats},\"eventDate\":\"2099-12-31T19:00:00\"}}"
    );
    let host = server.url.trim_start_matches("http://");
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
