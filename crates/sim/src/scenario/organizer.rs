//! The door, and an event that is called off: added last, and drawn from a stream of its own, so that
//! what the others draw stays as it was.

use super::{Beside, Card, ClientPlan, DOORS_MS, Scenario, Step, len};
use crate::dice::Dice;

/// The stream that they are drawn from.
const STREAM: u64 = 8;

/// The number of who calls an event off.
const ORGANIZER: u32 = 700;

pub(super) fn add(day: &mut Scenario) {
    let dice = &mut Dice::new(day.seed, STREAM);
    for client in &mut day.clients {
        if dice.percent(6) {
            visit(&mut client.steps, dice);
        }
    }
    if dice.percent(10) {
        call_off(day, dice);
    }
}

/// Goes in, and does what should not be done with a ticket that was used.
fn visit(steps: &mut Vec<Step>, dice: &mut Dice) {
    let mut enter = |undo| Step::Enter {
        undo,
        keyed: dice.percent(40),
        twice: dice.percent(30),
    };
    let (first, undo, again) = (enter(false), enter(true), enter(false));
    if dice.percent(50) {
        steps.push(Step::Pay {
            keyed: true,
            card: Card::Good,
            beside: Beside::Nothing,
            give_up_ms: None,
        });
    }
    if dice.percent(10) {
        steps.push(undo.clone());
    }
    steps.push(first);
    if dice.percent(40) {
        steps.extend([undo, again.clone()]);
    }
    if dice.percent(40) {
        steps.push(Step::Cancel {
            keyed: false,
            twice: false,
            give_up_ms: None,
        });
        steps.push(again);
    }
}

fn call_off(day: &mut Scenario, dice: &mut Dice) {
    let event = dice.below(len(&day.events));
    day.clients.push(ClientPlan {
        number: ORGANIZER,
        user: 1_000 + ORGANIZER,
        poison: false,
        arrives_ms: dice.below(DOORS_MS),
        node: None,
        steps: vec![Step::AwaitOpening { event }, Step::CallOff { event }],
    });
}
