//! Taking seats, and every reason not to.

use boxoffice::command::{EventPatch, ReserveError};
use boxoffice::event::SaleState;
use boxoffice::grade::Stock;
use boxoffice::money::Money;
use boxoffice::reservation::{ReservationState, ReservationStatus};

use crate::sale::{ask, at, event, grade};
use crate::story::booked;

#[test]
fn a_hold_takes_its_seats() {
    let mut story = event().with_grade("R", 10).on_sale();
    story.reserved(ask("mina", 3));
    let expected = Stock {
        total: 10,
        available: 7,
        held: 3,
        sold: 0,
    };
    assert_eq!(story.stock("R"), expected);
}

#[test]
fn a_hold_ends_when_its_time_to_pay_is_over() {
    let mut story = event().with_grade("R", 10).held_for_secs(600).on_sale();
    let held = story.at(5).reserved(ask("mina", 1));
    let expected = ReservationState::Held {
        expires_at: at(605),
        extended: false,
    };
    assert_eq!(held.state, expected);
}

#[test]
fn a_hold_has_no_tickets_yet() {
    let mut story = event().with_grade("R", 10).on_sale();
    assert_eq!(story.reserved(ask("mina", 3)).tickets, []);
}

#[test]
fn without_a_time_to_pay_seats_are_sold_at_once() {
    let mut story = event().with_grade("R", 10).sold_at_once().on_sale();
    let sold = story.reserved(ask("mina", 3));
    assert_eq!(sold.state, ReservationState::Confirmed { payment: None });
    let expected = Stock {
        total: 10,
        available: 7,
        held: 0,
        sold: 3,
    };
    assert_eq!(story.stock("R"), expected);
}

#[test]
fn a_confirmed_reservation_has_a_ticket_for_each_admission() {
    let mut story = event().with_grade("R", 10).sold_at_once().on_sale();
    let sold = story.reserved(ask("mina", 3));
    let numbers: Vec<u32> = sold.tickets.iter().map(|ticket| ticket.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn a_reservation_keeps_what_was_asked_and_when() {
    let mut story = event().with_grade("R", 10).on_sale();
    let asked = ask("mina", 3).of("R");
    let held = story.at(7).reserved(asked.clone());
    assert_eq!(
        (held.id, &held.user, held.quantity),
        (asked.0.id, &asked.0.user, asked.0.quantity)
    );
    assert_eq!((held.seat_type.as_str(), held.reserved_at), ("R", at(7)));
}

#[test]
fn the_price_is_that_of_all_tickets() {
    let mut story = event().with_priced_grade("R", 10, 70_000).on_sale();
    assert_eq!(story.reserved(ask("mina", 3)).total_price, Money(210_000));
}

#[test]
fn a_later_price_does_not_change_what_was_reserved() {
    let mut story = event().with_priced_grade("R", 10, 70_000).on_sale();
    let held = story.reserved(ask("mina", 1));
    let dearer = EventPatch {
        prices: vec![(grade("R"), Money(90_000))],
        ..EventPatch::default()
    };
    story.update(dearer).expect("an update");

    assert_eq!(story.pay(held.id).total_price, Money(70_000));
    assert_eq!(story.reserved(ask("jun", 1)).total_price, Money(90_000));
}

#[test]
fn only_the_named_grade_loses_seats() {
    let mut story = event().with_grade("VIP", 5).with_grade("R", 5).on_sale();
    story.reserved(ask("mina", 2).of("R"));
    assert_eq!((story.available("VIP"), story.available("R")), (5, 3));
}

#[test]
fn the_grade_may_be_left_out_where_there_is_one() {
    let mut story = event().with_grade("R", 5).on_sale();
    assert_eq!(story.reserved(ask("mina", 1)).seat_type, grade("R"));
}

#[test]
fn the_grade_must_be_named_where_there_are_several() {
    let mut story = event().with_grade("VIP", 5).with_grade("R", 5).on_sale();
    let known = vec![grade("VIP"), grade("R")];
    assert_eq!(
        story.reserve(ask("mina", 1)),
        Err(ReserveError::SeatTypeMissing { known })
    );
}

#[test]
fn an_unknown_grade_is_answered_with_the_known_ones() {
    let mut story = event().with_grade("VIP", 5).with_grade("R", 5).on_sale();
    let known = vec![grade("VIP"), grade("R")];
    assert_eq!(
        story.reserve(ask("mina", 1).of("S")),
        Err(ReserveError::UnknownSeatType { known })
    );
}

#[test]
fn seats_cannot_be_named_where_they_have_no_numbers() {
    let mut story = event().with_grade("R", 5).on_sale();
    assert_eq!(
        story.reserve(ask("mina", 1).seats(&["R-A-1"])),
        Err(ReserveError::SeatsNotNumbered)
    );
}

#[test]
fn the_last_seat_can_be_had() {
    let mut story = event().with_grade("R", 2).on_sale();
    story.reserved(ask("mina", 2));
    assert_eq!(story.available("R"), 0);
}

#[test]
fn more_seats_than_are_left_are_refused_with_the_figures() {
    let mut story = event().with_grade("R", 2).on_sale();
    let refused = Err(ReserveError::InsufficientSeats {
        requested: 3,
        available: 2,
    });
    assert_eq!(story.reserve(ask("mina", 3)), refused);
    assert_eq!(story.available("R"), 2);
}

#[test]
fn a_sold_out_grade_does_not_close_the_others() {
    let mut story = event().with_grade("VIP", 1).with_grade("R", 1).on_sale();
    story.reserved(ask("mina", 1).of("VIP"));
    assert!(story.reserve(ask("jun", 1).of("VIP")).is_err());
    assert!(story.reserve(ask("jun", 1).of("R")).is_ok());
}

#[test]
fn each_command_of_a_group_sees_what_the_earlier_ones_took() {
    let mut story = event().with_grade("R", 3).on_sale();
    let [first, second, third] = story.group(&[
        ask("mina", 2).into(),
        ask("jun", 2).into(),
        ask("sora", 1).into(),
    ]);
    assert!(booked(first).is_ok());
    let refused = ReserveError::InsufficientSeats {
        requested: 2,
        available: 1,
    };
    assert_eq!(booked(second), Err(refused));
    assert!(booked(third).is_ok());
}

#[test]
fn before_its_opening_a_sale_is_not_open() {
    let mut story = event().with_grade("R", 1).opening_at(100).on_sale();
    let opens_at = at(100);
    assert_eq!(
        story.at(99).reserve(ask("mina", 1)),
        Err(ReserveError::SaleNotOpen { opens_at })
    );
    assert!(story.at(100).reserve(ask("mina", 1)).is_ok());
}

#[test]
fn at_its_closing_a_sale_is_over() {
    let mut story = event().with_grade("R", 2).closing_at(100).on_sale();
    assert!(story.at(99).reserve(ask("mina", 1)).is_ok());
    assert_eq!(
        story.at(100).reserve(ask("jun", 1)),
        Err(ReserveError::SaleClosed)
    );
}

#[test]
fn without_a_closing_a_sale_is_over_when_the_event_begins() {
    let mut story = event().with_grade("R", 2).starting_at(100).on_sale();
    assert!(story.at(99).reserve(ask("mina", 1)).is_ok());
    assert_eq!(
        story.at(100).reserve(ask("jun", 1)),
        Err(ReserveError::SaleClosed)
    );
}

#[test]
fn a_closing_after_the_beginning_does_not_sell_longer() {
    let sale = event().with_grade("R", 2).starting_at(100).closing_at(200);
    let mut story = sale.on_sale();
    assert_eq!(
        story.at(150).reserve(ask("mina", 1)),
        Err(ReserveError::SaleClosed)
    );
}

#[test]
fn a_closed_event_sells_nothing() {
    let mut story = event().with_grade("R", 2).on_sale();
    let close = EventPatch {
        state: Some(SaleState::Closed),
        ..EventPatch::default()
    };
    story.update(close).expect("an update");
    assert_eq!(story.reserve(ask("mina", 1)), Err(ReserveError::SaleClosed));
}

#[test]
fn a_cancelled_event_sells_nothing() {
    let mut story = event().with_grade("R", 2).on_sale();
    let call_off = EventPatch {
        state: Some(SaleState::Cancelled),
        ..EventPatch::default()
    };
    story.update(call_off).expect("an update");
    assert_eq!(
        story.reserve(ask("mina", 1)),
        Err(ReserveError::EventCancelled)
    );
}

#[test]
fn a_deleted_event_is_not_found() {
    let mut story = event().with_grade("R", 2).on_sale();
    story.delete().expect("a deletion");
    assert_eq!(
        story.reserve(ask("mina", 1)),
        Err(ReserveError::EventNotFound)
    );
}

/// Everything is wrong with the request at once; each refusal comes before the next.
#[test]
fn refusals_come_in_the_order_that_helps_the_buyer_most() {
    let sale = event().with_grade("VIP", 1).with_grade("R", 1);
    let mut story = sale.opening_at(100).limited_to(1).on_sale();
    let unnamed = || ask("mina", 2);
    let named = || ask("mina", 2).of("R").seats(&["R-A-1"]);
    let limited = || ask("mina", 2).of("R");

    let refusal = |result: crate::story::Booked| result.expect_err("a refusal");
    let opens_at = at(100);
    let not_open = ReserveError::SaleNotOpen { opens_at };
    assert_eq!(refusal(story.reserve(unnamed())), not_open);
    story.at(100);
    let missing = refusal(story.reserve(unnamed()));
    assert!(matches!(missing, ReserveError::SeatTypeMissing { .. }));
    let numbered = refusal(story.reserve(named()));
    assert_eq!(numbered, ReserveError::SeatsNotNumbered);
    let over = refusal(story.reserve(limited()));
    assert!(matches!(over, ReserveError::AlreadyReserved { .. }));
}

#[test]
fn seats_that_came_back_can_be_reserved_in_the_same_group() {
    let mut story = event().with_grade("R", 1).on_sale();
    let held = story.reserved(ask("mina", 1));
    let [_, again] = story.group(&[crate::story::cancel(held.id), ask("jun", 1).into()]);
    let again = booked(again).expect("the seat").value;
    assert_eq!(again.status(), ReservationStatus::Held);
}
