//! Reads which grades an event has: in full, by a map of prices, or none at all.

use boxoffice::event::{GRADES_MAX, SEATS_MAX};
use boxoffice::grade::{Grade, SeatType, Seating, Stock};
use boxoffice::money::Money;
use boxoffice::seats::{ASSIGNED_SEATS_MAX, ROWS_MAX, SEATS_PER_ROW_MAX};

use super::fault::Fault;
use super::fields::Fields;
use super::json::Json;
use super::values::{any_text, count, one_of, price, seat_type, seat_type_of};

/// The grade of an event that names none.
const GENERAL: &str = "GENERAL";

/// How places are found.
pub(crate) const SEATINGS: &[&str] = &["GENERAL", "ASSIGNED"];

/// What tells the seating of a grade; none of it can be changed later.
const SEATING_FIELDS: [&str; 3] = ["seating", "rows", "seatsPerRow"];

/// One entry of `seatTypes`, as far as it was given.
pub(super) struct GradeEntry {
    /// Its name.
    pub(super) seat_type: SeatType,
    /// Its price, if given.
    pub(super) price: Option<Money>,
    /// Its seats, if given.
    pub(super) total: Option<u32>,
    /// How its places are found; a change to an event leaves that as it is.
    seating: Seating,
}

/// The grades of a new event.
pub(super) fn grades(fields: &Fields<'_, '_>) -> Option<Vec<Grade>> {
    let total = fields.optional("totalSeats", count(1, SEATS_MAX));
    let prices = price_entries(fields);
    if fields.raw("seatTypes").is_some() {
        return grades_in_full(fields, prices.unwrap_or_default(), total);
    }
    if fields.raw("totalSeats").is_none() {
        fields.fault("totalSeats", Fault::Missing);
    }
    let prices = prices?;
    shared(fields, &prices, total?)
}

fn grades_in_full(
    fields: &Fields<'_, '_>,
    prices: Vec<(SeatType, Money)>,
    total: Option<u32>,
) -> Option<Vec<Grade>> {
    let mut entries = grade_entries(fields, true)?;
    agree_on_prices(fields, &mut entries, prices);
    let sum = sum(&entries);
    check_sum(fields, sum, total);
    check_assigned(fields, &entries);
    let grade = |entry: GradeEntry| Grade {
        seat_type: entry.seat_type,
        price: entry.price.unwrap_or(Money::ZERO),
        seating: entry.seating,
        stock: Stock::of(entry.total.unwrap_or(0)),
    };
    Some(entries.into_iter().map(grade).collect())
}

/// The entries of `seatTypes`; a new event's must say how many seats they have.
pub(super) fn grade_entries(fields: &Fields<'_, '_>, is_new: bool) -> Option<Vec<GradeEntry>> {
    let Json::List(items) = fields.raw("seatTypes")? else {
        fields.fault("seatTypes", Fault::NotList);
        return None;
    };
    if !(1..=GRADES_MAX).contains(&items.len()) {
        fields.fault(
            "seatTypes",
            Fault::Items {
                min: 1,
                max: GRADES_MAX,
            },
        );
        return None;
    }
    let mut entries: Vec<GradeEntry> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let Some(inner) = fields.inner("seatTypes", Some(index), item) else {
            continue;
        };
        let Some(entry) = grade_entry(&inner, is_new) else {
            continue;
        };
        if entries
            .iter()
            .any(|known| known.seat_type == entry.seat_type)
        {
            inner.fault("seatType", Fault::Duplicate);
        }
        entries.push(entry);
    }
    Some(entries)
}

fn grade_entry(fields: &Fields<'_, '_>, is_new: bool) -> Option<GradeEntry> {
    let seat_type = fields.required("seatType", seat_type);
    let price = fields.optional("price", price);
    let (seating, total) = if is_new {
        let seating = seating(fields);
        (seating, new_total(fields, seating))
    } else {
        let told = SEATING_FIELDS
            .iter()
            .filter(|name| fields.raw(name).is_some());
        told.for_each(|name| fields.fault(name, Fault::SeatingStays));
        let total = fields.kept("total", count(1, SEATS_MAX));
        (Some(Seating::General), total)
    };
    Some(GradeEntry {
        seat_type: seat_type?,
        price,
        total,
        seating: seating?,
    })
}

/// General admission unless told otherwise; what is assigned has rows.
fn seating(fields: &Fields<'_, '_>) -> Option<Seating> {
    let is_assigned = match fields.raw("seating") {
        None => false,
        Some(_) => fields.required("seating", |value| {
            one_of(SEATINGS, &[false, true])(any_text(value)?)
        })?,
    };
    if is_assigned {
        let rows = fields.required("rows", count(1, ROWS_MAX));
        let seats_per_row = fields.required("seatsPerRow", count(1, SEATS_PER_ROW_MAX));
        return Some(Seating::Assigned {
            rows: rows?,
            seats_per_row: seats_per_row?,
        });
    }
    for name in ["rows", "seatsPerRow"] {
        if fields.raw(name).is_some() {
            fields.fault(name, Fault::RowsNotAssigned);
        }
    }
    Some(Seating::General)
}

/// The seats of a new grade; those of an assigned one follow from its rows.
fn new_total(fields: &Fields<'_, '_>, seating: Option<Seating>) -> Option<u32> {
    let Some(Seating::Assigned {
        rows,
        seats_per_row,
    }) = seating
    else {
        let needed = seating.is_some();
        let read = count(1, SEATS_MAX);
        return if needed {
            fields.required("total", read)
        } else {
            fields.optional("total", read)
        };
    };
    let seats = rows * seats_per_row;
    let told = fields.optional("total", count(1, SEATS_MAX));
    if told.is_some_and(|told| told != seats) {
        fields.fault("total", Fault::RowsDisagree { seats });
    }
    Some(seats)
}

/// Notes where more seats have numbers than one event may have.
fn check_assigned(fields: &Fields<'_, '_>, entries: &[GradeEntry]) {
    let assigned = entries
        .iter()
        .filter(|entry| entry.seating != Seating::General);
    let seats: u64 = assigned
        .filter_map(|entry| entry.total)
        .map(u64::from)
        .sum();
    if seats > ASSIGNED_SEATS_MAX.into() {
        let max = ASSIGNED_SEATS_MAX;
        fields.fault("seatTypes", Fault::TooManyAssigned { max });
    }
}

/// `price` as a map of grades, or as the price of the one grade there is.
pub(super) fn price_entries(fields: &Fields<'_, '_>) -> Option<Vec<(SeatType, Money)>> {
    match fields.raw("price") {
        None => Some(Vec::new()),
        Some(value @ Json::Object(members)) => {
            if !(1..=GRADES_MAX).contains(&members.len()) {
                fields.fault(
                    "price",
                    Fault::Items {
                        min: 1,
                        max: GRADES_MAX,
                    },
                );
                return None;
            }
            let inner = fields.inner("price", None, value)?;
            let mut prices: Vec<(SeatType, Money)> = Vec::with_capacity(members.len());
            for (name, value) in inner.members() {
                let read = seat_type_of(name).and_then(|grade| Ok((grade, price(value)?)));
                match read {
                    Ok((grade, _)) if prices.iter().any(|(known, _)| *known == grade) => {
                        inner.fault(name, Fault::Duplicate);
                    }
                    Ok(entry) => prices.push(entry),
                    Err(fault) => inner.fault(name, fault),
                }
            }
            Some(prices)
        }
        Some(value) => match (price(value), seat_type_of(GENERAL)) {
            (Ok(price), Ok(general)) => Some(vec![(general, price)]),
            (Err(fault), _) | (_, Err(fault)) => {
                fields.fault("price", fault);
                None
            }
        },
    }
}

/// Fills in the prices that entries lack. A price that is told twice must be the same.
pub(super) fn agree_on_prices(
    fields: &Fields<'_, '_>,
    entries: &mut [GradeEntry],
    prices: Vec<(SeatType, Money)>,
) {
    for (seat_type, price) in prices {
        let entry = entries
            .iter_mut()
            .find(|entry| entry.seat_type == seat_type);
        let agrees = entry.is_some_and(|entry| *entry.price.get_or_insert(price) == price);
        if !agrees {
            fields.fault("price", Fault::PricesDisagree);
        }
    }
}

/// All seats of the entries.
pub(super) fn sum(entries: &[GradeEntry]) -> u64 {
    entries
        .iter()
        .filter_map(|entry| entry.total)
        .map(u64::from)
        .sum()
}

/// Notes where the seats are too many, or not as many as `totalSeats` says.
pub(super) fn check_sum(fields: &Fields<'_, '_>, sum: u64, total: Option<u32>) {
    if sum > SEATS_MAX.into() {
        fields.fault("seatTypes", Fault::TooManySeats { max: SEATS_MAX });
    }
    if total.is_some_and(|total| u64::from(total) != sum) {
        fields.fault("totalSeats", Fault::TotalsDisagree { sum });
    }
}

/// Shares the seats equally between the grades of a price map, the remainder to the first.
fn shared(fields: &Fields<'_, '_>, prices: &[(SeatType, Money)], total: u32) -> Option<Vec<Grade>> {
    let general = [(seat_type_of(GENERAL).ok()?, Money::ZERO)];
    let prices = if prices.is_empty() {
        &general[..]
    } else {
        prices
    };
    let count = u32::try_from(prices.len()).ok()?;
    if total < count {
        fields.fault(
            "totalSeats",
            Fault::FewerThanGrades {
                grades: prices.len(),
            },
        );
        return None;
    }
    let (share, remainder) = (total / count, total % count);
    let grade = |(index, (seat_type, price)): (usize, &(SeatType, Money))| Grade {
        seat_type: seat_type.clone(),
        price: *price,
        seating: Seating::General,
        stock: Stock::of(if index == 0 { share + remainder } else { share }),
    };
    Some(prices.iter().enumerate().map(grade).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fault::Faults;
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, i64, u32)>, Vec<String>> {
        let json = Json::read(body.as_bytes(), 16).expect("JSON");
        let faults = Faults::default();
        let read = Fields::of_body(&json, &faults).and_then(|fields| grades(&fields));
        let told = |grade: &Grade| {
            (
                grade.seat_type.to_string(),
                grade.price.0,
                grade.stock.total,
            )
        };
        faults
            .unless_any(read.map(|grades| grades.iter().map(told).collect()))
            .map_err(|error| error.fields())
    }

    fn grade(name: &str, price: i64, total: u32) -> (String, i64, u32) {
        (name.to_owned(), price, total)
    }

    #[test]
    fn without_prices_there_is_one_free_grade() {
        assert_eq!(
            read(r#"{"totalSeats": 10}"#),
            Ok(vec![grade("GENERAL", 0, 10)])
        );
        assert_eq!(
            read(r#"{"totalSeats": 10, "price": 500}"#),
            Ok(vec![grade("GENERAL", 500, 10)])
        );
    }

    #[test]
    fn a_price_map_shares_the_seats_and_the_first_gets_the_remainder() {
        let body = r#"{"totalSeats": 100, "price": {"vip": 150000, "r": 100000, "s": 70000}}"#;
        let grades = vec![
            grade("VIP", 150_000, 34),
            grade("R", 100_000, 33),
            grade("S", 70_000, 33),
        ];
        assert_eq!(read(body), Ok(grades));
        let few = r#"{"totalSeats": 2, "price": {"a": 1, "b": 1, "c": 1}}"#;
        assert_eq!(read(few), Err(vec!["totalSeats".to_owned()]));
    }

    #[test]
    fn grades_in_full_may_repeat_what_the_event_says_but_not_contradict_it() {
        let full = |rest: &str| {
            read(&format!(
                r#"{{"seatTypes": [{{"seatType": "VIP", "price": 9, "total": 2}}, {{"seatType": "r", "total": 3}}]{rest}}}"#
            ))
        };
        assert_eq!(full(""), Ok(vec![grade("VIP", 9, 2), grade("R", 0, 3)]));
        assert_eq!(
            full(r#", "totalSeats": 5, "price": {"R": 4}"#),
            Ok(vec![grade("VIP", 9, 2), grade("R", 4, 3)])
        );
        assert_eq!(
            full(r#", "totalSeats": 6"#),
            Err(vec!["totalSeats".to_owned()])
        );
        assert_eq!(
            full(r#", "price": {"VIP": 8}"#),
            Err(vec!["price".to_owned()])
        );
        assert_eq!(
            full(r#", "price": {"S": 8}"#),
            Err(vec!["price".to_owned()])
        );
    }

    #[test]
    fn every_bad_grade_is_told_with_its_place() {
        let body = r#"{"seatTypes": [
            {"seatType": "VIP", "price": -1, "total": 0},
            {"seatType": "vip", "price": 1.5, "total": "3"},
            {"price": 1, "total": 1, "seating": "ASSIGNED", "rows": 0},
            7,
            {"seatType": "S", "total": 1, "seating": "standing"},
            {"seatType": "A", "seating": "ASSIGNED", "rows": 2, "seatsPerRow": 3, "total": 5},
            {"seatType": "B", "total": 5, "rows": 1, "seatsPerRow": 5}
        ]}"#;
        let mut fields = read(body).expect_err("many faults");
        fields.sort();
        assert_eq!(
            fields,
            [
                "seatTypes[0].price",
                "seatTypes[0].total",
                "seatTypes[1].price",
                "seatTypes[1].seatType",
                "seatTypes[1].total",
                "seatTypes[2].rows",
                "seatTypes[2].seatType",
                "seatTypes[2].seatsPerRow",
                "seatTypes[3]",
                "seatTypes[4].seating",
                "seatTypes[5].total",
                "seatTypes[6].rows",
                "seatTypes[6].seatsPerRow",
            ]
        );
    }

    #[test]
    fn the_seats_of_an_assigned_grade_follow_from_its_rows() {
        let body = |rest: &str| {
            let grade =
                r#""seatType": "VIP", "seating": "assigned", "rows": 10, "seatsPerRow": 50"#;
            read(&format!(r#"{{"seatTypes": [{{{grade}{rest}}}]}}"#))
        };
        for rest in ["", r#", "total": 500"#, r#", "total": null"#] {
            assert_eq!(body(rest), Ok(vec![grade("VIP", 0, 500)]), "{rest}");
        }
        assert_eq!(
            body(r#", "total": 499"#),
            Err(vec!["seatTypes[0].total".to_owned()])
        );
        let many = r#"{"seatTypes": [{"seatType": "A", "seating": "ASSIGNED", "rows": 1000, "seatsPerRow": 100},
            {"seatType": "B", "seating": "ASSIGNED", "rows": 1, "seatsPerRow": 1}]}"#;
        assert_eq!(read(many), Err(vec!["seatTypes".to_owned()]));
    }

    #[test]
    fn the_sum_of_the_seats_is_bounded() {
        let body = r#"{"seatTypes": [{"seatType": "A", "total": 10000000}, {"seatType": "B", "total": 1}]}"#;
        assert_eq!(read(body), Err(vec!["seatTypes".to_owned()]));
        assert_eq!(
            read(r#"{"totalSeats": 10000001}"#),
            Err(vec!["totalSeats".to_owned()])
        );
        assert_eq!(read("{}"), Err(vec!["totalSeats".to_owned()]));
    }

    #[test]
    fn bad_prices_are_told_by_their_grade() {
        let body =
            r#"{"totalSeats": 9, "price": {"vip": -1, "VIP ": 1, "r": 1, "R": 2, "a-b": 1}}"#;
        let mut fields = read(body).expect_err("three faults");
        fields.sort();
        assert_eq!(fields, ["price.R", "price.a-b", "price.vip"]);
        assert_eq!(
            read(r#"{"totalSeats": 9, "price": {}}"#),
            Err(vec!["price".to_owned()])
        );
        assert_eq!(
            read(r#"{"totalSeats": 9, "price": "9"}"#),
            Err(vec!["price".to_owned()])
        );
    }
}
