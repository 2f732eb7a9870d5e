//! The rule of the best seats, by example; against every possible choice in `tests/decide`.

use super::*;
use crate::seats::Layout;

/// Rows of `.` for a free seat and `x` for a taken one, the first at the stage.
fn map(rows: &[&str]) -> SeatMap {
    let grade = "R".parse().expect("a grade");
    let counted = |n: usize| u32::try_from(n).expect("a small map");
    let layout = Layout::new(grade, counted(rows.len()), counted(rows[0].len()));
    let mut map = SeatMap::of(layout);
    for (row, seats) in (0..).zip(rows) {
        for (place, _) in (0..).zip(seats.chars()).filter(|(_, seat)| *seat == 'x') {
            map.set(&[Seat { row, place }], SeatState::Sold);
        }
    }
    map
}

/// The labels that a party gets, without the grade.
fn best(rows: &[&str], party: u32) -> Vec<String> {
    let map = map(rows);
    let seats = map.best(party).expect("enough seats");
    let label = |seat| map.label(seat).0.trim_start_matches("R-").to_owned();
    seats.into_iter().map(label).collect()
}

#[test]
fn the_first_party_sits_in_the_middle_of_the_first_row() {
    let hall = [".........."; 3];
    assert_eq!(best(&hall, 2), ["A-5", "A-6"]);
    assert_eq!(best(&hall, 4), ["A-4", "A-5", "A-6", "A-7"]);
    // Two middles are as near: the lower numbers.
    assert_eq!(best(&hall, 3), ["A-4", "A-5", "A-6"]);
    assert_eq!(best(&hall, 1), ["A-5"]);
}

#[test]
fn a_row_nearer_to_the_stage_is_better_than_its_middle() {
    assert_eq!(best(&["..xxxxxxxx", ".........."], 2), ["A-1", "A-2"]);
}

#[test]
fn a_party_stays_together_and_goes_further_back_for_it() {
    assert_eq!(
        best(&[".x.x.x.x.x", "..xxx...xx"], 3),
        ["B-6", "B-7", "B-8"]
    );
}

#[test]
fn no_seat_is_left_alone_where_the_row_has_another_choice() {
    // Nearest to the middle would leave A-6 alone.
    assert_eq!(best(&["..x...x...."], 2), ["A-8", "A-9"]);
    assert_eq!(best(&["xx....xxxx"], 2), ["A-5", "A-6"]);
    assert_eq!(best(&["xx.....xxx"], 2), ["A-6", "A-7"]);
    // A single fills a hole that is alone already, nearer or not.
    assert_eq!(best(&["x.xx..xxx"], 1), ["A-2"]);
}

#[test]
fn a_seat_at_the_end_of_its_row_is_not_between_two() {
    assert_eq!(best(&["...xxxxxxx"], 2), ["A-2", "A-3"]);
}

#[test]
fn a_seat_is_left_alone_rather_than_a_row_given_up() {
    assert_eq!(best(&["xx...xxxxx", ".........."], 2), ["A-4", "A-5"]);
}

#[test]
fn where_no_row_has_enough_together_the_party_is_split_as_little_as_can_be() {
    let hall = ["xx..x..x.x", "x...xxxxxx", "x.x.x..x.x"];
    assert_eq!(best(&hall, 4), ["B-2", "B-3", "B-4", "A-9"]);
    assert_eq!(best(&hall, 5), ["B-2", "B-3", "B-4", "A-6", "A-7"]);
}

#[test]
fn the_last_seats_are_given_whatever_they_are() {
    let hall = ["x.x.x.x.x.", "x.xxxxxxxx"];
    assert_eq!(best(&hall, 6).len(), 6);
    assert_eq!(map(&hall).best(7), None);
    assert_eq!(map(&["xx"]).best(1), None);
}

#[test]
fn nobody_gets_no_seats() {
    assert_eq!(map(&["...."]).best(0), Some(Vec::new()));
}
