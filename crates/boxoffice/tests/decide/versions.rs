//! What a group leaves behind: the next version, its time, and only what changed.

use boxoffice::command::{Command, ReserveError};

use crate::sale::{ask, at, event};

#[test]
fn a_group_that_changes_something_is_the_next_version() {
    let mut story = event().with_grade("R", 9).on_sale();
    let before = story.snapshot.version;
    story
        .at(7)
        .group(&[ask("mina", 1).into(), ask("jun", 1).into()]);
    assert_eq!(story.snapshot.version, before.next());
}

#[test]
fn a_group_that_changes_something_leaves_its_time() {
    let mut story = event().with_grade("R", 9).on_sale();
    story.at(7).reserved(ask("mina", 1));
    assert_eq!(story.snapshot.last_now, at(7));
}

#[test]
fn refusals_alone_leave_the_event_as_it_was() {
    let mut story = event().with_grade("R", 1).on_sale();
    let before = story.snapshot.clone();
    let decision = story.at(7).decide(&[ask("mina", 2).into()]);
    assert!(decision.changes.is_empty());
    assert_eq!(decision.after, before);
}

#[test]
fn no_command_at_all_changes_nothing() {
    let mut story = event().with_grade("R", 1).on_sale();
    let decision = story.decide(&[]);
    assert!(decision.changes.is_empty() && decision.outcomes.is_empty());
}

#[test]
fn only_the_grades_that_changed_are_written() {
    let mut story = event().with_grade("VIP", 5).with_grade("R", 5).on_sale();
    let decision = story.decide(&[ask("mina", 1).of("R").into()]);
    let grades = decision.changes.grades.iter();
    let names: Vec<_> = grades.map(|grade| grade.seat_type.as_str()).collect();
    assert_eq!(names, ["R"]);
}

#[test]
fn a_grade_that_is_in_the_end_what_it_was_is_not_written() {
    let mut story = event().with_grade("R", 5).on_sale();
    let asked = ask("mina", 1);
    let cancel = crate::story::cancel(asked.0.id);
    let decision = story.decide(&[asked.into(), cancel]);
    assert_eq!(decision.changes.grades, []);
    assert_eq!(decision.changes.reservations.len(), 1);
}

#[test]
fn the_event_is_not_written_when_only_its_stock_changes() {
    let mut story = event().with_grade("R", 5).on_sale();
    let decision = story.decide(&[ask("mina", 1).into()]);
    assert_eq!(decision.changes.event, None);
}

#[test]
fn a_refusal_beside_a_sale_does_not_stop_it() {
    let mut story = event().with_grade("R", 1).on_sale();
    let [first, second] = story.group(&[ask("mina", 2).into(), ask("jun", 1).into()]);
    let refused = ReserveError::InsufficientSeats {
        requested: 2,
        available: 1,
    };
    assert_eq!(crate::story::booked(first), Err(refused));
    assert!(crate::story::booked(second).is_ok());
}

#[test]
fn one_seller_at_a_time_or_all_in_one_group_sell_the_same() {
    let asks: Vec<Command> = (0..20)
        .map(|number| ask(&format!("buyer{number}"), 1 + number % 3).into())
        .collect();
    let mut together = event().with_grade("R", 25).on_sale();
    let in_one = together.decide(&asks).outcomes;
    let mut alone = event().with_grade("R", 25).on_sale();
    let one_by_one: Vec<_> = asks
        .iter()
        .flat_map(|ask| alone.decide(std::slice::from_ref(ask)).outcomes)
        .collect();
    assert_eq!(in_one, one_by_one);
}
