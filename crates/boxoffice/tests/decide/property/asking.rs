//! What random sales are made of.

use boxoffice::command::{BeginPayment, CheckIn, Command, EventPatch, Extend, Verdict};
use boxoffice::event::SaleState;
use boxoffice::idempotency::KeyedRequest;
use boxoffice::ids::{PaymentId, ReservationId};
use boxoffice::money::Money;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use crate::sale::{EventBuilder, ask, at, event, grade, keyed};
use crate::story::{cancel, cancel_keyed, complete_refund, settle, ticket, update};

pub(super) const BUYERS: [&str; 3] = ["mina", "jun", "sora"];
const GRADES: [&str; 3] = ["VIP", "R", "S"];
const KEYS: [&str; 3] = ["a", "b", "c"];

/// The event that is sold.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// How many seats each grade has, and whether they have numbers.
    totals: Vec<(u32, bool)>,
    hold_secs: u32,
    limit: Option<u32>,
    opens: Option<i64>,
    closes: Option<i64>,
}

impl Rules {
    pub(super) fn event(&self) -> EventBuilder {
        let mut event = event().held_for_secs(self.hold_secs).starting_at(400);
        for (name, (total, is_assigned)) in GRADES.iter().zip(&self.totals) {
            event = if *is_assigned {
                let rows = if total.is_multiple_of(2) { 2 } else { 1 };
                event.with_assigned_grade(name, rows, total / rows)
            } else {
                event.with_grade(name, *total)
            };
        }
        event.event.buyer_tickets_max = self.limit;
        event.event.sale_opens_at = self.opens.map(at);
        event.event.sale_closes_at = self.closes.map(at);
        event
    }
}

/// One or two grades of a few seats, so that they run out.
pub(super) fn rules() -> impl Strategy<Value = Rules> {
    (
        proptest::collection::vec((0..12_u32, proptest::bool::weighted(0.4)), 1..3),
        prop_oneof![Just(0_u32), Just(20), Just(60)],
        option::of(1..8_u32),
        option::weighted(0.2, 1..40_i64),
        option::weighted(0.2, 40..200_i64),
    )
        .prop_map(|(totals, hold_secs, limit, opens, closes)| Rules {
            totals,
            hold_secs,
            limit,
            opens,
            closes,
        })
}

/// A command, how long after the one before it comes, and whether its group ends with it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) wait_secs: u32,
    pub(super) ends_group: bool,
    wish: Wish,
}

impl Step {
    pub(super) fn without_waiting(self) -> Self {
        Self {
            wait_secs: 0,
            ..self
        }
    }

    pub(super) fn ending(self, ends_group: bool) -> Self {
        Self { ends_group, ..self }
    }
}

/// What somebody wants; reservations and payments are named by their number.
#[derive(Clone, Debug)]
enum Wish {
    Reserve {
        buyer: usize,
        quantity: u32,
        grade: Option<usize>,
        key: Option<usize>,
    },
    Cancel {
        which: usize,
        key: Option<usize>,
    },
    Extend {
        which: usize,
        key: Option<usize>,
    },
    Begin {
        which: usize,
        key: Option<usize>,
    },
    Settle {
        which: usize,
        paid: bool,
    },
    Complete {
        which: usize,
    },
    CheckIn {
        which: usize,
        number: u32,
        undo: bool,
        key: Option<usize>,
    },
    Update(Box<EventPatch>),
    Delete,
    Sweep,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let wait_secs = prop_oneof![6 => Just(0_u32), 2 => 1..15_u32, 1 => 15..70_u32];
    (wait_secs, any::<bool>(), wish()).prop_map(|(wait_secs, ends_group, wish)| Step {
        wait_secs,
        ends_group,
        wish,
    })
}

fn wish() -> impl Strategy<Value = Wish> {
    let which = || 0..64_usize;
    let key = || option::weighted(0.4, 0..KEYS.len());
    let reserve = (
        0..BUYERS.len(),
        1..5_u32,
        option::weighted(
            0.9,
            prop_oneof![4 => Just(0_usize), 4 => Just(1), 1 => Just(2)],
        ),
        key(),
    );
    let reserve = reserve.prop_map(|(buyer, quantity, grade, key)| Wish::Reserve {
        buyer,
        quantity,
        grade,
        key,
    });
    prop_oneof![
        12 => reserve,
        4 => (which(), key()).prop_map(|(which, key)| Wish::Cancel { which, key }),
        2 => (which(), key()).prop_map(|(which, key)| Wish::Extend { which, key }),
        5 => (which(), key()).prop_map(|(which, key)| Wish::Begin { which, key }),
        5 => (which(), any::<bool>()).prop_map(|(which, paid)| Wish::Settle { which, paid }),
        2 => which().prop_map(|which| Wish::Complete { which }),
        3 => (which(), 1..4_u32, any::<bool>(), key())
            .prop_map(|(which, number, undo, key)| Wish::CheckIn { which, number, undo, key }),
        2 => patch().prop_map(|patch| Wish::Update(Box::new(patch))),
        1 => Just(Wish::Delete),
        1 => Just(Wish::Sweep),
    ]
}

fn patch() -> impl Strategy<Value = EventPatch> {
    let with = |set: fn(&mut EventPatch, i64)| {
        (0..100_i64).prop_map(move |value| {
            let mut patch = EventPatch::default();
            set(&mut patch, value);
            patch
        })
    };
    prop_oneof![
        2 => with(|patch, value| patch.totals = vec![(grade(GRADES[usize_of(value) % 3]), u32_of(value % 14))]),
        1 => with(|patch, value| patch.prices = vec![(grade(GRADES[usize_of(value) % 3]), Money(value))]),
        1 => with(|patch, value| patch.total_seats = Some(u32_of(value % 20))),
        1 => with(|patch, value| patch.hold_secs = Some(u32_of(value % 3) * 30)),
        1 => with(|patch, value| patch.buyer_tickets_max = Some((value > 30).then(|| u32_of(value % 9)))),
        1 => with(|patch, value| patch.sale_closes_at = Some((value > 30).then(|| at(value * 4)))),
        1 => with(|patch, value| patch.sale_opens_at = Some((value > 70).then(|| at(value)))),
        1 => with(|patch, value| patch.starts_at = Some(at(200 + value * 4))),
        1 => with(|patch, value| patch.state = Some(match value {
            0..40 => SaleState::Closed,
            40..80 => SaleState::Active,
            _ => SaleState::Cancelled,
        })),
    ]
}

fn u32_of(value: i64) -> u32 {
    u32::try_from(value).expect("a small number")
}

fn usize_of(value: i64) -> usize {
    usize::try_from(value).expect("a small number")
}

/// The steps' commands; the same ids for the same steps, whatever becomes of them.
pub(super) fn commands(steps: &[Step]) -> Vec<Command> {
    let mut asked = Asked::default();
    let numbered = steps.iter().enumerate();
    numbered
        .map(|(number, step)| {
            let unused = Uuid::from_u128(1_000_000_000_000 + number as u128);
            asked.command(&step.wish, unused)
        })
        .collect()
}

/// Reservations and payments that were asked for so far, in their order.
#[derive(Default)]
struct Asked {
    made: Vec<ReservationId>,
    attempts: Vec<(ReservationId, PaymentId)>,
}

impl Asked {
    fn reservation(&self, which: usize, unused: Uuid) -> ReservationId {
        let named = self.made.get(which % self.made.len().max(1));
        named.copied().unwrap_or(ReservationId(unused))
    }

    fn attempt(&self, which: usize, unused: Uuid) -> (ReservationId, PaymentId) {
        let named = self.attempts.get(which % self.attempts.len().max(1));
        let strange = || (self.reservation(which, unused), PaymentId(unused));
        named.copied().unwrap_or_else(strange)
    }

    fn command(&mut self, wish: &Wish, unused: Uuid) -> Command {
        match wish {
            Wish::Reserve {
                buyer,
                quantity,
                grade,
                key,
            } => {
                let mut asked = ask(BUYERS[*buyer], *quantity);
                asked.0.id = ReservationId(unused);
                self.made.push(asked.0.id);
                if let Some(grade) = grade {
                    asked = asked.of(GRADES[*grade]);
                }
                if let Some(key) = key {
                    asked = asked.keyed_for(KEYS[*key], &format!("reserve {quantity} {grade:?}"));
                }
                asked.into()
            }
            Wish::Cancel { which, key } => {
                let id = self.reservation(*which, unused);
                match key {
                    None => cancel(id),
                    Some(key) => cancel_keyed(id, KEYS[*key], &format!("cancel {id}")),
                }
            }
            Wish::Extend { which, key } => {
                let reservation = self.reservation(*which, unused);
                let key = key_of(*key, &format!("extend {reservation}"));
                Command::Extend(Extend { reservation, key })
            }
            Wish::Begin { which, key } => self.begin(*which, *key, unused),
            Wish::Settle { which, paid } => {
                let (id, payment) = self.attempt(*which, unused);
                let verdict = if *paid {
                    Verdict::Paid
                } else {
                    Verdict::Declined
                };
                settle(id, payment, verdict)
            }
            Wish::Complete { which } => {
                let (id, payment) = self.attempt(*which, unused);
                complete_refund(id, payment)
            }
            Wish::CheckIn {
                which,
                number,
                undo,
                key,
            } => {
                let id = self.reservation(*which, unused);
                let key = key_of(*key, &format!("ticket {id} {number} {undo}"));
                at_the_door(
                    CheckIn {
                        key,
                        ..ticket(id, *number)
                    },
                    *undo,
                )
            }
            Wish::Update(patch) => update((**patch).clone()),
            Wish::Delete => Command::Delete,
            Wish::Sweep => Command::Sweep,
        }
    }

    fn begin(&mut self, which: usize, key: Option<usize>, unused: Uuid) -> Command {
        let (reservation, payment) = (self.reservation(which, unused), PaymentId(unused));
        self.attempts.push((reservation, payment));
        Command::BeginPayment(BeginPayment {
            reservation,
            payment,
            method: "CARD".to_owned(),
            key: key_of(key, &format!("pay {reservation}")),
        })
    }
}

fn at_the_door(ticket: CheckIn, undo: bool) -> Command {
    if undo {
        Command::UndoCheckIn(ticket)
    } else {
        Command::CheckIn(ticket)
    }
}

fn key_of(key: Option<usize>, body: &str) -> Option<KeyedRequest> {
    key.map(|key| keyed(KEYS[key], body))
}
