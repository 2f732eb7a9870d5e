//! Buyers who come by the balancer, whatever happens behind it: so many a second, each with a key of
//! her own, each trying again as `docs/api.md` says; and visitors who look, once each.
//!
//! They come on time whether or not others have been answered, as people do: a fault that holds some
//! up must not keep the rest away, or its gap would look smaller than it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use hyper::StatusCode;
use hyper::body::Bytes;
use load::client::{Answer, Client, Lost};
use load::target::Target;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long one request may take: longer than the platform's own deadline.
const REQUEST_MAX: Duration = Duration::from_secs(15);

/// When a buyer gives up.
const GIVE_UP: Duration = Duration::from_mins(1);

/// One in so many buyers wants numbered seats.
const ASSIGNED_EVERY: u64 = 8;

/// One in so many buyers gives back what she got.
const CANCEL_EVERY: u64 = 10;

/// How many seats have numbers: rows, and seats in each.
const HALL: (u32, u32) = (100, 100);

/// How many tickets have none; more than ever are asked for.
const TICKETS: u32 = 5_000_000;

/// What somebody saw of one request.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// When it was answered, or given up, since the rush began.
    pub(crate) at: Duration,
    pub(crate) seen: Seen,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// A reservation.
    Reserved,
    /// A reservation was given back.
    Cancelled,
    /// A page.
    Shown,
    /// A refusal that is final.
    Refused(String),
    /// No answer, or one that says to try again.
    Failed(String),
}

/// A reservation that a buyer was told is hers.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) user: String,
    /// 32 hexadecimal digits.
    pub(crate) reservation: String,
    pub(crate) quantity: u32,
    pub(crate) seats: Vec<String>,
    /// Whether she was also told that she has given it back.
    pub(crate) cancelled: bool,
}

/// What all saw together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Buyers who gave up, and why.
    pub(crate) lost_patience: Vec<String>,
}

/// A rush that goes on.
pub(crate) struct Rush {
    began: Instant,
    crowd: Arc<Crowd>,
    over: watch::Sender<bool>,
    arriving: JoinHandle<()>,
    handle: Handle,
}

struct Crowd {
    target: Target,
    event: u64,
    began: Instant,
    /// Connections that nobody uses at the moment.
    idle: Mutex<Vec<Client>>,
    record: Mutex<Record>,
}

#[derive(Deserialize)]
struct Reservation {
    #[serde(rename = "reservationId")]
    id: String,
    quantity: u32,
    #[serde(default)]
    seats: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_id: u64,
}

impl Rush {
    /// Puts an event on sale at `url` and opens the doors: `per_sec` buyers come each second, and as
    /// many visitors.
    pub(crate) fn begin(handle: &Handle, url: &str, per_sec: u32) -> anyhow::Result<Self> {
        let (target, event) = handle.block_on(async {
            let target = Target::resolve(url).await?;
            let event = put_on_sale(&target).await?;
            anyhow::Ok((target, event))
        })?;
        let began = Instant::now();
        let crowd = Arc::new(Crowd {
            target,
            event,
            began,
            idle: Mutex::new(Vec::new()),
            record: Mutex::new(Record::default()),
        });
        let (over, is_over) = watch::channel(false);
        let arriving = handle.spawn(Arc::clone(&crowd).arrive(per_sec, is_over));
        Ok(Self {
            began,
            crowd,
            over,
            arriving,
            handle: handle.clone(),
        })
    }

    /// How long it has gone on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The event that is sold.
    pub(crate) fn event(&self) -> u64 {
        self.crowd.event
    }

    /// Lets so many more buyers come in this moment, each on a connection of her own, and waits until
    /// each has her answer.
    pub(crate) fn burst(&self, buyers: u32) -> anyhow::Result<()> {
        self.handle.block_on(async {
            let mut together = JoinSet::new();
            let at = self.elapsed().as_millis();
            for _ in 0..buyers {
                let client = Client::new(self.crowd.target.clone(), REQUEST_MAX);
                self.crowd.put_back(client);
            }
            for number in 0..buyers {
                let crowd = Arc::clone(&self.crowd);
                let user = format!("burst-{at}-{number}");
                together.spawn(async move { crowd.buy(&user, number.into()).await });
            }
            while let Some(buyer) = together.join_next().await {
                buyer.context("a buyer's task failed")?;
            }
            Ok(())
        })
    }

    /// How many were told since `from` that tickets are theirs.
    pub(crate) fn reserved_since(&self, from: Duration) -> usize {
        let record = self.crowd.record();
        let later = record.attempts.iter().rev().take_while(|a| a.at >= from);
        later.filter(|a| a.seen == Seen::Reserved).count()
    }

    /// Closes the doors, waits until everybody who came has her answer or has given up, and tells
    /// what they saw.
    pub(crate) fn end(self) -> anyhow::Result<Record> {
        self.over.send_replace(true);
        self.handle
            .block_on(self.arriving)
            .context("the crowd's task failed")?;
        Ok(std::mem::take(&mut *self.crowd.record()))
    }
}

async fn put_on_sale(target: &Target) -> anyhow::Result<u64> {
    let (rows, seats_per_row) = HALL;
    let event = json!({
        "eventName": "The evening of the drill",
        "eventDate": "2099-12-31T19:00:00",
        "seatTypes": [
            { "seatType": "R", "price": 100_000, "total": TICKETS },
            { "seatType": "VIP", "price": 200_000, "total": rows * seats_per_row,
              "seating": "ASSIGNED", "rows": rows, "seatsPerRow": seats_per_row },
        ],
    });
    let mut organizer = Client::new(target.clone(), REQUEST_MAX);
    let answer = organizer.post("/api/events", None, &event).await?;
    let event: Event = answer.expect(StatusCode::CREATED)?;
    Ok(event.event_id)
}

impl Crowd {
    async fn arrive(self: Arc<Self>, per_sec: u32, mut is_over: watch::Receiver<bool>) {
        let mut people = JoinSet::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_sec.max(1));
        // Who would have come while the generator itself stood still comes then.
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        for number in 0_u64.. {
            tokio::select! {
                biased;
                _ = is_over.changed() => break,
                _ = ticks.tick() => {}
            }
            let (buyer, visitor) = (Arc::clone(&self), Arc::clone(&self));
            people.spawn(async move { buyer.buy(&format!("buyer-{number}"), number).await });
            people.spawn(async move { visitor.visit(number).await });
            while people.try_join_next().is_some() {}
        }
        while people.join_next().await.is_some() {}
    }

    fn record(&self) -> std::sync::MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> Client {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let client = idle.pop();
        client.unwrap_or_else(|| Client::new(self.target.clone(), REQUEST_MAX))
    }

    fn put_back(&self, client: Client) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(client);
    }

    fn saw(&self, seen: Seen) {
        // In the order of their times.
        let mut record = self.record();
        let at = self.began.elapsed();
        record.attempts.push(Attempt { at, seen });
    }

    /// One buyer, from her first attempt to her last.
    async fn buy(&self, user: &str, number: u64) {
        let assigned = number.is_multiple_of(ASSIGNED_EVERY);
        let order = json!({
            "eventId": self.event,
            "userId": user,
            "quantity": 1 + number % 2,
            "seatType": if assigned { "VIP" } else { "R" },
        });
        let Some(body) = self.insist(user, number, &Wish::Reserve(&order)).await else {
            return;
        };
        let Ok(told) = serde_json::from_slice::<Reservation>(&body) else {
            return self.give_up(user, "201 that cannot be read");
        };
        let place = {
            let mut record = self.record();
            record.acknowledged.push(Acknowledged {
                user: user.to_owned(),
                reservation: told.id.replace('-', ""),
                quantity: told.quantity,
                seats: told.seats.unwrap_or_default(),
                cancelled: false,
            });
            record.acknowledged.len() - 1
        };
        if number % CANCEL_EVERY == 1 {
            let path = format!("/api/reservations/{}", told.id);
            let done = self.insist(user, number, &Wish::Cancel(&path)).await;
            self.record().acknowledged[place].cancelled = done.is_some();
        }
    }

    /// Asks until there is an answer that is final; gives the body of one that is as was wished.
    async fn insist(&self, user: &str, number: u64, wish: &Wish<'_>) -> Option<Bytes> {
        let mut random = StdRng::seed_from_u64(number);
        let began = Instant::now();
        for tried in 0_u32.. {
            let mut client = self.client();
            let answer = wish.send(&mut client, user).await;
            let read = wish.read(&answer);
            if answer.is_ok() {
                self.put_back(client);
            }
            let (why, asked_to_wait) = match read {
                Read::Done(body) => {
                    self.saw(wish.done());
                    return Some(body);
                }
                Read::Refused(code) => {
                    self.give_up(user, &code);
                    self.saw(Seen::Refused(code));
                    return None;
                }
                Read::Again(why, wait) => (why, wait),
            };
            let backoff = Duration::from_secs(1 << tried.min(4));
            let chance = random.random_range(0.75..1.25);
            let wait = asked_to_wait.unwrap_or(backoff).mul_f64(chance);
            if began.elapsed() + wait > GIVE_UP {
                self.give_up(user, &why);
                self.saw(Seen::Failed(why));
                return None;
            }
            self.saw(Seen::Failed(why));
            tokio::time::sleep(wait).await;
        }
        None
    }

    fn give_up(&self, user: &str, why: &str) {
        self.record().lost_patience.push(format!("{user}: {why}"));
    }

    /// Somebody who looks at the event, or at the list of events, once.
    async fn visit(&self, number: u64) {
        let path = if number.is_multiple_of(2) {
            format!("/api/events/{}", self.event)
        } else {
            "/api/events?size=5".to_owned()
        };
        let mut client = self.client();
        let answer = client.get(&path).await;
        let seen = match &answer {
            Ok(answer) if answer.status == StatusCode::OK => Seen::Shown,
            Ok(answer) => Seen::Failed(format!("{} (a page)", answer.status.as_u16())),
            Err(lost) => Seen::Failed(format!("{} (a page)", name(lost))),
        };
        if answer.is_ok() {
            self.put_back(client);
        }
        self.saw(seen);
    }
}

/// What a buyer wants of the platform, with the same key until she has it.
enum Wish<'a> {
    /// A reservation, with this order.
    Reserve(&'a Value),
    /// To give back the reservation at this path.
    Cancel(&'a str),
}

enum Read {
    /// As was wished.
    Done(Bytes),
    Refused(String),
    /// Try again: why, and after how long where the answer says so.
    Again(String, Option<Duration>),
}

impl Wish<'_> {
    async fn send(&self, client: &mut Client, user: &str) -> Result<Answer, Lost> {
        match self {
            Self::Reserve(order) => client.post("/api/reservations", Some(user), order).await,
            Self::Cancel(path) => client.delete(path, Some(&format!("{user}-cancels"))).await,
        }
    }

    const fn done(&self) -> Seen {
        match self {
            Self::Reserve(_) => Seen::Reserved,
            Self::Cancel(_) => Seen::Cancelled,
        }
    }

    fn read(&self, answer: &Result<Answer, Lost>) -> Read {
        let answer = match answer {
            Ok(answer) => answer,
            Err(lost) => return Read::Again(name(lost).to_owned(), None),
        };
        let body: Value = answer.json().unwrap_or_default();
        let code = body["error"]["code"].as_str().unwrap_or_default();
        let status = answer.status.as_u16();
        let what = format!("{status} {code}").trim_end().to_owned();
        match (self, status) {
            (Self::Reserve(_), 201) | (Self::Cancel(_), 200) => Read::Done(answer.body.clone()),
            // Her first attempt was carried out, and its answer lost.
            (Self::Cancel(_), 409) if code == "ALREADY_CANCELLED" => {
                Read::Done(answer.body.clone())
            }
            // 502 comes from the balancer: to a buyer it is no answer.
            (_, 408 | 429 | 500 | 502 | 503 | 504) => {
                let wait = answer.headers.get("retry-after");
                let secs = wait.and_then(|wait| wait.to_str().ok()?.parse().ok());
                Read::Again(what, secs.map(Duration::from_secs))
            }
            _ => Read::Refused(what),
        }
    }
}

fn name(lost: &Lost) -> &'static str {
    match lost {
        Lost::NotSent(_) => "not sent",
        Lost::NoAnswer(_) => "no answer",
    }
}
