//! What buyers were told against what the database says, and the platform's own audit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::databases::Databases;
use crate::rush::{Acknowledged, Record};

/// A line of the database.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    user: String,
    quantity: u32,
    seats: BTreeSet<String>,
    cancelled: bool,
}

/// What the comparison found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) reservations: usize,
    pub(crate) tickets: u64,
    /// Acknowledged, and not in the database as it was told.
    pub(crate) lost: Vec<String>,
    /// Seats, or wishes, that were sold more than once.
    pub(crate) twice: Vec<String>,
    /// In the database, and nobody who was answered has it.
    pub(crate) unasked: Vec<String>,
}

/// Reads every reservation of a database, and compares.
pub(crate) fn compare(
    databases: &Databases,
    database: &str,
    record: &Record,
) -> anyhow::Result<Findings> {
    let rows = databases.query(&format!(
        "SELECT LOWER(HEX(reservation_id)), user_id, quantity, status, IFNULL(seats, '') \
         FROM {database}.reservations"
    ))?;
    let rows = rows.lines().map(row).collect::<anyhow::Result<_>>()?;
    Ok(findings(&rows, record))
}

fn row(line: &str) -> anyhow::Result<(String, Row)> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [id, user, quantity, status, seats] = columns[..] else {
        bail!("not a reservation: {line:?}");
    };
    let cancelled = match status {
        "CONFIRMED" => false,
        "CANCELLED" => true,
        // Nobody in a drill pays later, or lets a hold run out.
        _ => bail!("a reservation that is {status}: {line:?}"),
    };
    let row = Row {
        cancelled,
        user: user.to_owned(),
        quantity: quantity.parse().context("a quantity")?,
        seats: labels(seats.split(',').filter(|seat| !seat.is_empty())),
    };
    Ok((id.to_owned(), row))
}

/// Seats by row and number: `VIP-A-12` is `A-12`, whoever says it.
fn labels<'a>(seats: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let short = |seat: &str| seat.trim_start_matches("VIP-").to_owned();
    seats.map(short).collect()
}

fn findings(rows: &HashMap<String, Row>, record: &Record) -> Findings {
    let mut findings = Findings {
        reservations: record.acknowledged.len(),
        ..Findings::default()
    };
    let mut seats: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wishes: BTreeMap<&str, u32> = BTreeMap::new();
    for row in rows.values() {
        *wishes.entry(&row.user).or_default() += 1;
        for seat in row.seats.iter().filter(|_| !row.cancelled) {
            *seats.entry(seat).or_default() += 1;
        }
    }
    let mut promised: BTreeMap<&str, &str> = BTreeMap::new();
    for told in &record.acknowledged {
        findings.tickets += u64::from(told.quantity);
        // Who wanted to give hers back, and gave up, does not know what became of that.
        let is_there = rows.get(&told.reservation).is_some_and(|row| {
            let doubted = in_doubt(record, &told.user);
            let as_told = as_row(told);
            let cancelled = if doubted {
                row.cancelled
            } else {
                told.cancelled
            };
            *row == Row {
                cancelled,
                ..as_told
            }
        });
        if !is_there {
            findings.lost.push(format!("{told:?}"));
        }
        for seat in told.seats.iter().filter(|_| !told.cancelled) {
            if let Some(other) = promised.insert(seat, &told.user) {
                findings
                    .twice
                    .push(format!("{seat}: {other} and {}", told.user));
            }
        }
    }
    let sold_twice = seats
        .into_iter()
        .chain(wishes)
        .filter(|(_, times)| *times > 1);
    findings
        .twice
        .extend(sold_twice.map(|(what, times)| format!("{what}: {times} times")));
    let told: BTreeSet<&str> = record
        .acknowledged
        .iter()
        .map(|a| a.user.as_str())
        .collect();
    // Who gave up does not know; everybody else who has a reservation was told.
    let unasked = rows
        .iter()
        .filter(|(_, row)| !told.contains(row.user.as_str()));
    let unasked = unasked.filter(|(_, row)| !in_doubt(record, &row.user));
    findings.unasked = unasked.map(|(id, row)| format!("{id}: {row:?}")).collect();
    findings
}

/// Whether this buyer gave up.
fn in_doubt(record: &Record, user: &str) -> bool {
    let mut doubts = record.lost_patience.iter();
    doubts.any(|doubt| doubt.split(':').next() == Some(user))
}

fn as_row(told: &Acknowledged) -> Row {
    Row {
        user: told.user.clone(),
        quantity: told.quantity,
        seats: labels(told.seats.iter().map(String::as_str)),
        cancelled: told.cancelled,
    }
}

/// Runs `onsale audit`; gives what it printed, and whether every invariant holds.
pub(crate) fn audit(program: &Path, database_url: &str) -> anyhow::Result<(String, bool)> {
    let output = Command::new(program)
        .arg("audit")
        .args(["--database-url", database_url])
        .env_remove("ONSALE_CONFIG")
        .output()
        .context("the audit cannot be run")?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    Ok((printed, output.status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(user: &str, reservation: &str, seats: &[&str]) -> Acknowledged {
        Acknowledged {
            user: user.to_owned(),
            reservation: reservation.to_owned(),
            quantity: 1,
            seats: seats.iter().map(|seat| (*seat).to_owned()).collect(),
            cancelled: false,
        }
    }

    fn rows(lines: &[&str]) -> HashMap<String, Row> {
        let rows = lines.iter().map(|line| row(line));
        rows.collect::<anyhow::Result<_>>().expect("rows")
    }

    fn record(acknowledged: &[Acknowledged]) -> Record {
        Record {
            acknowledged: acknowledged.to_vec(),
            ..Record::default()
        }
    }

    #[test]
    fn what_was_told_and_is_there_is_no_finding() {
        let rows = rows(&["aa\tmina\t1\tCONFIRMED\tA-1", "bb\tjun\t1\tCONFIRMED\t"]);
        let record = record(&[told("mina", "aa", &["VIP-A-1"]), told("jun", "bb", &[])]);
        let found = findings(&rows, &record);
        assert_eq!((found.reservations, found.tickets), (2, 2));
        assert!(found.lost.is_empty() && found.twice.is_empty() && found.unasked.is_empty());
    }

    #[test]
    fn what_was_told_and_is_not_there_or_is_another_is_lost() {
        let rows = rows(&["bb\tjun\t2\tCONFIRMED\t"]);
        let record = record(&[told("mina", "aa", &[]), told("jun", "bb", &[])]);
        assert_eq!(findings(&rows, &record).lost.len(), 2);
    }

    #[test]
    fn a_seat_or_a_wish_that_is_there_twice_was_sold_twice() {
        let rows = rows(&["aa\tmina\t1\tCONFIRMED\tA-1", "bb\tmina\t1\tCONFIRMED\tA-1"]);
        let record = record(&[
            told("mina", "aa", &["VIP-A-1"]),
            told("jun", "bb", &["VIP-A-1"]),
        ]);
        // The seat as it was told, the seat as it is kept, and mina's one wish.
        assert_eq!(findings(&rows, &record).twice.len(), 3);
    }

    #[test]
    fn a_seat_that_was_given_back_may_be_sold_again() {
        let rows = rows(&["aa\tmina\t1\tCANCELLED\tA-1", "bb\tjun\t1\tCONFIRMED\tA-1"]);
        let given_back = Acknowledged {
            cancelled: true,
            ..told("mina", "aa", &["VIP-A-1"])
        };
        let found = findings(
            &rows,
            &record(&[given_back, told("jun", "bb", &["VIP-A-1"])]),
        );
        assert!(found.lost.is_empty() && found.twice.is_empty());
    }

    #[test]
    fn a_cancellation_that_was_told_and_is_not_there_is_lost() {
        let rows = rows(&["aa\tmina\t1\tCONFIRMED\t"]);
        let given_back = Acknowledged {
            cancelled: true,
            ..told("mina", "aa", &[])
        };
        assert_eq!(findings(&rows, &record(&[given_back])).lost.len(), 1);
    }

    #[test]
    fn what_nobody_was_told_is_found_unless_its_buyer_gave_up() {
        let rows = rows(&["aa\tmina\t1\tCONFIRMED\t", "bb\tjun\t1\tCONFIRMED\t"]);
        let record = Record {
            lost_patience: vec!["jun: no answer".to_owned()],
            ..Record::default()
        };
        assert_eq!(findings(&rows, &record).unasked.len(), 1);
    }
}
