//! The buyers: one request each, all let in at the same instant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hyper::StatusCode;
use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::Options;
use super::check::{Attempt, Cancellation, Outcome, Payment};
use super::hall::{Assigned, Hall};
use super::stage::Stage;
use super::till;
use super::wire::{Cancelled, Failure, ReservationBody, Reserve};
use crate::client::{Answer, Client, Lost};
use crate::latency::Latencies;
use crate::target::Target;

/// How many connections are opened at once, so that the server's backlog never overflows.
const CONNECTING_MAX: usize = 64;

/// "Too many open files", on Linux and macOS.
const EMFILE: i32 = 24;

/// What one buyer is going to do, drawn from the seed before the doors open.
#[derive(Clone, Debug)]
struct Plan {
    user_id: String,
    key: String,
    quantity: u32,
    /// The seats that she names; empty: any.
    seats: Vec<String>,
    cancels: bool,
    /// Whether she pays, or never comes back; `None`: nobody has to.
    pays: Option<bool>,
}

fn plans(options: &Options, stage: &Stage) -> Vec<Plan> {
    let mut random = StdRng::seed_from_u64(options.seed);
    let names = options.assigned == Some(Assigned::ByName);
    let hall = stage.hall.filter(|_| names);
    (1..=options.buyers)
        .map(|number| {
            let quantity = random.random_range(options.quantity.clone());
            let wanted = |hall: Hall| hall.wanted(&stage.grade, number - 1, quantity);
            Plan {
                user_id: stage.buyer(number),
                key: format!("{}-{}", stage.event_id, stage.buyer(number)),
                quantity,
                seats: hall.map(wanted).unwrap_or_default(),
                cancels: random.random_range(0..100) < options.cancel_percent,
                pays: options
                    .pays
                    .then(|| random.random_range(0..100) >= options.abandon_percent),
            }
        })
        .collect()
}

/// What all buyers together saw.
pub(super) struct Rush {
    pub(super) attempts: Vec<Attempt>,
    pub(super) latencies: Latencies,
    /// From the instant the doors opened to the last answer.
    pub(super) time: Duration,
    pub(super) connections: usize,
}

/// Opens every connection, then the doors, and waits for all answers.
pub(super) async fn rush(
    options: &Options,
    target: &Target,
    stage: &Stage,
) -> anyhow::Result<Rush> {
    let (plans, event_id) = (plans(options, stage), stage.event_id);
    let connections_max = usize::try_from(options.connections_max)?.min(plans.len());
    let clients = connect(target, options.timeout, connections_max, event_id).await?;
    let connections = clients.len();
    let progress = progress(options);

    let mut queues: Vec<Vec<Plan>> = vec![Vec::new(); connections];
    for (index, plan) in plans.into_iter().enumerate() {
        queues[index % connections].push(plan);
    }
    let (doors, closed) = watch::channel(None);
    let mut buyers = JoinSet::new();
    for (client, queue) in clients.into_iter().zip(queues) {
        buyers.spawn(line(
            client,
            queue,
            (event_id, stage.grade.clone()),
            closed.clone(),
            progress.clone(),
        ));
    }
    drop(closed);
    let opened = Instant::now();
    doors.send_replace(Some(opened));

    let mut rush = Rush {
        attempts: Vec::new(),
        latencies: Latencies::new(),
        time: Duration::ZERO,
        connections,
    };
    while let Some(seen) = buyers.join_next().await {
        let (attempts, waits, last) = seen.context("a buyer's task failed")?;
        rush.attempts.extend(attempts);
        for wait in waits {
            rush.latencies.record(wait);
        }
        rush.time = rush.time.max(last.duration_since(opened));
    }
    progress.finish_and_clear();
    Ok(rush)
}

/// Opens connections and has each look at the event once, so that the server has accepted them
/// all, and warmed up what it reads, before anybody buys.
///
/// Where the system allows fewer open files, the buyers share what could be opened.
async fn connect(
    target: &Target,
    timeout: Duration,
    connections: usize,
    event_id: u64,
) -> anyhow::Result<Vec<Client>> {
    let turns = Arc::new(Semaphore::new(CONNECTING_MAX));
    let mut opening = JoinSet::new();
    for _ in 0..connections {
        let turns = Arc::clone(&turns);
        let mut client = Client::new(target.clone(), timeout);
        opening.spawn(async move {
            let _turn = turns.acquire().await?;
            match client.connect().await {
                Err(error) if error.raw_os_error() == Some(EMFILE) => return Ok(None),
                opened => opened.context("cannot connect")?,
            }
            let answer = client.get(&format!("/api/events/{event_id}")).await?;
            ensure!(
                answer.status == StatusCode::OK,
                "the event's page answers {}",
                answer.status
            );
            Ok(Some(client))
        });
    }
    let mut clients = Vec::with_capacity(connections);
    while let Some(client) = opening.join_next().await {
        clients.extend(client.context("connecting failed")??);
    }
    ensure!(!clients.is_empty(), "no connection could be opened");
    Ok(clients)
}

fn progress(options: &Options) -> ProgressBar {
    if !options.show_progress {
        return ProgressBar::hidden();
    }
    // Draws on standard error, and only if that is a terminal.
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} buyers answered")
        .expect("the template is a constant");
    ProgressBar::new(u64::from(options.buyers)).with_style(style)
}

/// The buyers of one connection, one after another.
///
/// Everybody's wait counts from the opening, also when she stood behind others on a shared
/// connection: what the generator could not send in time is not left out.
async fn line(
    mut client: Client,
    queue: Vec<Plan>,
    (event_id, grade): (u64, String),
    mut doors: watch::Receiver<Option<Instant>>,
    progress: ProgressBar,
) -> (Vec<Attempt>, Vec<Duration>, Instant) {
    let opened = match doors.wait_for(Option::is_some).await {
        Ok(opened) => opened.unwrap_or_else(Instant::now),
        Err(_) => Instant::now(),
    };
    let mut attempts = Vec::with_capacity(queue.len());
    let mut waits = Vec::with_capacity(queue.len());
    let mut last = opened;
    for plan in queue {
        let answer = ask(&mut client, &plan, event_id, &grade).await;
        last = Instant::now();
        if answer.is_ok() {
            waits.push(last.duration_since(opened));
        }
        let outcome = outcome(answer);
        let (payment, cancellation) = match &outcome {
            Outcome::Sold(sale) => after(&mut client, &plan, &sale.reservation_id).await,
            _ => (None, None),
        };
        if payment.is_some() || cancellation.is_some() {
            last = Instant::now();
        }
        let Plan {
            user_id,
            quantity,
            seats,
            ..
        } = plan;
        attempts.push(Attempt {
            user_id,
            quantity,
            seats,
            outcome,
            payment,
            cancellation,
        });
        progress.inc(1);
    }
    (attempts, waits, last)
}

/// What a buyer does with what she reserved: pays, and thinks better of it, if that is her plan.
async fn after(
    client: &mut Client,
    plan: &Plan,
    reservation_id: &str,
) -> (Option<Payment>, Option<Cancellation>) {
    let payment = match plan.pays {
        None => None,
        Some(false) => Some(Payment::Abandoned),
        Some(true) => Some(till::pay(client, &plan.key, reservation_id).await),
    };
    let has_tickets = matches!(payment, None | Some(Payment::Done));
    let cancellation = if has_tickets && plan.cancels {
        Some(cancel(client, plan, reservation_id).await)
    } else {
        None
    };
    (payment, cancellation)
}

async fn ask(client: &mut Client, plan: &Plan, event_id: u64, grade: &str) -> Result<Answer, Lost> {
    let body = Reserve {
        event_id,
        user_id: &plan.user_id,
        quantity: plan.quantity,
        seat_type: grade,
        seats: &plan.seats,
    };
    client
        .post("/api/reservations", Some(&plan.key), &body)
        .await
}

fn outcome(answer: Result<Answer, Lost>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Lost::NotSent(_)) => return Outcome::Failed("NOT_SENT".to_owned()),
        Err(Lost::NoAnswer(_)) => return Outcome::Unknown("NO_ANSWER".to_owned()),
    };
    if answer.status == StatusCode::CREATED {
        return match answer.json::<ReservationBody>() {
            Ok(reservation) => Outcome::Sold(reservation.into()),
            Err(_) => Outcome::Unknown("201 UNREADABLE".to_owned()),
        };
    }
    match answer.json::<Failure>() {
        Ok(failure) if failure.error.code == "INSUFFICIENT_SEATS" => Outcome::Refused {
            requested: failure.error.figure("requested"),
            available: failure.error.figure("available"),
        },
        Ok(failure) if failure.error.code == "SEAT_TAKEN" => {
            Outcome::SeatsTaken(failure.error.seats())
        }
        _ if leaves_open(answer.status) => Outcome::Unknown(code(&answer)),
        _ => Outcome::Failed(code(&answer)),
    }
}

async fn cancel(client: &mut Client, plan: &Plan, reservation_id: &str) -> Cancellation {
    let key = format!("{}-cancel", plan.key);
    let path = format!("/api/reservations/{reservation_id}");
    match client.delete(&path, Some(&key)).await {
        Err(Lost::NotSent(_)) => Cancellation::Failed("DELETE NOT_SENT".to_owned()),
        Err(Lost::NoAnswer(_)) => Cancellation::Unknown("DELETE NO_ANSWER".to_owned()),
        Ok(answer) if answer.status == StatusCode::OK => match answer.json::<Cancelled>() {
            Ok(cancelled) if cancelled.status == "CANCELLED" => Cancellation::Done,
            _ => Cancellation::Unknown("DELETE 200 UNREADABLE".to_owned()),
        },
        Ok(answer) if leaves_open(answer.status) => {
            Cancellation::Unknown(format!("DELETE {}", code(&answer)))
        }
        Ok(answer) => Cancellation::Failed(format!("DELETE {}", code(&answer))),
    }
}

/// Whether a status leaves open what was done. 503 promises that nothing was.
fn leaves_open(status: StatusCode) -> bool {
    !status.is_client_error() && status != StatusCode::SERVICE_UNAVAILABLE
}

/// Status and code of a failure, such as `503 OVERLOADED`.
fn code(answer: &Answer) -> String {
    let code = answer
        .json::<Failure>()
        .map_or_else(|_| String::new(), |f| f.error.code);
    format!("{} {code}", answer.status.as_u16())
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_buyers() {
        let options = Options {
            buyers: 50,
            quantity: 1..=4,
            cancel_percent: 30,
            ..Options::default()
        };
        let stage = Stage::of_tickets(100);
        let drawn = |options: &Options| -> Vec<(u32, bool)> {
            plans(options, &stage)
                .iter()
                .map(|plan| (plan.quantity, plan.cancels))
                .collect()
        };

        assert_eq!(drawn(&options), drawn(&options));
        assert_ne!(
            drawn(&options),
            drawn(&Options {
                seed: options.seed + 1,
                ..options.clone()
            })
        );
    }

    #[test]
    fn only_a_status_that_promises_it_means_that_nothing_was_done() {
        assert!(!leaves_open(StatusCode::SERVICE_UNAVAILABLE));
        assert!(!leaves_open(StatusCode::TOO_MANY_REQUESTS));
        assert!(leaves_open(StatusCode::INTERNAL_SERVER_ERROR));
        assert!(leaves_open(StatusCode::GATEWAY_TIMEOUT));
    }
}
