//! Every event, with what was sold of it.

use askama::Template;
use axum::http::StatusCode;
use boxoffice::event::EventSnapshot;
use boxoffice::page::{Direction, PageRequest};
use boxoffice::store::{EventFilter, EventListQuery, EventSort};

use super::frame::Desk;
use super::session;
use crate::api::{Answer, SEARCH_LEN_MAX};
use crate::pages::face::Face;
use crate::pages::format;
use crate::pages::html::{encode, page};
use crate::request::{Asked, Faults, PAGE_NUMBER_MAX, line_of, number};
use crate::visit::Host;

/// Events on a page.
const PAGE_SIZE: u32 = 25;

#[derive(Template)]
#[template(path = "admin/desk.html")]
struct DeskPage {
    desk: Desk,
    text: String,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

struct Row {
    face: Face,
    sold: String,
    held: String,
    left: String,
    percent: u64,
}

impl Row {
    fn of(face: Face, snapshot: &EventSnapshot) -> Self {
        let stock = snapshot.stock();
        let told = |count: u32| format::number(count.into());
        Self {
            face,
            sold: told(stock.sold),
            held: told(stock.held),
            left: told(stock.available),
            percent: u64::from(stock.taken()) * 100 / u64::from(stock.total.max(1)),
        }
    }
}

pub(super) async fn list(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let (text, wanted) = {
        let (query, faults) = (asked.filled_in(), Faults::default());
        let text = query.optional("q", &faults, |text| line_of(text, SEARCH_LEN_MAX));
        let page = query.optional("page", &faults, number(1, PAGE_NUMBER_MAX.into()));
        (text, page.and_then(|n| u32::try_from(n).ok()).unwrap_or(1))
    };
    let desk = Desk::of(&app, &asked);
    let (lang, now) = (desk.lang(), app.box_office.now());
    let found = app.box_office.events(EventListQuery {
        filter: EventFilter::All,
        text: text.clone(),
        sort: EventSort::CreatedAt,
        direction: Direction::Descending,
        page: PageRequest {
            page: wanted - 1,
            size: PAGE_SIZE,
        },
        now,
    });
    let found = found.await?;
    let text = text.unwrap_or_default();
    let address = |page| format!("/admin?q={}&page={page}", encode(&text));
    let is_last = u64::from(wanted) * u64::from(PAGE_SIZE) >= found.total;
    let rows = found.items.iter();
    let template = DeskPage {
        rows: rows
            .map(|snapshot| Row::of(Face::of(snapshot, now, lang), snapshot))
            .collect(),
        previous: (wanted > 1).then(|| address(wanted - 1)),
        next: (!is_last).then(|| address(wanted + 1)),
        desk,
        text,
    };
    page(StatusCode::OK, lang, &template)
}
