//! What goes wrong on a day, and how often.

use super::{DOORS_MS, Rates, Trouble, What};
use crate::dice::Dice;

pub(super) fn troubles(nodes: u32, dice: &mut Dice) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = (0..dice.within(1..=6))
        .map(|_| Trouble {
            at_ms: dice.below(DOORS_MS + 1_000),
            what: what(nodes, dice),
        })
        .collect();
    troubles.sort_by_key(|trouble| trouble.at_ms);
    troubles
}

fn what(nodes: u32, dice: &mut Dice) -> What {
    let node = dice.below(nodes);
    match dice.below(8) {
        0 => What::Crash {
            node,
            down_ms: dice.within(1..=2_000),
        },
        1 => What::Drain {
            node,
            down_ms: dice.within(1..=1_000),
        },
        2 => What::Pause {
            node,
            ms: dice.within(5..=3_000),
        },
        3 => What::Failover {
            down_ms: dice.within(1..=800),
            read_only_ms: dice.below(600),
        },
        4 => What::LeasesDown {
            ms: dice.within(10..=3_000),
        },
        5 => What::CacheDown {
            ms: dice.within(10..=3_000),
        },
        6 => {
            let size = i32::try_from(dice.within(1..=3_000)).unwrap_or(1);
            let by_ms = if dice.percent(50) { size } else { -size };
            What::ClockStep { node, by_ms }
        }
        _ => What::ReaderLag {
            by_ms: dice.within(10..=3_000),
            ms: dice.within(500..=4_000),
        },
    }
}

pub(super) fn rates(dice: &mut Dice) -> Rates {
    let mut rate = |most: u32| -> u32 {
        if dice.percent(50) {
            dice.within(1..=most)
        } else {
            0
        }
    };
    Rates {
        dropped: rate(15),
        lock_wait: rate(5),
        deadlock: rate(20),
        slow: rate(20),
        lost_before: rate(40),
        lost_after: rate(40),
        lost_late: rate(40),
        till_closed: rate(100),
        charge_lost: rate(100),
        charge_late: rate(100),
        charge_unheard: rate(100),
        lease_late: rate(50),
        lease_lost: rate(100),
        lease_twice: rate(100),
        news_lost: rate(200),
        news_late: rate(300),
        news_twice: rate(200),
    }
}
