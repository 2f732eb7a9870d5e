//! The platform's own contest, by way of the balancer: is a sale over several nodes exact?

use std::process::Command;

use anyhow::Context;

use crate::databases::Databases;
use crate::drill::Ground;
use crate::estate::{Estate, RedisKind};

const NODES: u16 = 3;

/// The first finds everything cold; the last is the one to look at.
const CONTESTS: u32 = 3;

/// Holds contests and prints what came of them; says whether each was exact.
pub(crate) fn hold(ground: &Ground, databases: &mut Databases) -> anyhow::Result<bool> {
    println!("\n==> contest: 1,000 buyers for 100 tickets, by a balancer before three nodes");
    databases.rebuild()?;
    let blueprint = ground.blueprint("contest", RedisKind::Sentinels, NODES);
    let estate = Estate::start(&blueprint, databases)?;
    let mut exact = true;
    for seed in 1..=CONTESTS {
        let status = Command::new(&ground.program)
            .args(["contest", "--url", &estate.url()])
            .args(["--seed", &seed.to_string()])
            .env_remove("ONSALE_ADMIN_TOKEN")
            .env_remove("ONSALE_CONFIG")
            .status()
            .context("the contest cannot be held")?;
        exact &= status.success();
    }
    Ok(exact)
}
