//! What was added to the days after the first hundred thousand had been lived through: drawn from a
//! stream of its own, so that what the others draw stays as it was.

use super::{Card, ClientPlan, DOORS_MS, EventPlan, Scenario, Step, Trouble, What};
use super::{event_plan, len, reserve};
use crate::dice::Dice;

/// The stream that they are drawn from.
const STREAM: u64 = 7;

/// A node dies at the latest where it has waited so many times: two to the power of this.
const PASSAGES_LOG2_MAX: u32 = 11;

/// Clients who come for an event that is not on sale yet have numbers from here on.
const LATE_NUMBERS: u32 = 500;

pub(super) fn add(day: &mut Scenario) {
    let dice = &mut Dice::new(day.seed, STREAM);
    if dice.percent(60) {
        day.troubles.push(crash_at_wait(day.nodes, dice));
    }
    for client in &mut day.clients {
        for step in &mut client.steps {
            give_up(step, dice);
        }
        let steps = &mut client.steps;
        if dice.percent(8) {
            steps.push(Step::PayLate {
                late_ms: i32::try_from(dice.below(90)).unwrap_or(0) - 45,
            });
        }
        if dice.percent(8) {
            let keyed = dice.percent(50);
            let extend = || Step::Extend {
                keyed,
                give_up_ms: None,
            };
            steps.splice(1..1, [extend(), extend()]);
        }
    }
    if dice.percent(50) {
        late_event(day, dice);
    }
}

/// Small numbers are as likely as large ones: the few first waits after a request came in are
/// where most can go wrong.
fn crash_at_wait(nodes: u32, dice: &mut Dice) -> Trouble {
    let power = dice.below(PASSAGES_LOG2_MAX);
    Trouble {
        at_ms: dice.below(DOORS_MS),
        what: What::CrashAtWait {
            node: dice.below(nodes),
            passages: dice.within(1 << power..=2 << power),
            down_ms: dice.within(1..=1_500),
        },
    }
}

/// Lets a client go away without an answer, of what she does with a reservation of hers.
fn give_up(step: &mut Step, dice: &mut Dice) {
    let (Step::Cancel { give_up_ms, .. }
    | Step::Pay { give_up_ms, .. }
    | Step::Extend { give_up_ms, .. }) = step
    else {
        return;
    };
    *give_up_ms = dice.percent(12).then(|| dice.below(40));
}

/// An event that is put on sale while others are sold, and who waits for it.
fn late_event(day: &mut Scenario, dice: &mut Dice) {
    let event = len(&day.events);
    let plan = EventPlan {
        late: true,
        ..event_plan(dice)
    };
    day.events.push(plan);
    let opens_ms = dice.below(DOORS_MS);
    let visitors = dice.within(3..=8);
    for index in 0..=visitors {
        let steps = match index {
            0 => vec![Step::Open { event }],
            _ => visit(event, &day.events[event as usize..], dice),
        };
        day.clients.push(ClientPlan {
            number: LATE_NUMBERS + index,
            user: 1_000 + LATE_NUMBERS + index,
            poison: false,
            arrives_ms: opens_ms,
            node: None,
            steps,
        });
    }
}

fn visit(event: u32, plan: &[EventPlan], dice: &mut Dice) -> Vec<Step> {
    let look = Step::Look { event };
    let mut take = reserve(plan, dice);
    if let Step::Reserve { event: of, .. } = &mut take {
        *of = event;
    }
    let pay = Step::Pay {
        keyed: dice.percent(50),
        card: Card::Good,
        beside: super::Beside::Nothing,
        give_up_ms: None,
    };
    vec![Step::AwaitOpening { event }, look.clone(), take, pay, look]
}
