//! What the network and HTTP alone would allow.
//!
//! The bare server is axum that answers constants of the same length as ours: routing, parsing of
//! the request and the system's work are the same, and there is nothing behind it. What ours reaches
//! of it is what selling costs. The event's page is compared with the event's JSON: what drawing it costs.

use crate::Plan;
use crate::child::{Node, Server};
use crate::contender::{Contender, Organizer, TICKETS};
use crate::report::Report;
use crate::rounds;
use crate::section::Section;
use crate::serve;

/// Enough events for a full page of them.
const EVENTS: u32 = 20;

const HOW_TO_READ: &str = "\
How to read it: \"bare\" is axum with constant answers of the same length, the most that this machine \
does over HTTP.\nThe ratio is ours to bare within the same round. Only ratios can be compared between \
machines. \"GET event's page\" is the same event as buyers see it, in HTML with a form of their own, and is \
compared with the event in JSON: it has to carry at least 0.6 of that.";

/// Measures reads and reservations, ours and bare.
pub(crate) async fn run(plan: Plan) -> anyhow::Result<bool> {
    let plan = plan.complete(&[64, 1_024])?;
    let directory = tempfile::tempdir()?;
    let onsale = Server::start_onsale(&Node::on_sqlite(directory.path())).await?;
    let mut organizer = Organizer::of(onsale.url()).await?;
    let hot = organizer.create_event("Hot").await?;
    for number in 1..EVENTS {
        organizer.create_event(&format!("Quiet {number}")).await?;
    }
    let event_path = format!("/api/events/{hot}");
    let arguments = serve::bare::Arguments {
        event_bytes: organizer.body_len(&event_path).await?,
        events_bytes: organizer.body_len("/api/events").await?,
        reservation_bytes: organizer.reservation_len(hot).await?,
    };
    let bare = Server::start_self("bare", &arguments.as_command(), directory.path()).await?;

    let contenders = contenders(bare.url(), onsale.url(), hot);
    let results = rounds::run(&plan, &contenders).await?;
    bare.stop().await?;
    onsale.stop().await?;
    let report = Report::new("http", &plan, results);
    let section = Section {
        name: "http".to_owned(),
        words: HOW_TO_READ.to_owned(),
        ..Section::default()
    };
    report.publish(&plan, section)
}

fn contenders(bare: &str, onsale: &str, hot: u64) -> Vec<Contender> {
    let event = || format!("/api/events/{hot}");
    let page = format!("/events/{hot}");
    let events = || "/api/events".to_owned();
    vec![
        Contender::reading("bare GET event", bare, event()),
        Contender::reading("GET event", onsale, event()).compared_with(&["bare GET event"]),
        Contender::reading("GET event's page", onsale, page).compared_with(&["GET event"]),
        Contender::reading("bare GET events", bare, events()),
        Contender::reading("GET events", onsale, events()).compared_with(&["bare GET events"]),
        Contender::reserving("bare POST", vec![bare.to_owned()], vec![hot], TICKETS),
        Contender::reserving(
            "POST reservation",
            vec![onsale.to_owned()],
            vec![hot],
            TICKETS,
        )
        .compared_with(&["bare POST"]),
    ]
}
