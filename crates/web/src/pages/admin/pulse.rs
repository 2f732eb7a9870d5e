//! How this node is doing while an event sells, as its own metrics tell.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use boxoffice::event::EventSnapshot;
use boxoffice::takings::LATELY_SECS;
use serde::Serialize;

use super::session;
use crate::api::{Answer, App, event_number, told_event};
use crate::errors::{ApiError, Code};
use crate::lang::Lang;
use crate::pages::face::Face;
use crate::pages::format;
use crate::pages::visitor::lang_of;
use crate::request::{Asked, Faults};
use crate::visit::Host;

/// What a sale's page asks for every other second.
#[derive(Serialize, PartialEq, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pulse {
    /// Commands that wait to be decided.
    pub(super) queue_length: u64,
    /// Commands that were turned away for load since the node began.
    pub(super) shed: u64,
    /// Commands that were refused for a reason of the sale's.
    pub(super) refused: u64,
    /// Groups that another node was faster than.
    conflicts: u64,
    /// Each invariant, and how often it is violated now.
    pub(super) invariants: Vec<(String, u64)>,
}

impl Pulse {
    /// What the metrics say, in the text format of Prometheus.
    pub(super) fn read(metrics: &str) -> Self {
        let mut pulse = Self::default();
        for line in metrics.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let value = whole(value);
            let (family, labels) = name.split_once('{').unwrap_or((name, ""));
            match family {
                "onsale_queue_length" => pulse.queue_length += value,
                "onsale_shed_total" => pulse.shed += value,
                "onsale_conflicts_total" => pulse.conflicts += value,
                "onsale_outcomes_total" if labels.contains("fate=\"refused\"") => {
                    pulse.refused += value;
                }
                "onsale_invariant_violations" => {
                    let invariant = labels.split('"').nth(1).unwrap_or_default();
                    pulse.invariants.push((invariant.to_owned(), value));
                }
                _ => {}
            }
        }
        pulse
    }
}

/// What a sale has taken and how fast it goes, for people.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    /// What the confirmed reservations cost.
    pub(super) revenue: String,
    /// Reservations a second.
    pub(super) per_second: String,
    /// Where the event stands, in a word or two.
    badge: String,
    /// Its name in the stylesheet.
    standing: &'static str,
}

impl Told {
    /// Of this event, in this language.
    pub(super) async fn of(
        app: &App,
        snapshot: &EventSnapshot,
        lang: Lang,
    ) -> Result<Self, ApiError> {
        let takings = app.box_office.takings(snapshot.event.id).await?;
        let face = Face::of(snapshot, app.box_office.now(), lang);
        Ok(Self {
            badge: face.badge,
            standing: face.standing.class(),
            revenue: format::money(takings.amount, snapshot.event.currency, lang),
            per_second: format!("{:.1}", takings.lately as f64 / f64::from(LATELY_SECS)),
        })
    }
}

/// What the script is told: how the node is doing, and the sale that it asks about.
#[derive(Serialize)]
struct Beat {
    #[serde(flatten)]
    pulse: Pulse,
    #[serde(flatten)]
    sale: Option<Told>,
}

/// A count; what these families hold is whole and not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: &str) -> u64 {
    value.parse::<f64>().unwrap_or(0.0).max(0.0) as u64
}

pub(super) async fn pulse(app: Host, asked: Asked) -> Answer {
    if let Some(login) = session::turned_away(&app, &asked) {
        return Ok(login);
    }
    let event = {
        let query = asked.filled_in();
        query.optional("event", &Faults::default(), event_number)
    };
    let sale = match event {
        None => None,
        Some(id) => {
            let snapshot = told_event(&app, id).await.ok_or(Code::EventNotFound)?;
            app.history.watch(&snapshot);
            Some(Told::of(&app, &snapshot, lang_of(asked.headers())).await?)
        }
    };
    let pulse = Pulse::read(&app.metrics_text());
    told_to_script(&Beat { pulse, sale })
}

/// What a page's own script asks for again and again.
pub(super) fn told_to_script(told: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(told);
    let body = body.map_err(|error| ApiError::from(Code::Internal).because(&error))?;
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_is_read_from_the_metrics() {
        let metrics = "# TYPE onsale_queue_length gauge\nonsale_queue_length 7\n\
            onsale_shed_total 2\nonsale_outcomes_total{command=\"reserve\",fate=\"refused\"} 5\n\
            onsale_outcomes_total{command=\"cancel\",fate=\"refused\"} 1\n\
            onsale_outcomes_total{command=\"reserve\",fate=\"done\"} 90\n\
            onsale_invariant_violations{invariant=\"stock_adds_up\"} 0\nother 3\n";
        let expected = Pulse {
            queue_length: 7,
            shed: 2,
            refused: 6,
            conflicts: 0,
            invariants: vec![("stock_adds_up".to_owned(), 0)],
        };
        assert_eq!(Pulse::read(metrics), expected);
    }
}
