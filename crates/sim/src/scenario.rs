//! What a seed holds: the nodes, the events, who comes to buy, and what goes wrong.
//!
//! A scenario is drawn whole before the day begins, so that it can be made smaller afterwards:
//! see `shrink`. What chance does during the day comes from streams of their own.

mod extras;
mod organizer;
mod troubles;

use std::time::Duration;

use boxoffice::limits::Limits;

use self::troubles::{rates, troubles};
use crate::dice::Dice;

/// A day, as a seed draws it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it was drawn from, and what chance follows from during the day.
    pub seed: u64,
    pub(crate) nodes: u32,
    pub(crate) limits: Limits,
    pub(crate) events: Vec<EventPlan>,
    pub(crate) clients: Vec<ClientPlan>,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) rates: Rates,
}

/// An event to be sold.
#[derive(Clone, Debug)]
pub(crate) struct EventPlan {
    pub(crate) grades: Vec<GradePlan>,
    /// 0: confirmed at once.
    pub(crate) hold_secs: u32,
    pub(crate) buyer_tickets_max: Option<u32>,
    /// Whether it is put on sale during the day, by an organizer among the clients.
    pub(crate) late: bool,
}

/// The seats of one grade.
#[derive(Clone, Debug)]
pub(crate) struct GradePlan {
    pub(crate) total: u32,
    /// Seats in each row, where they have numbers.
    pub(crate) seats_per_row: Option<u32>,
}

/// Somebody who comes to buy.
#[derive(Clone, Debug)]
pub(crate) struct ClientPlan {
    /// Her number, which her own chance follows from.
    pub(crate) number: u32,
    /// Whose name she buys under; several clients may share one.
    pub(crate) user: u32,
    /// Whether the database chokes on what she reserves.
    pub(crate) poison: bool,
    pub(crate) arrives_ms: u32,
    /// The node that she asks; without it, the one that the balancer sends her to.
    pub(crate) node: Option<u32>,
    pub(crate) steps: Vec<Step>,
}

/// What a client does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Takes seats; insists with the same key, if she uses one, until she is told.
    Reserve {
        event: u32,
        grade: u32,
        quantity: u32,
        keyed: bool,
        /// Names the seats, where they have numbers.
        named: bool,
        /// Sends it twice at the same moment.
        double: bool,
        /// Goes away after so long without an answer.
        give_up_ms: Option<u32>,
    },
    /// Sends her last keyed request again, as it was or with another quantity.
    Again { changed: bool },
    /// Gives her oldest reservation back.
    Cancel {
        keyed: bool,
        twice: bool,
        give_up_ms: Option<u32>,
    },
    /// Pays for her oldest reservation.
    Pay {
        keyed: bool,
        card: Card,
        /// What she does at the same moment.
        beside: Beside,
        give_up_ms: Option<u32>,
    },
    /// Waits until her oldest hold is about to end, and pays just then: so many milliseconds before
    /// or after.
    PayLate { late_ms: i32 },
    /// Holds her oldest reservation longer.
    Extend {
        keyed: bool,
        give_up_ms: Option<u32>,
    },
    /// Goes in with a ticket of her oldest reservation, or out again.
    Enter {
        undo: bool,
        keyed: bool,
        twice: bool,
    },
    /// Puts an event on sale.
    Open { event: u32 },
    /// Calls an event off.
    CallOff { event: u32 },
    /// Waits until an event is on sale.
    AwaitOpening { event: u32 },
    /// Looks at an event.
    Look { event: u32 },
    /// Looks at her newest reservation.
    Show,
    /// Makes a profile, and may go away meanwhile.
    Profile { give_up_ms: Option<u32> },
    /// Thinks.
    Think { ms: u32 },
}

/// What a client pays with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Card {
    Good,
    /// The provider says no.
    Empty,
    /// The provider takes its time.
    Slow,
}

/// What a client does while she pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Beside {
    Nothing,
    PayAgain,
    Cancel,
}

/// Something that goes wrong at its time.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) at_ms: u32,
    pub(crate) what: What,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A node dies, and starts again with empty memory.
    Crash { node: u32, down_ms: u32 },
    /// A node dies where it has waited for something outside so many times more.
    CrashAtWait {
        node: u32,
        passages: u32,
        down_ms: u32,
    },
    /// A node is told to stop, and starts again.
    Drain { node: u32, down_ms: u32 },
    /// A node stands still.
    Pause { node: u32, ms: u32 },
    /// The database's writer changes: nothing answers, then nothing may be written.
    Failover { down_ms: u32, read_only_ms: u32 },
    /// Nobody gets a lease.
    LeasesDown { ms: u32 },
    /// No invalidation arrives, and no cache is asked.
    CacheDown { ms: u32 },
    /// A node's clock jumps.
    ClockStep { node: u32, by_ms: i32 },
    /// The reader falls behind.
    ReaderLag { by_ms: u32, ms: u32 },
}

/// How often in a thousand a call meets a fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    /// The connection breaks before a statement.
    pub(crate) dropped: u32,
    /// A statement waits for a lock until it may not any longer.
    pub(crate) lock_wait: u32,
    /// A transaction is chosen to end a deadlock.
    pub(crate) deadlock: u32,
    /// A statement takes long.
    pub(crate) slow: u32,
    /// The connection breaks during a commit, which is not carried out.
    pub(crate) lost_before: u32,
    /// The connection breaks during a commit, which is carried out.
    pub(crate) lost_after: u32,
    /// The connection breaks during a commit, which is carried out later.
    pub(crate) lost_late: u32,
    /// The payment provider is out of reach.
    pub(crate) till_closed: u32,
    /// A charge never arrives, and nobody knows.
    pub(crate) charge_lost: u32,
    /// A charge arrives late, and nobody knows.
    pub(crate) charge_late: u32,
    /// The provider's answer is lost.
    pub(crate) charge_unheard: u32,
    /// A lease is heard of late, so late perhaps that its time is up.
    pub(crate) lease_late: u32,
    /// A lease is taken away after a while, held or not.
    pub(crate) lease_lost: u32,
    /// A lease is granted although somebody has it.
    pub(crate) lease_twice: u32,
    /// An invalidation is lost.
    pub(crate) news_lost: u32,
    /// An invalidation comes late, and so after later ones.
    pub(crate) news_late: u32,
    /// An invalidation comes twice.
    pub(crate) news_twice: u32,
}

/// After how long a payment that the provider has never heard of counts as declined, in seconds:
/// longer than any charge of ours is on its way, whatever the clocks do.
pub(crate) const PAYMENT_UNSEEN_SECS: u32 = 6;

/// Clients who come for what is on sale from the beginning, at most: a day has 200 requests with
/// them, and more would only make fewer days.
const CLIENTS_MAX: usize = 58;

/// For how long clients come, in milliseconds.
const DOORS_MS: u32 = 4_000;

impl Scenario {
    /// The day of this seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let nodes = [1, 2, 2, 3][dice.below(4) as usize];
        let hot = dice.percent(50);
        let events: Vec<EventPlan> = (0..if hot { 1 } else { dice.within(2..=4) })
            .map(|_| event_plan(&mut dice))
            .collect();
        let shared_names = dice.percent(40);
        let clients = (0..dice.within(40..=76))
            .map(|number| client_plan(number, &events, shared_names, &mut dice))
            .collect();
        let mut day = Self {
            seed,
            nodes,
            limits: limits(&mut dice),
            events,
            clients,
            troubles: troubles(nodes, &mut dice),
            rates: rates(&mut dice),
        };
        // After everything is drawn, so that the days with fewer stay as they were.
        day.clients.truncate(CLIENTS_MAX);
        extras::add(&mut day);
        organizer::add(&mut day);
        day
    }

    /// How far the clocks may be ahead at most, in milliseconds.
    pub(crate) fn ahead_ms_max(&self) -> u32 {
        let ahead = |trouble: &Trouble| match trouble.what {
            What::ClockStep { by_ms, .. } => u32::try_from(by_ms).unwrap_or(0),
            _ => 0,
        };
        self.troubles.iter().map(ahead).sum()
    }

    /// For how long nodes stand still in all.
    pub(crate) fn standstill(&self) -> Duration {
        let paused = |trouble: &Trouble| match trouble.what {
            What::Pause { ms, .. } => ms,
            _ => 0,
        };
        let ms: u32 = self.troubles.iter().map(paused).sum();
        Duration::from_millis(ms.into())
    }

    /// How far the reader is behind at most.
    pub(crate) fn lag_max(&self) -> Duration {
        let lag = |trouble: &Trouble| match trouble.what {
            What::ReaderLag { by_ms, .. } => by_ms,
            _ => 0,
        };
        let ms = self.troubles.iter().map(lag).max();
        Duration::from_millis(ms.unwrap_or(0).into())
    }

    /// The longest that a hold may last, its extension included, in seconds.
    pub(crate) fn hold_secs_max(&self) -> u32 {
        let longest = self.events.iter().map(|event| event.hold_secs).max();
        longest.unwrap_or(0) * 2
    }
}

fn event_plan(dice: &mut Dice) -> EventPlan {
    let scarce = dice.percent(70);
    let grades = (0..dice.within(1..=3))
        .map(|_| grade_plan(scarce, dice))
        .collect();
    EventPlan {
        grades,
        hold_secs: if dice.percent(60) {
            dice.within(1..=3)
        } else {
            0
        },
        buyer_tickets_max: dice.percent(40).then(|| dice.within(2..=6)),
        late: false,
    }
}

fn grade_plan(scarce: bool, dice: &mut Dice) -> GradePlan {
    let total = if scarce {
        dice.within(3..=25)
    } else {
        dice.within(60..=200)
    };
    if dice.percent(65) {
        return GradePlan {
            total,
            seats_per_row: None,
        };
    }
    let seats_per_row = dice.within(2..=8);
    GradePlan {
        total: total.div_ceil(seats_per_row) * seats_per_row,
        seats_per_row: Some(seats_per_row),
    }
}

fn client_plan(
    number: u32,
    events: &[EventPlan],
    shared_names: bool,
    dice: &mut Dice,
) -> ClientPlan {
    let poison = dice.per_mille(15);
    // Most come at once, as they do.
    let arrives_ms = if dice.percent(60) {
        dice.below(50)
    } else {
        dice.below(DOORS_MS)
    };
    let mut steps = vec![reserve(events, dice)];
    for _ in 0..dice.within(1..=5) {
        steps.push(step(events, dice));
    }
    ClientPlan {
        number,
        user: if shared_names && !poison {
            number / 4
        } else {
            1_000 + number
        },
        poison,
        arrives_ms,
        node: None,
        steps,
    }
}

fn reserve(events: &[EventPlan], dice: &mut Dice) -> Step {
    let event = dice.below(len(events));
    let grades = len(&events[event as usize].grades);
    let give_up_ms = dice.percent(8).then(|| dice.below(40));
    Step::Reserve {
        event,
        grade: dice.below(grades),
        quantity: if dice.percent(70) {
            dice.within(1..=2)
        } else {
            dice.within(1..=10)
        },
        keyed: dice.percent(50),
        named: dice.percent(40),
        double: dice.percent(10),
        give_up_ms,
    }
}

fn step(events: &[EventPlan], dice: &mut Dice) -> Step {
    match dice.below(100) {
        0..=21 => reserve(events, dice),
        22..=35 => Step::Cancel {
            keyed: dice.percent(40),
            twice: dice.percent(25),
            give_up_ms: None,
        },
        36..=47 => pay(dice),
        48..=49 => Step::Extend {
            keyed: dice.percent(40),
            give_up_ms: None,
        },
        50..=52 => Step::Again {
            changed: dice.percent(30),
        },
        53..=67 => Step::Look {
            event: dice.below(len(events)),
        },
        68..=77 => Step::Show,
        78..=81 => Step::Profile {
            give_up_ms: dice.percent(60).then(|| dice.below(6)),
        },
        82..=92 => Step::Think {
            ms: dice.within(1..=200),
        },
        _ => Step::Think {
            ms: dice.within(500..=4_000),
        },
    }
}

fn pay(dice: &mut Dice) -> Step {
    Step::Pay {
        keyed: dice.percent(50),
        card: match dice.below(10) {
            0 => Card::Slow,
            1 | 2 => Card::Empty,
            _ => Card::Good,
        },
        beside: match dice.below(10) {
            0 => Beside::PayAgain,
            1 => Beside::Cancel,
            _ => Beside::Nothing,
        },
        give_up_ms: None,
    }
}

fn limits(dice: &mut Dice) -> Limits {
    let batch_len_max = [1, 4, 16, 64, 256][dice.below(5) as usize];
    Limits {
        queue_len_max: batch_len_max.max([4, 32, 256][dice.below(3) as usize]),
        batch_len_max,
        due_len_max: [1, 8, 64][dice.below(3) as usize],
        request_deadline_ms: dice.within(600..=2_500),
        lease_wait_ms_max: dice.within(5..=150),
        lease_groups_max: dice.within(1..=16),
        sold_out_age_ms_max: [0, 0, 20, 100][dice.below(4) as usize],
        conflicts_max: dice.within(4..=20),
        idle_secs: dice.within(1..=2),
        sweep_interval_ms: dice.within(500..=2_400),
        payment_timeout_ms: dice.within(300..=1_000),
        payment_unseen_secs: PAYMENT_UNSEEN_SECS,
        reconcile_interval_ms: dice.within(400..=1_400),
        reconcile_len_max: [2, 256][dice.below(2) as usize],
        ..Limits::default()
    }
}

/// How many there are, as the dice count.
fn len<T>(all: &[T]) -> u32 {
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}
