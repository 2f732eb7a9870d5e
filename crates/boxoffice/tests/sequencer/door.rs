//! What is scanned at the door: codes, and who is let in with them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use boxoffice::box_office::{BoxOffice, ShownTicket};
use boxoffice::command::{CheckInError, Unserved};
use boxoffice::ids::EventId;
use boxoffice::reservation::{Reservation, TicketState};
use boxoffice::ticket_code::{TICKET_KEY_LEN, TicketCode, TicketKey};

use crate::house::House;
use crate::sale::{ask, event, keyed};

/// A house in which Mina has two tickets, and its door.
async fn open() -> (House, BoxOffice, Arc<Reservation>) {
    let house = House::selling(event().with_grade("R", 9).sold_at_once()).await;
    let door = house.node("a");
    let sold = house.reserved(&door, ask("mina", 2)).await;
    (house, door, sold)
}

fn shown(code: TicketCode) -> ShownTicket {
    ShownTicket {
        code,
        event: None,
        key: None,
    }
}

fn code_of(door: &BoxOffice, sold: &Reservation, number: usize) -> TicketCode {
    door.ticket_code(sold, &sold.tickets[number - 1])
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_shown_admits_one() {
    let (_house, door, sold) = open().await;
    let checked = door.check_in(shown(code_of(&door, &sold, 2))).await;
    let checked = checked.expect("admitted");
    assert_eq!((checked.ticket.number, checked.replayed), (2, false));
    let used = |number: usize| checked.reservation.tickets[number - 1].used_at().is_some();
    assert_eq!((used(1), used(2)), (false, true));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_shown_again_is_told_when_it_was_used() {
    let (_house, door, sold) = open().await;
    let code = || shown(code_of(&door, &sold, 1));
    let checked = door.check_in(code()).await.expect("admitted");
    let at = checked.ticket.used_at().expect("a time");
    let again = door.check_in(code()).await;
    assert_eq!(again, Err(CheckInError::AlreadyUsed { at }));
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_is_sent_again_under_its_key_is_answered_as_before() {
    let (_house, door, sold) = open().await;
    let scan = || ShownTicket {
        key: Some(keyed("k", "the scan")),
        ..shown(code_of(&door, &sold, 1))
    };
    let first = door.check_in(scan()).await.expect("admitted");
    let again = door.check_in(scan()).await.expect("admitted");
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.ticket, again.ticket);
}

#[tokio::test(start_paused = true)]
async fn an_admission_that_is_undone_leaves_the_ticket_valid() {
    let (_house, door, sold) = open().await;
    let code = || shown(code_of(&door, &sold, 1));
    door.check_in(code()).await.expect("admitted");
    let undone = door.undo_check_in(code()).await.expect("undone");
    assert_eq!(undone.ticket.state, TicketState::Valid);
    let again = door.undo_check_in(code()).await;
    assert_eq!(again, Err(CheckInError::NotUsed));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_of_another_event_is_told_whose_it_is() {
    let (house, door, sold) = open().await;
    let at_the_door_of = |event: EventId| ShownTicket {
        event: Some(event),
        ..shown(code_of(&door, &sold, 1))
    };
    let other = house.also_selling(event().with_grade("R", 9)).await;
    let refused = door.check_in(at_the_door_of(other)).await;
    let wrong = CheckInError::WrongEvent { event: house.event };
    assert_eq!(refused, Err(wrong));
    assert!(door.check_in(at_the_door_of(house.event)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_code_that_somebody_else_made_admits_nobody() {
    let (house, door, sold) = open().await;
    let theirs = TicketKey::new(&[8; TICKET_KEY_LEN]);
    let forged = theirs.sign(house.event, sold.id, 1);
    let refused = door.check_in(shown(forged)).await;
    assert_eq!(refused, Err(CheckInError::NotFound));
    assert_eq!(door.admitted(house.event).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_code_of_a_ticket_that_was_never_sold_admits_nobody() {
    let (house, door, sold) = open().await;
    let ours = TicketKey::new(&[7; TICKET_KEY_LEN]);
    let third = ours.sign(house.event, sold.id, 3);
    let refused = door.check_in(shown(third)).await;
    assert_eq!(refused, Err(CheckInError::NotFound));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_was_given_back_admits_nobody() {
    let (_house, door, sold) = open().await;
    door.cancel(sold.id, None).await.expect("a cancellation");
    let refused = door.check_in(shown(code_of(&door, &sold, 1))).await;
    assert_eq!(refused, Err(CheckInError::TicketCancelled));
}

#[tokio::test(start_paused = true)]
async fn without_a_database_nobody_is_let_in_or_told_that_her_ticket_is_bad() {
    let (house, door, sold) = open().await;
    house.store.down.store(true, Ordering::SeqCst);
    let refused = door.check_in(shown(code_of(&door, &sold, 1))).await;
    let unavailable = CheckInError::Unserved(Unserved::Unavailable);
    assert_eq!(refused, Err(unavailable));
}

#[tokio::test(start_paused = true)]
async fn who_was_let_in_is_counted() {
    let (house, door, sold) = open().await;
    for number in 1..=2 {
        let admitted = door.check_in(shown(code_of(&door, &sold, number))).await;
        admitted.expect("admitted");
    }
    assert_eq!(door.admitted(house.event).await, Ok(2));
}
