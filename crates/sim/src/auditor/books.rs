//! The ledger at the end of the day, added up by the auditor itself.

use std::collections::BTreeSet;

use boxoffice::invariants;

use super::{Findings, Rule};
use crate::day::EventEvidence;
use crate::events::price;
use crate::history::{Shown, Status};

pub(super) fn check(event: &EventEvidence, findings: &mut Findings) {
    let Some(ledger) = &event.ledger else {
        return findings.add(
            Rule::CountsAgree,
            format!("event {} is not in the ledger", event.id),
        );
    };
    for violation in invariants::check(ledger) {
        findings.add(Rule::BooksBalance, violation.to_string());
    }
    for (index, name) in event.grades.iter().enumerate() {
        let found = ledger
            .grades
            .iter()
            .find(|grade| grade.seat_type.as_ref().is_some_and(|s| s == name));
        let Some(found) = found else {
            findings.add(Rule::CountsAgree, format!("grade {name} is gone"));
            continue;
        };
        let count = |wanted: &[Status]| -> i64 {
            let of_grade = event.reservations.iter().filter(|r| r.grade == *name);
            let live = of_grade.filter(|r| wanted.contains(&r.status));
            live.map(|r| i64::from(r.quantity)).sum()
        };
        let total = i64::from(event.plan.grades[index].total);
        let held = count(&[Status::Held, Status::Paying]);
        let sold = count(&[Status::Confirmed]);
        let counted = (total, total - held - sold, held, sold);
        let booked = (found.total, found.available, found.held, found.sold);
        findings.expect(counted == booked, Rule::CountsAgree, || {
            format!(
                "event {} grade {name}: (total, available, held, sold) is {booked:?} in the \
                 ledger, and {counted:?} by its reservations",
                event.id
            )
        });
        findings.expect(held + sold <= total, Rule::CountsAgree, || {
            format!(
                "event {} grade {name}: {} of {total} seats are taken",
                event.id,
                held + sold
            )
        });
    }
    for found in &event.reservations {
        check_reservation(event, found, findings);
    }
    check_list(event, findings);
}

fn check_reservation(event: &EventEvidence, found: &Shown, findings: &mut Findings) {
    let grade = event.grades.iter().position(|name| *name == found.grade);
    let numbered = grade.is_some_and(|index| event.plan.grades[index].seats_per_row.is_some());
    let seats: BTreeSet<_> = found.seats.iter().collect();
    let wanted = if numbered { found.quantity as usize } else { 0 };
    findings.expect(
        seats.len() == wanted && found.seats.len() == wanted,
        Rule::AnswersMakeSense,
        || format!("{found} has the seats {:?}", found.seats),
    );
    findings.expect(
        !matches!(found.status, Status::Held | Status::Paying),
        Rule::HoldsEnd,
        || format!("{found} is left at the end of the day"),
    );
    let price = grade.map(|grade| price(grade) * i64::from(found.quantity));
    findings.expect(price == Some(found.price), Rule::PriceIsRight, || {
        format!("{found} costs {}, and should cost {price:?}", found.price)
    });
    let wanted = match found.status {
        Status::Confirmed => found.quantity,
        _ => 0,
    };
    findings.expect(found.tickets == wanted, Rule::TicketsMatch, || {
        format!("{found}")
    });
}

fn check_list(event: &EventEvidence, findings: &mut Findings) {
    let listed = match &event.listed {
        Ok(listed) => listed,
        Err(why) => {
            return findings.add(Rule::ListsAreWhole, format!("cannot be read: {why}"));
        }
    };
    let ids: BTreeSet<_> = listed.iter().map(|row| row.id).collect();
    let whole = listed.len() == ids.len() && ids.len() == event.reservations.len();
    findings.expect(whole, Rule::ListsAreWhole, || {
        format!(
            "event {} has {} reservations, and its pages {} rows of {} reservations",
            event.id,
            event.reservations.len(),
            listed.len(),
            ids.len()
        )
    });
}
