//! Deleting an event that nobody has tickets of.

use boxoffice::command::{Command, DeleteError, Outcome};

use crate::sale::{ask, at, event};

#[test]
fn a_deleted_event_keeps_when_it_was_deleted() {
    let mut story = event().with_grade("R", 5).on_sale();
    story.at(9).delete().expect("a deletion");
    assert_eq!(story.snapshot.event.deleted_at, Some(at(9)));
    assert_eq!(story.snapshot.event.updated_at, at(9));
}

#[test]
fn an_event_with_holds_or_tickets_is_not_deleted() {
    let mut story = event().with_grade("R", 5).with_grade("S", 5).on_sale();
    story.reserved(ask("mina", 2).of("R"));
    let paid = story.reserved(ask("jun", 1).of("S"));
    story.pay(paid.id);
    assert_eq!(
        story.delete(),
        Err(DeleteError::LiveReservations { tickets: 3 })
    );
}

#[test]
fn an_event_whose_reservations_are_over_is_deleted() {
    let mut story = event().with_grade("R", 5).held_for_secs(60).on_sale();
    let cancelled = story.reserved(ask("mina", 2));
    story.cancel(cancelled.id).expect("a cancellation");
    story.reserved(ask("jun", 2));
    assert_eq!(story.at(60).delete(), Ok(()));
}

#[test]
fn an_event_is_deleted_once() {
    let mut story = event().with_grade("R", 5).on_sale();
    let [first, second] = story.group(&[Command::Delete, Command::Delete]);
    assert_eq!(first, Outcome::Delete(Ok(())));
    assert_eq!(second, Outcome::Delete(Err(DeleteError::EventNotFound)));
    assert_eq!(story.delete(), Err(DeleteError::EventNotFound));
}

#[test]
fn a_reservation_earlier_in_the_group_keeps_the_event() {
    let mut story = event().with_grade("R", 5).on_sale();
    let [_, deleted] = story.group(&[ask("mina", 2).into(), Command::Delete]);
    let refused = DeleteError::LiveReservations { tickets: 2 };
    assert_eq!(deleted, Outcome::Delete(Err(refused)));
}
