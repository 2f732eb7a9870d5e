//! Whatever halls are sold and however: seats are given as somebody would who looks at every choice.

use std::collections::{BTreeMap, BTreeSet};

use boxoffice::command::{Command, ReserveError, Verdict};
use boxoffice::grade::SeatLabel;
use boxoffice::ids::{PaymentId, ReservationId};
use boxoffice::seats::{Layout, Seat, SeatMap, SeatState, row_name};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::sale::{ask, event, grade, new_payment};
use crate::story::{Story, booked, cancel};

/// Halls and histories that each property is tried on, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 2_000;

fn cases() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig::with_cases(asked.and_then(|text| text.parse().ok()).unwrap_or(CASES))
}

/// A hall as rows of seats, each taken or not. Knows nothing of bits or runs.
#[derive(Clone, Debug)]
struct Hall(Vec<Vec<bool>>);

impl Hall {
    fn is_free(&self, row: usize, place: usize) -> bool {
        !self.0[row][place]
    }

    fn free(&self) -> usize {
        self.0.iter().flatten().filter(|taken| !**taken).count()
    }

    /// Every block of `party` free neighbours, as its row and its first place.
    fn blocks(&self, party: usize) -> Vec<(usize, usize)> {
        let mut blocks = Vec::new();
        for (row, seats) in self.0.iter().enumerate() {
            for first in 0..(seats.len() + 1).saturating_sub(party) {
                if (first..first + party).all(|place| self.is_free(row, place)) {
                    blocks.push((row, first));
                }
            }
        }
        blocks
    }

    /// Free seats of a row with a taken neighbour on either side.
    fn alone(&self, row: usize) -> BTreeSet<usize> {
        let seats = &self.0[row];
        let between = 1..seats.len().saturating_sub(1);
        let lonely = |place: &usize| !seats[*place] && seats[place - 1] && seats[place + 1];
        between.filter(lonely).collect()
    }

    fn take(&mut self, row: usize, first: usize, party: usize) {
        for place in first..first + party {
            self.0[row][place] = true;
        }
    }

    /// The best block by the rule, found by trying all.
    fn best_block(&self, party: usize) -> Option<(usize, usize)> {
        let blocks = self.blocks(party);
        let row = blocks.iter().map(|(row, _)| *row).min()?;
        let in_row = blocks.into_iter().filter(|block| block.0 == row);
        in_row.min_by_key(|(row, first)| {
            let mut after = self.clone();
            after.take(*row, *first, party);
            let off_centre = (2 * first + party).abs_diff(self.0[*row].len());
            let (before, after) = (self.alone(*row), after.alone(*row));
            (after.difference(&before).count(), off_centre, *first)
        })
    }

    /// The best seats by the rule: together, or in the longest pieces that there are.
    fn best(&self, party: usize) -> Option<Vec<(usize, usize)>> {
        if self.free() < party {
            return None;
        }
        let (mut left, mut seats, mut rest) = (self.clone(), Vec::new(), party);
        while rest > 0 {
            let together = (1..=rest)
                .rev()
                .find(|size| !left.blocks(*size).is_empty())?;
            let (row, first) = left.best_block(together)?;
            left.take(row, first, together);
            seats.extend((first..first + together).map(|place| (row, place)));
            rest -= together;
        }
        Some(seats)
    }

    fn map(&self) -> SeatMap {
        let number = |n: usize| u32::try_from(n).expect("a small hall");
        let layout = Layout::new(grade("R"), number(self.0.len()), number(self.0[0].len()));
        let mut map = SeatMap::of(layout);
        for (row, seats) in self.0.iter().enumerate() {
            for (place, taken) in seats.iter().enumerate() {
                if *taken {
                    let (row, place) = (number(row), number(place));
                    map.set(&[Seat { row, place }], SeatState::Held);
                }
            }
        }
        map
    }

    /// The fewest pieces that a party can be split into.
    fn fewest_pieces(&self, party: usize) -> usize {
        let runs = self.0.iter().flat_map(|row| row.split(|taken| *taken));
        let mut runs: Vec<usize> = runs.map(<[bool]>::len).collect();
        runs.sort_unstable_by(|one, other| other.cmp(one));
        let mut seated = 0;
        let enough = runs.iter().take_while(|run| {
            let short = seated < party;
            seated += **run;
            short
        });
        enough.count()
    }
}

fn places(seats: &[Seat]) -> Vec<(usize, usize)> {
    let place = |seat: &Seat| (seat.row as usize, seat.place as usize);
    seats.iter().map(place).collect()
}

fn pieces(seats: &[(usize, usize)]) -> usize {
    let joined = |pair: &&[(usize, usize)]| pair[0].0 == pair[1].0 && pair[0].1 + 1 == pair[1].1;
    seats.len() - seats.windows(2).filter(joined).count()
}

fn hall() -> impl Strategy<Value = Hall> {
    let density = prop_oneof![Just(0.0), Just(0.2), Just(0.5), Just(0.8), Just(0.95)];
    (1..5_usize, prop_oneof![1..14_usize, 60..70_usize], density).prop_flat_map(
        |(rows, places, density)| {
            vec(vec(proptest::bool::weighted(density), places), rows).prop_map(Hall)
        },
    )
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_best_seats_are_those_that_a_look_at_every_choice_finds(hall in hall(), party in 1..11_u32) {
        let found = hall.map().best(party).map(|seats| places(&seats));
        prop_assert_eq!(&found, &hall.best(party as usize));
        let Some(found) = found else {
            prop_assert!(hall.free() < party as usize);
            return Ok(());
        };
        prop_assert_eq!(found.len(), party as usize);
        prop_assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), party as usize);
        prop_assert!(found.iter().all(|(row, place)| hall.is_free(*row, *place)));
        // Two pieces may turn out to be neighbours' neighbours, never fewer than can be.
        prop_assert_eq!(pieces(&found), hall.fewest_pieces(party as usize));
        prop_assert!(hall.blocks(party as usize).is_empty() || pieces(&found) == 1);
    }

    #[test]
    fn no_history_gives_a_seat_to_two_or_loses_one(
        (rows, places) in (1..4_u32, 1..8_u32),
        hold_secs in prop_oneof![Just(0_u32), Just(20)],
        steps in vec(step(), 1..40),
    ) {
        let hall = event().with_assigned_grade("R", rows, places).held_for_secs(hold_secs);
        let mut history = History {
            story: hall.on_sale(),
            rows,
            places,
            live: BTreeMap::new(),
            attempts: Vec::new(),
            secs: 0,
        };
        for step in steps {
            history.go_on(step);
        }
    }
}

/// What somebody does next; reservations and payments are named by their number.
#[derive(Clone, Debug)]
enum Step {
    Best(u32),
    Named(Vec<u32>),
    Both(u32, Vec<u32>),
    Cancel(usize),
    Begin(usize),
    Settle(usize, bool),
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let named = || vec(0..24_u32, 1..4);
    prop_oneof![
        5 => (1..5_u32).prop_map(Step::Best),
        5 => named().prop_map(Step::Named),
        2 => (1..5_u32, named()).prop_map(|(party, named)| Step::Both(party, named)),
        4 => (0..16_usize).prop_map(Step::Cancel),
        2 => (0..16_usize).prop_map(Step::Begin),
        2 => (0..16_usize, any::<bool>()).prop_map(|(which, paid)| Step::Settle(which, paid)),
        1 => (1..15_u32).prop_map(Step::Wait),
    ]
}

/// A sale, and who has which seats as far as she was told.
struct History {
    story: Story,
    rows: u32,
    places: u32,
    live: BTreeMap<ReservationId, Vec<SeatLabel>>,
    attempts: Vec<(ReservationId, PaymentId)>,
    secs: i64,
}

impl History {
    fn go_on(&mut self, step: Step) {
        match step {
            Step::Best(party) => self.reserve(&[ask("mina", party).into()]),
            Step::Named(named) => self.reserve(&[self.named(&named)]),
            Step::Both(party, named) => {
                let group = [ask("mina", party).into(), self.named(&named)];
                self.reserve(&group);
            }
            Step::Cancel(which) => {
                if let Some(id) = self.id(which) {
                    self.story.decide(&[cancel(id)]);
                }
            }
            Step::Begin(which) => {
                if let Some(id) = self.id(which) {
                    let payment = new_payment();
                    self.story.decide(&[crate::story::begin(id, payment)]);
                    self.attempts.push((id, payment));
                }
            }
            Step::Settle(which, paid) => {
                if let Some((id, payment)) = self.attempts.get(which).copied() {
                    let verdict = if paid {
                        Verdict::Paid
                    } else {
                        Verdict::Declined
                    };
                    self.story
                        .decide(&[crate::story::settle(id, payment, verdict)]);
                }
            }
            Step::Wait(secs) => {
                self.secs += i64::from(secs);
                self.story.at(self.secs);
                self.story.sweep_all();
            }
        }
        self.expect_sound();
    }

    fn id(&self, which: usize) -> Option<ReservationId> {
        let written = &self.story.table.reservations;
        written.keys().nth(which % written.len().max(1)).copied()
    }

    fn named(&self, numbers: &[u32]) -> Command {
        let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
        let label = |number: &u32| {
            let (row, place) = (number / self.places % self.rows, number % self.places);
            format!("R-{}-{}", row_name(row), place + 1)
        };
        let labels: BTreeSet<String> = distinct.iter().map(label).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let count = u32::try_from(labels.len()).expect("a few");
        ask("jun", count).seats(&labels).into()
    }

    /// Decides reservations as one group, and holds each against the hall as it was before it.
    fn reserve(&mut self, commands: &[Command]) {
        let mut hall = self.hall();
        let outcomes = self.story.decide(commands).outcomes;
        for (command, outcome) in commands.iter().zip(outcomes) {
            let Command::Reserve(asked) = command else {
                panic!("{command:?}");
            };
            let party = asked.quantity.get() as usize;
            let of = |seat: &SeatLabel| self.place(seat);
            match booked(outcome) {
                Ok(made) => {
                    let given: Vec<_> = made.value.seats.iter().map(of).collect();
                    let expected = if asked.seats.is_empty() {
                        hall.best(party).expect("enough seats")
                    } else {
                        asked.seats.iter().map(of).collect()
                    };
                    assert_eq!(given, expected, "{asked:?}");
                    for (row, place) in given {
                        assert!(hall.is_free(row, place), "{asked:?} got a taken seat");
                        hall.take(row, place, 1);
                    }
                }
                Err(ReserveError::SeatTaken { seats }) => {
                    let taken = asked.seats.iter().filter(|seat| {
                        let (row, place) = self.place(seat);
                        !hall.is_free(row, place)
                    });
                    assert!(
                        !seats.is_empty() && taken.eq(&seats),
                        "{asked:?}: {seats:?}"
                    );
                }
                Err(ReserveError::InsufficientSeats { available, .. }) => {
                    assert!(asked.seats.is_empty());
                    assert_eq!(available as usize, hall.free());
                    assert!(hall.free() < party, "turned away with {} left", hall.free());
                }
                Err(other) => panic!("{asked:?}: {other}"),
            }
        }
    }

    fn place(&self, label: &SeatLabel) -> (usize, usize) {
        let layout = Layout::new(grade("R"), self.rows, self.places);
        let seat = layout.seat(label).expect("a seat");
        (seat.row as usize, seat.place as usize)
    }

    /// The hall as the reservations have it that are written.
    fn hall(&self) -> Hall {
        let mut hall = Hall(vec![vec![false; self.places as usize]; self.rows as usize]);
        for seats in self.live.values() {
            for seat in seats {
                let (row, place) = self.place(seat);
                hall.take(row, place, 1);
            }
        }
        hall
    }

    /// No seat has two owners, and the map and the stock know each that has one.
    fn expect_sound(&mut self) {
        let written = self.story.table.reservations.values();
        let live = written.filter(|found| found.status().is_live());
        self.live = live.map(|found| (found.id, found.seats.clone())).collect();
        let owned: Vec<&SeatLabel> = self.live.values().flatten().collect();
        let distinct: BTreeSet<&SeatLabel> = owned.iter().copied().collect();
        assert_eq!(distinct.len(), owned.len(), "a seat has two owners");
        let map = self
            .story
            .snapshot
            .seats
            .of_grade(&grade("R"))
            .expect("a map");
        let taken = self.rows * self.places - map.free();
        assert_eq!(taken as usize, owned.len());
        assert_eq!(self.story.stock("R").taken(), taken);
        let is_taken = |seat: &SeatLabel| self.story.snapshot.seats.state(seat);
        assert!(
            owned
                .iter()
                .all(|seat| is_taken(seat) != Some(SeatState::Available))
        );
    }
}
