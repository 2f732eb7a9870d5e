//! An event as an organizer fills it in: from an event, to a form, and to what the API reads.
//!
//! Everything is checked where the API checks it; a form only names its fields otherwise.

use std::borrow::Cow;

use boxoffice::event::{EventSnapshot, SaleState};
use boxoffice::grade::Seating;
use boxoffice::money::Currency;
use boxoffice::time::Timestamp;

use super::minutes;
use super::words::{Words, words};
use crate::errors::{ApiError, of_fault};
use crate::lang::Lang;
use crate::pages::filled::above;
use crate::pages::format::{amount, plain_amount};
use crate::request::{Form, Json};
use crate::zone::Zone;

/// Grades that a form has room for where no script adds more.
const GRADES: usize = 4;

/// A form that puts an event on sale, or changes one.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) venue: String,
    pub(super) address: String,
    pub(super) capacity: String,
    pub(super) date: String,
    pub(super) zone: String,
    pub(super) currency: String,
    pub(super) opens: String,
    pub(super) closes: String,
    pub(super) limit: String,
    pub(super) hold: String,
    pub(super) is_closed: bool,
    pub(super) grades: Vec<GradeDraft>,
    /// The version that is changed.
    pub(super) version: String,
    pub(super) notice: Option<String>,
    faults: Vec<(String, String)>,
}

/// A line of the form.
#[derive(Clone, Default)]
pub(super) struct GradeDraft {
    pub(super) name: String,
    pub(super) price: String,
    pub(super) total: String,
    pub(super) is_numbered: bool,
    pub(super) rows: String,
    pub(super) places: String,
    /// What is wrong with it, each with the name of its field.
    pub(super) faults: Vec<String>,
}

impl GradeDraft {
    fn is_empty(&self) -> bool {
        let typed = [
            &self.name,
            &self.price,
            &self.total,
            &self.rows,
            &self.places,
        ];
        typed.iter().all(|text| text.trim().is_empty())
    }
}

impl Draft {
    /// A form that nobody has filled in yet.
    pub(super) fn blank(zone: &Zone) -> Self {
        Self {
            zone: zone.name().to_owned(),
            currency: Currency::KRW.as_str().to_owned(),
            hold: "7".to_owned(),
            grades: vec![GradeDraft::default(); GRADES],
            ..Self::default()
        }
    }

    /// The form of an event as it is.
    pub(super) fn of_event(snapshot: &EventSnapshot) -> Self {
        let event = &*snapshot.event;
        let zone = Zone::named_or_utc(&event.zone);
        let local = |at: Timestamp| zone.civil(at).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let optional = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
        let grades = snapshot.grades.iter().map(|grade| {
            let (is_numbered, rows, places) = match grade.seating {
                Seating::General => (false, String::new(), String::new()),
                Seating::Assigned {
                    rows,
                    seats_per_row,
                } => (true, rows.to_string(), seats_per_row.to_string()),
            };
            GradeDraft {
                name: grade.seat_type.to_string(),
                price: plain_amount(grade.price, event.currency),
                total: grade.stock.total.to_string(),
                is_numbered,
                rows,
                places,
                faults: Vec::new(),
            }
        });
        Self {
            name: event.name.clone(),
            description: event.description.clone().unwrap_or_default(),
            venue: event.venue.name.clone().unwrap_or_default(),
            address: event.venue.address.clone().unwrap_or_default(),
            capacity: optional(event.venue.capacity),
            date: local(event.starts_at),
            zone: event.zone.clone(),
            currency: event.currency.to_string(),
            opens: event.sale_opens_at.map(local).unwrap_or_default(),
            closes: event.sale_closes_at.map(local).unwrap_or_default(),
            limit: optional(event.buyer_tickets_max),
            hold: minutes::typed(event.hold_secs),
            is_closed: event.state == SaleState::Closed,
            grades: grades.collect(),
            version: snapshot.version.0.to_string(),
            ..Self::default()
        }
    }

    /// The same event once more, at another time, with room for more grades.
    pub(super) fn once_more(mut self) -> Self {
        self.date.clear();
        self.opens.clear();
        self.closes.clear();
        self.is_closed = false;
        self.grades
            .resize(self.grades.len().max(GRADES), GradeDraft::default());
        self
    }

    /// The form as it was sent.
    pub(super) fn of_form(form: &Form) -> Self {
        let fields = form.fields();
        let text = |name| fields.text(name).unwrap_or_default().to_owned();
        let all = |name| fields.every(name).map(str::to_owned).collect::<Vec<_>>();
        let (prices, totals, seatings) = (all("price"), all("total"), all("seating"));
        let (rows, places) = (all("rows"), all("places"));
        let at = |values: &[String], index: usize| values.get(index).cloned().unwrap_or_default();
        let names = all("grade").into_iter().enumerate();
        Self {
            name: text("name"),
            description: text("description").replace("\r\n", "\n"),
            venue: text("venue"),
            address: text("address"),
            capacity: text("capacity"),
            date: text("date"),
            zone: text("zone"),
            currency: text("currency"),
            opens: text("opens"),
            closes: text("closes"),
            limit: text("limit"),
            hold: text("hold"),
            is_closed: fields.text("closed").is_some(),
            grades: names
                .map(|(index, name)| GradeDraft {
                    name,
                    price: at(&prices, index),
                    total: at(&totals, index),
                    is_numbered: at(&seatings, index) == "ASSIGNED",
                    rows: at(&rows, index),
                    places: at(&places, index),
                    faults: Vec::new(),
                })
                .collect(),
            version: text("version"),
            ..Self::default()
        }
    }

    /// With why it could not be done.
    pub(super) fn refused(mut self, error: &ApiError, lang: Lang) -> Self {
        self.notice = Some(above(error, lang));
        let faults = error.faults();
        self.faults = faults
            .map(|(field, fault)| match field {
                // The form asks for minutes where the API takes seconds.
                "holdSeconds" => (field.to_owned(), words(lang).hold_fault.to_owned()),
                field => (field.to_owned(), of_fault(lang, fault).into_owned()),
            })
            .collect();
        self.put_into_lines(words(lang));
        self
    }

    /// What is wrong with a field, by its name in the API.
    pub(super) fn fault(&self, field: &str) -> Option<&str> {
        let mut faults = self.faults.iter();
        let found = faults.find(|(known, _)| known == field);
        found.map(|(_, fault)| fault.as_str())
    }

    /// What is wrong with the grades, and stands in no line of one.
    pub(super) fn grade_faults(&self) -> impl Iterator<Item = String> {
        let of_grades = ["seatTypes", "price", "totalSeats"];
        let faults = self.faults.iter().filter(move |(field, _)| {
            let is_told = in_line(field).is_some();
            !is_told && of_grades.iter().any(|name| field.starts_with(name))
        });
        faults.map(|(field, fault)| format!("{field}: {fault}"))
    }

    /// Tells what is wrong with a grade in its line.
    fn put_into_lines(&mut self, w: &Words) {
        // Lines that are left empty the API does not know of.
        let lines = self.grades.iter_mut().filter(|grade| !grade.is_empty());
        for (place, grade) in lines.enumerate() {
            let own = self.faults.iter().filter_map(|(field, fault)| {
                let (told, word) = in_line(field)?;
                (told == place).then(|| format!("{}: {fault}", word(w)))
            });
            grade.faults = own.collect();
        }
    }

    /// The body of `POST /events`.
    pub(super) fn as_new(&self) -> Json<'_> {
        let currency = self.currency();
        let grades = self.grades.iter().filter(|grade| !grade.is_empty());
        let grades = grades.map(|grade| {
            let mut members = vec![
                ("seatType".into(), text(&grade.name)),
                ("price".into(), price(&grade.price, currency)),
            ];
            if grade.is_numbered {
                members.push(("seating".into(), text("ASSIGNED")));
                members.push(("rows".into(), whole(&grade.rows)));
                members.push(("seatsPerRow".into(), whole(&grade.places)));
            } else {
                members.push(("total".into(), whole(&grade.total)));
            }
            Json::Object(members)
        });
        let mut members = self.common();
        members.push(("currency".into(), text(&self.currency)));
        members.push(("seatTypes".into(), Json::List(grades.collect())));
        Json::Object(members)
    }

    /// The body of `PUT /events/{eventId}`: everything that can be changed.
    pub(super) fn as_change(&self) -> Json<'_> {
        let currency = self.currency();
        let grades = self.grades.iter().map(|grade| {
            let mut members = vec![
                ("seatType".into(), text(&grade.name)),
                ("price".into(), price(&grade.price, currency)),
            ];
            if !grade.is_numbered {
                members.push(("total".into(), whole(&grade.total)));
            }
            Json::Object(members)
        });
        let state = if self.is_closed { "CLOSED" } else { "ACTIVE" };
        let mut members = self.common();
        members.push(("status".into(), text(state)));
        members.push(("seatTypes".into(), Json::List(grades.collect())));
        Json::Object(members)
    }

    fn common(&self) -> Vec<(Cow<'_, str>, Json<'_>)> {
        let venue = vec![
            ("name".into(), text(&self.venue)),
            ("address".into(), text(&self.address)),
            ("capacity".into(), whole(&self.capacity)),
        ];
        vec![
            ("eventName".into(), text(&self.name)),
            ("description".into(), text(&self.description)),
            ("venue".into(), Json::Object(venue)),
            ("eventDate".into(), text(&self.date)),
            ("timeZone".into(), text(&self.zone)),
            ("saleOpensAt".into(), text(&self.opens)),
            ("saleClosesAt".into(), text(&self.closes)),
            ("maxPerBuyer".into(), whole(&self.limit)),
            (
                "holdSeconds".into(),
                minutes::secs(&self.hold).map_or(Json::Number, Json::Integer),
            ),
        ]
    }

    fn currency(&self) -> Currency {
        self.currency.trim().parse().unwrap_or(Currency::KRW)
    }
}

/// What the form calls a field.
type Word = fn(&Words) -> &'static str;

/// The place of a grade that the API names in a fault, like `seatTypes[0].price`, and what the form calls
/// the field.
fn in_line(field: &str) -> Option<(usize, Word)> {
    let (place, member) = field.strip_prefix("seatTypes[")?.split_once("].")?;
    let word: Word = match member {
        "seatType" => |w| w.grade,
        "price" => |w| w.price,
        "seating" => |w| w.seating,
        "total" => |w| w.seats,
        "rows" => |w| w.rows,
        "seatsPerRow" => |w| w.places,
        _ => return None,
    };
    Some((place.parse().ok()?, word))
}

/// A text; an empty one says that there is none.
fn text(value: &str) -> Json<'_> {
    match value.trim() {
        "" => Json::Null,
        text => Json::Text(text.into()),
    }
}

/// A whole number; what is none is refused as a number of the API would be.
fn whole(value: &str) -> Json<'_> {
    match value.trim() {
        "" => Json::Null,
        digits => digits.parse().map_or(Json::Number, Json::Integer),
    }
}

/// A price as people write it, in minor units.
fn price(value: &str, currency: Currency) -> Json<'_> {
    match value.trim() {
        "" => Json::Null,
        price => amount(price, currency).map_or(Json::Number, Json::Integer),
    }
}

/// Reads what a form that was sent says, as the API would.
#[cfg(any(test, feature = "doors"))]
pub(crate) fn organizers_form<T>(form: &Form, read: impl FnOnce(&Json<'_>) -> T) -> T {
    read(&Draft::of_form(form).as_new())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::request::{Faults, new_event};

    fn sent(form: &'static str) -> Draft {
        Draft::of_form(&Form::new(Bytes::from_static(form.as_bytes())))
    }

    #[test]
    fn a_form_becomes_the_event_that_the_api_would_make() {
        let draft = sent(
            "name=Gala&date=2031-01-01T19%3A00&zone=Asia%2FSeoul&currency=USD&hold=1.5&limit=4\
             &grade=vip&price=12.50&seating=ASSIGNED&total=&rows=2&places=10\
             &grade=r&price=9&seating=GENERAL&total=100&rows=&places=\
             &grade=&price=&seating=GENERAL&total=&rows=&places=",
        );
        let (faults, zone) = (Faults::default(), Zone::named_or_utc("UTC"));
        let json = draft.as_new();
        let new = new_event(&json, None, &zone, Timestamp::default(), &faults);
        let (new, _) = faults.unless_any(new).expect("an event");
        assert_eq!(
            (new.event.hold_secs, new.event.buyer_tickets_max),
            (90, Some(4))
        );
        let grades: Vec<_> = new
            .grades
            .iter()
            .map(|g| (g.seat_type.as_str(), g.price.0, g.stock.total))
            .collect();
        assert_eq!(grades, [("VIP", 1_250, 20), ("R", 900, 100)]);
    }

    #[test]
    fn what_is_no_number_is_refused_where_it_stands() {
        let draft = sent(
            "name=Gala&date=2031-01-01T19%3A00&hold=soon&limit=x&grade=r&price=1,5.0&seating=GENERAL&total=many",
        );
        let (faults, zone) = (Faults::default(), Zone::named_or_utc("UTC"));
        let json = draft.as_new();
        let new = new_event(&json, None, &zone, Timestamp::default(), &faults);
        let mut fields = faults.unless_any(new).expect_err("faults").fields();
        fields.sort();
        let expected = [
            "holdSeconds",
            "maxPerBuyer",
            "seatTypes[0].price",
            "seatTypes[0].total",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_is_wrong_with_a_grade_is_told_in_its_line() {
        let draft = sent(
            "name=Gala&date=2031-01-01T19%3A00&hold=7\
             &grade=&price=&seating=GENERAL&total=\
             &grade=r&price=60000&seating=GENERAL&total=50\
             &grade=s&price=many&seating=GENERAL&total=50\
             &grade=&price=20000&seating=GENERAL&total=50",
        );
        let error = {
            let (faults, zone) = (Faults::default(), Zone::named_or_utc("UTC"));
            let json = draft.as_new();
            let new = new_event(&json, None, &zone, Timestamp::default(), &faults);
            faults.unless_any(new).expect_err("faults")
        };
        let draft = draft.refused(&error, Lang::En);
        let told: Vec<_> = draft.grades.iter().map(|grade| &grade.faults[..]).collect();
        assert!(told[0].is_empty() && told[1].is_empty(), "{told:?}");
        assert!(told[2][0].starts_with("Price: "), "{told:?}");
        assert!(told[3][0].starts_with("Grade: "), "{told:?}");
        assert_eq!(draft.grade_faults().count(), 0);
    }
}
