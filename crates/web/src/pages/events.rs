//! The list of events: searched, filtered, sorted.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::{EventFilter, EventListQuery, EventSort};

use super::face::Face;
use super::format;
use super::html::{self, Frame, encode};
use super::visitor::lang_of;
use crate::api::{Answer, SEARCH_LEN_MAX};
use crate::request::{Asked, Faults, PAGE_NUMBER_MAX, line_of, number};
use crate::visit::Host;

/// Events on a page.
const PAGE_SIZE: u32 = 24;

/// What can be shown, by its name in the address.
const SHOWN: [(&str, EventFilter); 6] = [
    ("upcoming", EventFilter::Upcoming),
    ("available", EventFilter::Available),
    ("soldout", EventFilter::SoldOut),
    ("over", EventFilter::Closed),
    ("cancelled", EventFilter::Cancelled),
    ("all", EventFilter::All),
];

/// The orders, by their names in the address.
const ORDERS: [(&str, EventSort, Direction); 3] = [
    ("soonest", EventSort::EventDate, Direction::Ascending),
    ("name", EventSort::EventName, Direction::Ascending),
    ("newest", EventSort::CreatedAt, Direction::Descending),
];

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    frame: Frame,
    asked: Wanted,
    found: String,
    faces: Vec<Face>,
    shown: Vec<Choice>,
    orders: Vec<Choice>,
    pages: u64,
    /// Which page of how many.
    part: String,
    now_millis: i64,
}

impl EventsPage {
    fn has_next(&self) -> bool {
        u64::from(self.asked.page) < self.pages
    }
}

struct Choice {
    name: &'static str,
    label: &'static str,
    is_chosen: bool,
}

/// What the address asks for; what makes no sense in it is left out.
struct Wanted {
    text: String,
    shown: usize,
    order: usize,
    page: u32,
}

impl Wanted {
    fn read(asked: &Asked) -> Self {
        let (query, faults) = (asked.filled_in(), Faults::default());
        let shown = query.text("show").unwrap_or_default();
        let order = query.text("order").unwrap_or_default();
        let page = query.optional("page", &faults, number(1, PAGE_NUMBER_MAX.into()));
        Self {
            text: query
                .optional("q", &faults, |text| line_of(text, SEARCH_LEN_MAX))
                .unwrap_or_default(),
            shown: SHOWN.iter().position(|(n, _)| *n == shown).unwrap_or(0),
            order: ORDERS.iter().position(|(n, ..)| *n == order).unwrap_or(0),
            page: page.and_then(|page| u32::try_from(page).ok()).unwrap_or(1),
        }
    }

    /// The address of another page of the same list.
    fn address(&self, page: u32) -> String {
        format!(
            "/?q={}&show={}&order={}&page={page}",
            encode(&self.text),
            SHOWN[self.shown].0,
            ORDERS[self.order].0
        )
    }

    fn previous(&self) -> String {
        self.address(self.page.saturating_sub(1))
    }

    fn next(&self) -> String {
        self.address(self.page.saturating_add(1))
    }
}

pub(super) async fn list(app: Host, asked: Asked) -> Answer {
    let (lang, wanted) = (lang_of(asked.headers()), Wanted::read(&asked));
    let now = app.box_office.now();
    let (_, sort, direction) = ORDERS[wanted.order];
    let found = app.box_office.events(EventListQuery {
        filter: SHOWN[wanted.shown].1,
        text: Some(wanted.text.clone()).filter(|text| !text.is_empty()),
        sort,
        direction,
        page: PageRequest {
            page: wanted.page - 1,
            size: PAGE_SIZE,
        },
        now,
    });
    let found = found.await?;
    let faces = found.items.iter();
    let frame = Frame::new(lang, wanted.address(wanted.page));
    let t = &frame.t.list;
    let shown = [
        t.upcoming,
        t.available,
        t.sold_out,
        t.closed,
        t.cancelled,
        t.all,
    ];
    let orders = [t.soonest, t.by_name, t.newest];
    let pages = found.total.div_ceil(PAGE_SIZE.into());
    let template = EventsPage {
        found: (t.found)(found.total),
        faces: faces.map(|event| Face::of(event, now, lang)).collect(),
        shown: choices(SHOWN.map(|(name, _)| name), shown, wanted.shown),
        orders: choices(ORDERS.map(|(name, ..)| name), orders, wanted.order),
        part: (t.part)(wanted.page, pages),
        pages,
        now_millis: format::millis(now),
        asked: wanted,
        frame,
    };
    html::page(StatusCode::OK, lang, &template)
}

fn choices<const N: usize>(
    names: [&'static str; N],
    labels: [&'static str; N],
    chosen: usize,
) -> Vec<Choice> {
    let pairs = names.into_iter().zip(labels).enumerate();
    let choice = |(at, (name, label))| Choice {
        name,
        label,
        is_chosen: at == chosen,
    };
    pairs.map(choice).collect()
}
