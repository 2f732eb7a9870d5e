//! Whatever is asked, however it is grouped: the decision says and does what a naive sale does.

mod asking;

use boxoffice::command::{Answer, Command, Outcome};
use boxoffice::event::SaleState;
use boxoffice::grade::Grade;
use boxoffice::ids::ReservationId;
use boxoffice::reservation::{Reservation, ReservationState, Ticket, TicketState};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::model::{Model, Seen, Shelf, Told, no};
use crate::sale::{at, buyer};
use crate::story::Story;
use asking::{BUYERS, Rules, Step, commands, rules, step};

/// Sales that each property is tried on, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 10_000;

/// The longest sale that is tried, in commands.
const STEPS_MAX: usize = 24;

fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_sale_in_groups_is_the_sale_of_one_command_at_a_time(
        rules in rules(),
        steps in vec(step(), 1..STEPS_MAX),
        due_len_max in prop_oneof![Just(1), Just(2), Just(3), Just(1_000)],
    ) {
        Rehearsal::new(&rules, due_len_max).run(&steps);
    }

    #[test]
    fn where_a_group_ends_does_not_matter(
        rules in rules(),
        steps in vec(step(), 1..STEPS_MAX),
        ends in any::<u64>(),
    ) {
        let still: Vec<Step> = steps.into_iter().map(Step::without_waiting).collect();
        let elsewhere = still.iter().cloned().enumerate();
        let elsewhere: Vec<Step> = elsewhere
            .map(|(number, step)| step.ending(ends >> number & 1 == 1))
            .collect();
        let one = Rehearsal::new(&rules, 1_000).run(&still);
        let other = Rehearsal::new(&rules, 1_000).run(&elsewhere);
        prop_assert_eq!(one.told, other.told);
        prop_assert_eq!(one.story.table.reservations, other.story.table.reservations);
        prop_assert_eq!(one.story.table.keys, other.story.table.keys);
        prop_assert_eq!(one.story.snapshot.grades, other.story.snapshot.grades);
    }
}

/// The same sale twice: decided in groups, and told to the naive model.
struct Rehearsal {
    story: Story,
    model: Model,
    secs: i64,
    group: Vec<Command>,
    expected: Vec<Told>,
    told: Vec<Told>,
    made: Vec<ReservationId>,
}

impl Rehearsal {
    fn new(rules: &Rules, due_len_max: u32) -> Self {
        let story = rules.event().on_sale().ending_at_most(due_len_max);
        Self {
            model: Model::new(&story.snapshot),
            story,
            secs: 0,
            group: Vec::new(),
            expected: Vec::new(),
            told: Vec::new(),
            made: Vec::new(),
        }
    }

    fn run(mut self, steps: &[Step]) -> Self {
        for (step, command) in steps.iter().zip(commands(steps)) {
            if step.wait_secs > 0 {
                self.end_group();
                self.secs += i64::from(step.wait_secs);
                self.story.at(self.secs);
                if self.story.due_len_max < 1_000 {
                    // What is bounded may be late; here it gets the time to catch up.
                    self.story.sweep_all();
                }
            }
            self.expected.push(self.model.tell(&command, at(self.secs)));
            let calls_off = calls_off(&command);
            self.group.push(command);
            if step.ends_group || calls_off {
                self.end_group();
            }
            if calls_off {
                self.story.sweep_all();
                self.model.pass(self.story.now);
            }
        }
        self.end_group();
        self.end();
        self
    }

    fn end_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        let outcomes = self.story.decide(&group).outcomes;
        for ((command, outcome), expected) in
            group.iter().zip(&outcomes).zip(self.expected.drain(..))
        {
            let told = told(outcome);
            assert_eq!(told, expected, "{command:?}");
            if let (
                Command::Reserve(asked),
                Outcome::Reserve(Ok(Answer {
                    value,
                    replayed: false,
                })),
            ) = (command, outcome)
            {
                assert_eq!(asked.id, value.id);
                self.made.push(asked.id);
            }
            self.told.push(told);
        }
    }

    fn end(&mut self) {
        self.story.sweep_all();
        self.model.pass(self.story.now);
        let table = &self.story.table;
        let written: Vec<Seen> = table.reservations.values().map(|r| seen(r)).collect();
        assert_eq!(written, self.model.everything());
        assert_eq!(shelves(&self.story.snapshot.grades), self.model.shelves());
        for name in BUYERS {
            let user = buyer(name);
            assert_eq!(table.holding(&user), self.model.holding(&user));
        }
        let ledger = table.ledger();
        let (came, went_back) = self.model.money();
        assert_eq!(
            (ledger.money_in.0, ledger.money_refunded.0),
            (came, went_back)
        );
        self.expect_each_to_be_made_once();
    }

    /// Every reservation was told to be new once, whatever was retried.
    fn expect_each_to_be_made_once(&self) {
        let written: Vec<ReservationId> = self.story.table.reservations.keys().copied().collect();
        let mut made = self.made.clone();
        made.sort_unstable();
        assert_eq!(made, written);
    }
}

fn calls_off(command: &Command) -> bool {
    matches!(command, Command::Update(update) if update.patch.state == Some(SaleState::Cancelled))
}

fn shelves(grades: &[Grade]) -> Vec<Shelf> {
    let seen = |grade: &Grade| Shelf {
        price: grade.price.0,
        total: grade.stock.total,
        held: grade.stock.held,
        sold: grade.stock.sold,
    };
    grades.iter().map(seen).collect()
}

fn seen(reservation: &Reservation) -> Seen {
    let admits = |ticket: &&Ticket| ticket.state == TicketState::Valid;
    Seen {
        id: reservation.id,
        is: reservation.status(),
        quantity: reservation.quantity.get(),
        price: reservation.total_price.0,
        until: match &reservation.state {
            ReservationState::Held { expires_at, .. }
            | ReservationState::Paying { expires_at, .. } => Some(*expires_at),
            _ => None,
        },
        refunded: match &reservation.state {
            ReservationState::Cancelled { refund, .. } => refund.as_ref().map(|r| r.amount.0),
            _ => None,
        },
        admits: reservation.tickets.iter().filter(admits).count(),
    }
}

fn told(outcome: &Outcome) -> Told {
    let booking = |reservation: &Reservation, replayed| Told::Booking {
        replayed,
        seen: seen(reservation),
    };
    match outcome {
        Outcome::Reserve(Ok(Answer { value, replayed }))
        | Outcome::Cancel(Ok(Answer { value, replayed }))
        | Outcome::Extend(Ok(Answer { value, replayed }))
        | Outcome::BeginPayment(Ok(Answer { value, replayed }))
        | Outcome::CheckIn(Ok(Answer { value, replayed }))
        | Outcome::UndoCheckIn(Ok(Answer { value, replayed })) => booking(value, *replayed),
        Outcome::SettlePayment(Ok(value)) => booking(value, false),
        Outcome::CompleteRefund(Ok(news)) => Told::News(*news),
        Outcome::Update(Ok(snapshot)) => Told::Event(shelves(&snapshot.grades)),
        Outcome::Delete(Ok(())) | Outcome::Sweep(Ok(_)) => Told::Done,
        Outcome::Reserve(Err(error)) => no(error),
        Outcome::Cancel(Err(error)) => no(error),
        Outcome::Extend(Err(error)) => no(error),
        Outcome::BeginPayment(Err(error)) | Outcome::SettlePayment(Err(error)) => no(error),
        Outcome::CheckIn(Err(error)) | Outcome::UndoCheckIn(Err(error)) => no(error),
        Outcome::Update(Err(error)) => no(error),
        Outcome::Delete(Err(error)) => no(error),
        Outcome::CompleteRefund(Err(error)) | Outcome::Sweep(Err(error)) => no(error),
    }
}
