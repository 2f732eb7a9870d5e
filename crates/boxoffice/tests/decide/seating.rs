//! Numbered seats: named, or the best that are left; all of them or none.

use boxoffice::command::{CancelError, EventPatch, Outcome, ReserveError, SeatFault, Verdict};
use boxoffice::event::SaleState;
use boxoffice::grade::SeatLabel;
use boxoffice::reservation::Reservation;
use boxoffice::seats::SeatState;

use crate::sale::{ask, event, grade, tickets};
use crate::story::{Story, booked, cancel};

fn label(text: &str) -> SeatLabel {
    SeatLabel(text.into())
}

fn labels(texts: &[&str]) -> Vec<SeatLabel> {
    texts.iter().map(|text| label(text)).collect()
}

fn seats(reservation: &Reservation) -> Vec<&str> {
    reservation.seats.iter().map(|seat| &*seat.0).collect()
}

/// Three rows of ten.
fn hall() -> Story {
    event().with_assigned_grade("R", 3, 10).on_sale()
}

impl Story {
    fn seat(&self, text: &str) -> SeatState {
        self.snapshot.seats.state(&label(text)).expect("a seat")
    }
}

#[test]
fn named_seats_are_those_that_the_buyer_gets() {
    let mut story = hall();
    let held = story.reserved(ask("mina", 2).seats(&["R-B-7", "R-B-3"]));
    assert_eq!(seats(&held), ["R-B-7", "R-B-3"]);
    assert_eq!(story.available("R"), 28);
    let states = ["R-B-3", "R-B-7", "R-B-4"].map(|seat| story.seat(seat));
    let expected = [SeatState::Held, SeatState::Held, SeatState::Available];
    assert_eq!(states, expected);
}

#[test]
fn without_names_the_best_together_are_given() {
    let mut story = hall();
    assert_eq!(seats(&story.reserved(ask("mina", 2))), ["R-A-5", "R-A-6"]);
    assert_eq!(
        seats(&story.reserved(ask("jun", 3))),
        ["R-A-2", "R-A-3", "R-A-4"]
    );
    assert_eq!(
        seats(&story.reserved(ask("sora", 5))),
        ["R-B-3", "R-B-4", "R-B-5", "R-B-6", "R-B-7"]
    );
}

#[test]
fn each_in_a_group_sees_the_seats_that_the_earlier_took() {
    let mut story = hall();
    let named = || ask("jun", 1).seats(&["R-A-5"]);
    let [first, second, third] =
        story.group(&[ask("mina", 2).into(), named().into(), ask("sora", 2).into()]);
    assert_eq!(
        seats(&booked(first).expect("seats").value),
        ["R-A-5", "R-A-6"]
    );
    let taken = ReserveError::SeatTaken {
        seats: labels(&["R-A-5"]),
    };
    assert_eq!(booked(second), Err(taken));
    assert_eq!(
        seats(&booked(third).expect("seats").value),
        ["R-A-3", "R-A-4"]
    );
}

#[test]
fn a_taken_seat_is_named_and_none_of_the_others_is_given() {
    let mut story = hall();
    story.reserved(ask("mina", 2).seats(&["R-A-1", "R-A-3"]));
    let wanted = ["R-A-1", "R-A-2", "R-A-3"];
    let taken = ReserveError::SeatTaken {
        seats: labels(&["R-A-1", "R-A-3"]),
    };
    assert_eq!(story.reserve(ask("jun", 3).seats(&wanted)), Err(taken));
    assert_eq!(
        (story.available("R"), story.seat("R-A-2")),
        (28, SeatState::Available)
    );
}

#[test]
fn every_seat_that_does_not_fit_is_told_with_its_place() {
    let mut story = event()
        .with_assigned_grade("R", 2, 3)
        .with_assigned_grade("VIP", 1, 2)
        .with_grade("S", 9)
        .on_sale();
    let wanted = [
        "R-A-1", "R-C-1", "R-A-4", "VIP-A-1", "S-A-1", "R-A-1", "nonsense", "R-a-1",
    ];
    let refused = story.reserve(ask("mina", 8).of("R").seats(&wanted));
    let faults = vec![
        (1, SeatFault::Unknown),
        (2, SeatFault::Unknown),
        (3, SeatFault::OtherGrade),
        (4, SeatFault::OtherGrade),
        (5, SeatFault::Repeated),
        (6, SeatFault::OtherGrade),
        (7, SeatFault::Unknown),
    ];
    let seat_type = grade("R");
    assert_eq!(refused, Err(ReserveError::SeatsUnfit { seat_type, faults }));
    assert_eq!(story.available("R"), 6);
}

#[test]
fn a_quantity_that_is_not_the_number_of_seats_is_refused() {
    let mut story = hall();
    let mut asked = ask("mina", 2).seats(&["R-A-1", "R-A-2"]);
    asked.0.quantity = tickets(3);
    assert_eq!(story.reserve(asked), Err(ReserveError::SeatsDisagree));
    assert_eq!(story.available("R"), 30);
}

#[test]
fn the_grade_must_be_told_even_where_the_seats_name_it() {
    let mut story = event()
        .with_assigned_grade("R", 1, 2)
        .with_grade("S", 2)
        .on_sale();
    let known = vec![grade("R"), grade("S")];
    let refused = story.reserve(ask("mina", 1).seats(&["R-A-1"]));
    assert_eq!(refused, Err(ReserveError::SeatTypeMissing { known }));
}

#[test]
fn too_few_left_is_told_and_nothing_else_is() {
    let mut story = event().with_assigned_grade("R", 2, 2).on_sale();
    story.reserved(ask("mina", 1).seats(&["R-A-1"]));
    story.reserved(ask("jun", 1).seats(&["R-B-2"]));
    let refused = Err(ReserveError::InsufficientSeats {
        requested: 3,
        available: 2,
    });
    assert_eq!(story.reserve(ask("sora", 3)), refused);
    // No two are together, and two are left: nobody is turned away.
    assert_eq!(seats(&story.reserved(ask("sora", 2))), ["R-A-2", "R-B-1"]);
}

#[test]
fn a_limit_is_told_before_what_is_taken() {
    let mut story = event()
        .with_assigned_grade("R", 1, 4)
        .limited_to(2)
        .on_sale();
    story.reserved(ask("mina", 2).seats(&["R-A-1", "R-A-2"]));
    let refused = story.reserve(ask("mina", 1).seats(&["R-A-1"]));
    let limit = ReserveError::AlreadyReserved {
        limit: 2,
        holding: 2,
    };
    assert_eq!(refused, Err(limit));
}

#[test]
fn a_retry_under_a_key_gets_the_seats_of_the_first() {
    let mut story = hall();
    let asked = ask("mina", 2).keyed("k");
    let first = story.reserved(asked.clone());
    let again = story.reserve(asked.again()).expect("the same");
    assert!(again.replayed);
    assert_eq!(again.value, first);
    assert_eq!(story.available("R"), 28);
}

#[test]
fn each_ticket_names_its_seat() {
    let mut story = event()
        .with_assigned_grade("R", 1, 9)
        .sold_at_once()
        .on_sale();
    let sold = story.reserved(ask("mina", 2).seats(&["R-A-9", "R-A-1"]));
    let named = sold.tickets.iter().map(|ticket| ticket.seat.clone());
    let expected = labels(&["R-A-9", "R-A-1"]).into_iter().map(Some);
    assert!(named.eq(expected));
    assert_eq!(story.seat("R-A-1"), SeatState::Sold);
}

#[test]
fn a_paid_seat_is_sold_and_a_declined_one_stays_held() {
    let mut story = hall();
    let held = story.reserved(ask("mina", 1).seats(&["R-A-1"]));
    let payment = story.begin(held.id).expect("a hold");
    assert_eq!(story.seat("R-A-1"), SeatState::Held);
    let declined = story.settle(held.id, payment, Verdict::Declined);
    declined.expect("a reservation");
    assert_eq!(story.seat("R-A-1"), SeatState::Held);
    story.pay(held.id);
    assert_eq!(story.seat("R-A-1"), SeatState::Sold);
}

#[test]
fn a_cancelled_seat_can_be_sold_in_the_same_group() {
    let mut story = event()
        .with_assigned_grade("R", 1, 1)
        .sold_at_once()
        .on_sale();
    let sold = story.reserved(ask("mina", 1));
    let [_, next] = story.group(&[cancel(sold.id), ask("jun", 1).seats(&["R-A-1"]).into()]);
    assert_eq!(seats(&booked(next).expect("the seat").value), ["R-A-1"]);
    let again = story.cancel(sold.id);
    assert!(matches!(again, Err(CancelError::AlreadyCancelled(_))));
    assert_eq!(story.seat("R-A-1"), SeatState::Sold, "it is another's now");
}

#[test]
fn an_expired_hold_returns_its_seats_before_anybody_is_served() {
    let mut story = event()
        .with_assigned_grade("R", 1, 2)
        .held_for_secs(60)
        .on_sale();
    story.reserved(ask("mina", 2));
    story.at(60);
    assert_eq!(seats(&story.reserved(ask("jun", 2))), ["R-A-1", "R-A-2"]);
}

#[test]
fn a_called_off_event_returns_every_seat() {
    let mut story = hall();
    let paid = story.reserved(ask("mina", 2));
    story.pay(paid.id);
    story.reserved(ask("jun", 1).seats(&["R-C-10"]));
    let called_off = EventPatch {
        state: Some(SaleState::Cancelled),
        ..EventPatch::default()
    };
    story.update(called_off).expect("an update");
    story.sweep_all();
    let map = story.snapshot.seats.of_grade(&grade("R")).expect("a map");
    assert_eq!((map.free(), story.available("R")), (30, 30));
}

#[test]
fn a_refusal_changes_nothing() {
    let mut story = hall();
    story.reserved(ask("mina", 1).seats(&["R-A-1"]));
    let before = story.snapshot.clone();
    let decision = story.decide(&[ask("jun", 1).seats(&["R-A-1"]).into()]);
    assert!(decision.changes.is_empty());
    assert!(matches!(decision.outcomes[..], [Outcome::Reserve(Err(_))]));
    assert_eq!(story.snapshot, before);
}

#[test]
fn a_general_grade_beside_an_assigned_one_has_no_seats_to_name() {
    let mut story = event()
        .with_assigned_grade("R", 1, 2)
        .with_grade("S", 2)
        .on_sale();
    assert!(story.reserved(ask("mina", 2).of("S")).seats.is_empty());
    let refused = story.reserve(ask("jun", 1).of("S").seats(&["S-A-1"]));
    assert_eq!(refused, Err(ReserveError::SeatsNotNumbered));
    assert_eq!(story.available("R"), 2);
}
