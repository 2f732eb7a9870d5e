//! `onsale contest`: a rush of buyers, and a verdict.

use std::ops::RangeInclusive;
use std::process::ExitCode;

use load::contest::{Assigned, Options};
use secrecy::ExposeSecret;

use super::private_server::PrivateServer;
use crate::config::Flags;
use crate::platform::runtime;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server to sell on; without it a private one is started, and ended afterwards
    #[arg(long)]
    url: Option<String>,
    /// Sell on this event of the server, while others may buy there, too; without it one is put on sale
    #[arg(long, value_name = "ID", requires = "url", conflicts_with = "tickets")]
    event: Option<u64>,
    /// Tickets on sale
    #[arg(long, default_value_t = 100)]
    tickets: u32,
    /// Buyers, all at the same instant
    #[arg(long, default_value_t = 1_000)]
    buyers: u32,
    /// Tickets each buyer wants: a number or a range
    #[arg(long, default_value = "1", value_name = "N|N..M", value_parser = parse_quantity)]
    quantity: RangeInclusive<u32>,
    /// Sell numbered seats, which buyers name or take as the best that are left
    #[arg(long, value_name = "name|best", value_parser = parse_assigned)]
    assigned: Option<Assigned>,
    /// Buyers have to pay for what they reserve
    #[arg(long)]
    pay: bool,
    /// Of the buyers who should pay, how many in a hundred never do, so that their holds end
    #[arg(long, default_value_t = 0, value_name = "P", requires = "pay")]
    abandon_percent: u8,
    /// Of the buyers who got tickets, how many in a hundred give them back at once
    #[arg(long, default_value_t = 0, value_name = "P")]
    cancel_percent: u8,
    /// What quantities and cancellations are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments, flags: &Flags) -> anyhow::Result<ExitCode> {
    let private = match &arguments.url {
        Some(_) => None,
        None => Some(PrivateServer::start(flags)?),
    };
    let url = match (&arguments.url, &private) {
        (Some(url), _) => url.clone(),
        (None, Some(server)) => server.url().to_owned(),
        (None, None) => anyhow::bail!("there is no server"),
    };
    let token = crate::config::load(flags).config.admin_token;
    let report = runtime()?.block_on(load::contest::run(Options {
        url,
        admin_token: token
            .filter(|_| private.is_none())
            .map(|token| token.expose_secret().to_owned()),
        event: arguments.event,
        tickets: arguments.tickets,
        buyers: arguments.buyers,
        quantity: arguments.quantity,
        assigned: arguments.assigned,
        pays: arguments.pay,
        abandon_percent: arguments.abandon_percent,
        cancel_percent: arguments.cancel_percent,
        seed: arguments.seed,
        show_progress: !arguments.json,
        ..Options::default()
    }))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.is_exact() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Reads `2`, `1..4` or `1..=4`; the last one counts in each.
fn parse_quantity(text: &str) -> Result<RangeInclusive<u32>, String> {
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (first, last.trim_start_matches('=')),
        None => (text, text),
    };
    let number = |text: &str| match text.trim().parse() {
        Ok(number @ 1..=10) => Ok(number),
        _ => Err(format!("{text:?} is not a quantity: 1 to 10, or 1..4")),
    };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("{first} is more than {last}"));
    }
    Ok(first..=last)
}

fn parse_assigned(text: &str) -> Result<Assigned, String> {
    match text {
        "name" => Ok(Assigned::ByName),
        "best" => Ok(Assigned::Best),
        _ => Err(format!("{text:?} is neither name nor best")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_number_or_a_range() {
        assert_eq!(parse_quantity("2"), Ok(2..=2));
        assert_eq!(parse_quantity("1..4"), Ok(1..=4));
        assert_eq!(parse_quantity("1..=4"), Ok(1..=4));
        for wrong in ["", "0", "11", "4..1", "a..b", "-1"] {
            assert!(parse_quantity(wrong).is_err(), "{wrong}");
        }
    }
}
