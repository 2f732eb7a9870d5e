use super::super::model::Taken;
use super::*;
use crate::history::Status;

/// One grade with so many seats, and buyers who each want one or more.
struct Table {
    seats: u32,
    taken: Vec<Taken>,
    deeds: Vec<Deed<'static>>,
    sightings: Vec<Sighting<'static>>,
}

fn seats(seats: u32) -> Table {
    Table {
        seats,
        taken: Vec::new(),
        deeds: Vec::new(),
        sightings: Vec::new(),
    }
}

impl Table {
    /// Somebody takes seats at `at`, having asked and been answered in `between`.
    fn takes(mut self, quantity: u32, at: i64, between: (u64, u64)) -> Self {
        let index = self.taken.len();
        self.taken.push(Taken {
            user: index,
            grade: 0,
            quantity,
            first: Status::Confirmed,
            seats: Vec::new(),
            key: None,
        });
        self.deed(at, between, Change::Take(index), "takes")
    }

    fn gives_back(self, reservation: usize, at: i64, between: (u64, u64)) -> Self {
        let change = Change::GiveBack {
            reservation,
            key: None,
        };
        self.deed(at, between, change, "gives back")
    }

    fn deed(mut self, at: i64, between: (u64, u64), change: Change, story: &'static str) -> Self {
        self.deeds.push(Deed {
            at,
            asked: between.0,
            answered: between.1,
            change,
            story: Story::Plain(story),
        });
        self
    }

    /// Somebody is told that so many seats are left.
    fn tells_left(mut self, available: u32, between: (u64, u64)) -> Self {
        self.sightings.push(Sighting {
            asked: between.0,
            answered: between.1,
            sight: Sight::TooFew {
                grade: 0,
                available,
            },
            story: Story::Plain("so many are left"),
        });
        self
    }

    fn fits(mut self) -> Result<(), Misfit> {
        self.deeds.sort_by_key(|deed| (deed.at, deed.asked));
        self.sightings.sort_by_key(|sighting| sighting.asked);
        let state = State::new(&self.taken, &[self.seats], self.taken.len(), None);
        Trial::new(&self.deeds, &self.sightings, state).run()
    }
}

#[test]
fn the_last_seat_goes_to_one_buyer_only() {
    let sold_once = seats(1).takes(1, 10, (1, 2)).tells_left(0, (3, 4));
    assert_eq!(sold_once.fits(), Ok(()));
    let sold_twice = seats(1).takes(1, 10, (1, 4)).takes(1, 11, (2, 3));
    assert!(matches!(sold_twice.fits(), Err(Misfit::NoOrder(_))));
}

#[test]
fn a_refusal_needs_a_moment_in_which_it_was_true() {
    let before_the_sale = seats(2).tells_left(0, (1, 2)).takes(2, 10, (3, 4));
    assert!(before_the_sale.fits().is_err());
    let beside_the_sale = seats(2).tells_left(0, (1, 5)).takes(2, 10, (3, 4));
    assert_eq!(beside_the_sale.fits(), Ok(()));
    let after_the_return = seats(2)
        .takes(2, 10, (1, 2))
        .gives_back(0, 11, (3, 4))
        .tells_left(0, (5, 6));
    assert!(after_the_return.fits().is_err());
}

#[test]
fn what_is_told_to_be_done_earlier_cannot_have_been_asked_later() {
    let back_in_time = seats(5).takes(1, 20, (1, 2)).takes(1, 10, (3, 4));
    assert!(back_in_time.fits().is_err());
    let at_the_same_time = seats(5).takes(1, 20, (1, 4)).takes(1, 10, (2, 3));
    assert_eq!(at_the_same_time.fits(), Ok(()));
}

#[test]
fn deeds_of_one_moment_are_tried_in_every_order() {
    // Only one of the six orders has two, and then none left in between.
    let case = seats(3)
        .takes(2, 10, (1, 100))
        .takes(1, 10, (2, 100))
        .tells_left(2, (3, 100))
        .tells_left(0, (4, 100));
    assert_eq!(case.fits(), Ok(()));
    let never_one_left = seats(3)
        .takes(1, 10, (1, 100))
        .takes(2, 10, (2, 100))
        .tells_left(2, (3, 100))
        .tells_left(1, (4, 100));
    assert!(never_one_left.fits().is_err());
}

#[test]
fn nothing_is_given_back_twice() {
    let case = seats(1)
        .takes(1, 10, (1, 2))
        .gives_back(0, 11, (3, 4))
        .gives_back(0, 12, (5, 6));
    assert!(case.fits().is_err());
}
