//! Tickets at the door.

use boxoffice::command::{CancelError, CheckIn, CheckInError, Command, EventPatch, Outcome};
use boxoffice::event::SaleState;
use boxoffice::ids::ReservationId;
use boxoffice::reservation::{ReservationState, TicketState};

use crate::sale::{ask, at, event, keyed, new_id};
use crate::story::{Story, ticket};

/// A story in which Mina has two tickets.
fn story() -> (Story, ReservationId) {
    let mut story = event().with_grade("R", 9).sold_at_once().on_sale();
    let id = story.reserved(ask("mina", 2)).id;
    (story, id)
}

fn states(story: &Story, id: ReservationId) -> Vec<TicketState> {
    let written = story.written(id);
    written.tickets.iter().map(|ticket| ticket.state).collect()
}

#[test]
fn a_ticket_admits_one_and_leaves_the_other_as_it_is() {
    let (mut story, id) = story();
    story.at(9).check_in(id, 2).expect("admitted");
    let used = TicketState::Used { at: at(9) };
    assert_eq!(states(&story, id), [TicketState::Valid, used]);
}

#[test]
fn a_ticket_admits_once_and_tells_when() {
    let (mut story, id) = story();
    story.at(9).check_in(id, 1).expect("admitted");
    let again = story.at(20).check_in(id, 1);
    assert_eq!(again, Err(CheckInError::AlreadyUsed { at: at(9) }));
}

#[test]
fn of_two_at_the_door_at_once_one_is_admitted() {
    let (mut story, id) = story();
    let [first, second] = story.group(&[
        Command::CheckIn(ticket(id, 1)),
        Command::CheckIn(ticket(id, 1)),
    ]);
    assert!(matches!(first, Outcome::CheckIn(Ok(_))), "{first:?}");
    let already = CheckInError::AlreadyUsed { at: at(0) };
    assert_eq!(second, Outcome::CheckIn(Err(already)));
}

#[test]
fn a_check_in_can_be_undone_and_done_again() {
    let (mut story, id) = story();
    story.check_in(id, 1).expect("admitted");
    story.undo_check_in(id, 1).expect("undone");
    assert_eq!(story.undo_check_in(id, 1), Err(CheckInError::NotUsed));
    story.check_in(id, 1).expect("admitted");
}

#[test]
fn a_retry_of_a_check_in_under_its_key_is_the_same_check_in() {
    let (mut story, id) = story();
    let keyed = || {
        let key = Some(keyed("k", "check in"));
        Command::CheckIn(CheckIn {
            key,
            ..ticket(id, 1)
        })
    };
    for replayed in [false, true] {
        let [outcome] = story.group(&[keyed()]);
        let Outcome::CheckIn(Ok(answer)) = outcome else {
            panic!("not admitted: {outcome:?}");
        };
        assert_eq!(answer.replayed, replayed);
    }
}

#[test]
fn what_was_given_back_admits_nobody() {
    let (mut story, id) = story();
    story.cancel(id).expect("a cancellation");
    assert_eq!(story.check_in(id, 1), Err(CheckInError::TicketCancelled));
    assert_eq!(
        story.undo_check_in(id, 1),
        Err(CheckInError::TicketCancelled)
    );
}

#[test]
fn a_called_off_event_admits_nobody_though_it_has_not_given_back_yet() {
    let (story, id) = story();
    let mut story = story.ending_at_most(1);
    let patch = EventPatch {
        state: Some(SaleState::Cancelled),
        ..EventPatch::default()
    };
    story.update(patch).expect("an update");
    assert_eq!(story.check_in(id, 1), Err(CheckInError::TicketCancelled));
}

#[test]
fn there_is_no_ticket_beyond_the_last_and_none_before_it_is_paid() {
    let (mut story, id) = story();
    assert_eq!(story.check_in(id, 3), Err(CheckInError::NotFound));
    assert_eq!(story.check_in(new_id(), 1), Err(CheckInError::NotFound));
    let mut held = event().with_grade("R", 9).on_sale();
    let id = held.reserved(ask("mina", 2)).id;
    assert_eq!(held.check_in(id, 1), Err(CheckInError::NotFound));
}

#[test]
fn who_was_let_in_gets_no_money_back() {
    let (mut story, id) = story();
    story.at(9).check_in(id, 1).expect("admitted");
    let refused = story.cancel(id);
    assert_eq!(refused, Err(CancelError::TicketUsed { at: at(9) }));
    story.undo_check_in(id, 1).expect("undone");
    story.cancel(id).expect("a cancellation");
}

#[test]
fn a_called_off_event_gives_back_used_tickets_too() {
    let (mut story, id) = story();
    story.check_in(id, 1).expect("admitted");
    let patch = EventPatch {
        state: Some(SaleState::Cancelled),
        ..EventPatch::default()
    };
    story.update(patch).expect("an update");
    story.sweep_all();
    assert!(matches!(
        story.written(id).state,
        ReservationState::Cancelled { .. }
    ));
    assert_eq!(states(&story, id), [TicketState::Cancelled; 2]);
}
