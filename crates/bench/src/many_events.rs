//! A thousand events at once, wanted as Zipf's law has it, beside one hot event.
//!
//! One event fills its groups; a thousand share the disk's syncs among smaller ones.

use clap::Args;

use crate::Plan;
use crate::child::{Node, Server};
use crate::contender::{Contender, Organizer, TICKETS};
use crate::database::{Databases, Store};
use crate::report::Report;
use crate::rounds;
use crate::section::Section;

/// Where to sell, and how many events.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// The database.
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// How many events.
    #[arg(long, default_value_t = 1_000)]
    events: u32,
    #[command(flatten)]
    plan: Plan,
}

const HOW_TO_READ: &str = "\
How to read it: the same server, the same number of connections, and reservations for one event or for as \
many as are named, of which the first is wanted most (Zipf's law, exponent 1). A group belongs to one event, \
so that many events mean smaller groups: the limit is what a group costs whatever is in it, in the database \
and in the sequencer, which the sizes of groups show.";

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let plan = arguments.plan.complete(&[1_024])?;
    let count = if plan.quick { 20 } else { arguments.events };
    let directory = tempfile::tempdir()?;
    let databases = Databases::open(arguments.store, directory.path())?;
    let mut node = Node::on(databases.create("many")?, directory.path());
    node.redis_url = databases.redis_url();
    let server = Server::start_onsale(&node).await?;
    let mut organizer = Organizer::of(server.url()).await?;
    let hot = organizer.create_event("Hot").await?;
    let mut events = Vec::new();
    for number in 1..=count {
        events.push(organizer.create_event(&format!("Event {number}")).await?);
    }

    let urls = || vec![server.url().to_owned()];
    let many = format!("{count} events");
    let mut contenders = vec![
        Contender::reserving("one event", urls(), vec![hot], TICKETS),
        Contender::reserving_by_demand(&many, urls(), events).compared_with(&["one event"]),
    ];
    for contender in &mut contenders {
        contender.counts_groups = true;
    }
    let results = rounds::run(&plan, &contenders).await?;
    server.stop().await?;
    let store = arguments.store.name();
    let section = Section {
        name: format!("many-events-{}", store.to_lowercase()),
        words: HOW_TO_READ.to_owned(),
        ..Section::default()
    };
    Report::new("many-events", &plan, results).publish(&plan, section)
}
