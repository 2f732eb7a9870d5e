//! One request to one node, from its bytes to the answer's, or to nothing.

use std::sync::Arc;
use std::time::Duration;

use boxoffice::box_office::{BoxOffice, CreateUserError, PayRequest, ReserveRequest, Reserved};
use boxoffice::buyer::{User, UserId};
use boxoffice::command::{CancelError, ExtendError, PayError, ReserveError, Unserved};
use boxoffice::grade::SeatLabel;
use boxoffice::idempotency::{BodyHash, KeyedRequest};
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::reservation::{Quantity, Reservation};
use boxoffice::store::StoreError;

use super::{Town, write_down};
use crate::history::{Ask, Nothing, Op, Shown, Told, seats};
use crate::nodes::Running;
use crate::scenario::ClientPlan;
use crate::world::lock;

/// How long it takes to find out that nobody listens.
const REFUSED: Duration = Duration::from_millis(5);

/// Asks a node, and writes down what came of it. `None`: no answer, and so no knowledge.
pub(super) async fn ask(
    town: &Arc<Town>,
    plan: &ClientPlan,
    node: usize,
    ask: &Ask,
    give_up: Duration,
) -> Option<Told> {
    let world = &town.world;
    let node = &town.nodes[node];
    let Some(running) = node.running() else {
        // No connection: nothing was asked.
        tokio::time::sleep(REFUSED).await;
        return Some(Told::Nothing(Nothing::Unavailable));
    };
    world.command();
    world.tell(|| format!("c{} asks n{}: {ask}", plan.number, node.number));
    let place = write_down(
        town,
        Op {
            node: node.number,
            life: running.number,
            ask: ask.clone(),
            asked: world.moment(),
            answered: None,
            told: None,
            in_calm: world.is_calm(),
        },
    );
    let told = tokio::select! {
        biased;
        () = running.life.end() => None,
        told = answer(&running, ask) => Some(told),
        () = tokio::time::sleep(give_up) => None,
    };
    match &told {
        Some(told) => {
            world.tell(|| format!("n{} tells c{}: {told}", node.number, plan.number));
            let mut history = lock(&town.history);
            history[place].answered = Some(world.moment());
            history[place].told = Some(told.clone());
        }
        None => world.tell(|| format!("c{} hears nothing from n{}", plan.number, node.number)),
    }
    told
}

async fn answer(running: &Running, ask: &Ask) -> Told {
    let told = decided(&running.office, ask).await;
    // What a node that stands still has decided, it says later.
    running.life.gate().await;
    told
}

async fn decided(office: &BoxOffice, ask: &Ask) -> Told {
    match ask {
        Ask::Reserve { .. } => match reserve_request(ask) {
            Some(request) => reserved(office.reserve(request).await),
            None => Told::Nonsense("a request that cannot be made".to_owned()),
        },
        Ask::Cancel { id, key, .. } => {
            let key = key.as_deref().and_then(|key| keyed(key, &[id.as_bytes()]));
            match office.cancel(ReservationId(*id), key).await {
                Ok(answer) => done(&answer.value, answer.replayed),
                Err(error) => not_cancelled(&error),
            }
        }
        Ask::Pay { .. } => match pay_request(ask) {
            Some(request) => match office.pay(request).await {
                Ok(answer) => done(&answer.value, answer.replayed),
                Err(error) => not_paid(&error),
            },
            None => Told::Nonsense("a payment that cannot be made".to_owned()),
        },
        Ask::Extend { id, key, .. } => {
            let key = key.as_deref().and_then(|key| keyed(key, &[id.as_bytes()]));
            match office.extend(ReservationId(*id), key).await {
                Ok(answer) => done(&answer.value, answer.replayed),
                Err(error) => not_extended(&error),
            }
        }
        Ask::Show { id, .. } => match office.reservation(ReservationId(*id)).await {
            Ok(Some(found)) => Told::Reservation(Shown::from(&found)),
            Ok(None) => Told::NotFound,
            Err(error) => not_read(&error),
        },
        Ask::Look { event } => match office.event(EventId(*event)).await {
            Ok(Some(found)) => Told::Seats {
                version: found.snapshot.version.0,
                seats: seats(&found.snapshot),
                good_for_micros: u64::try_from(found.ttl.as_micros()).unwrap_or(u64::MAX),
            },
            Ok(None) => Told::NotFound,
            Err(error) => not_read(&error),
        },
        Ask::Profile { user } => {
            let Some(user) = profile(user, office) else {
                return Told::Nonsense("no user".to_owned());
            };
            match office.create_user(user, None).await {
                Ok(_) | Err(CreateUserError::Exists) => Told::Profile,
                Err(CreateUserError::KeyReused) => Told::KeyReused,
                Err(CreateUserError::Store(error)) => not_read(&error),
            }
        }
    }
}

fn reserve_request(ask: &Ask) -> Option<ReserveRequest> {
    let Ask::Reserve {
        event,
        user,
        grade,
        quantity,
        seats,
        key,
    } = ask
    else {
        return None;
    };
    let body = quantity.to_be_bytes();
    Some(ReserveRequest {
        event: EventId(*event),
        user: user.parse().ok()?,
        quantity: Quantity::try_from(i64::from(*quantity)).ok()?,
        seat_type: Some(grade.parse().ok()?),
        seats: seats
            .iter()
            .map(|seat| SeatLabel(seat.as_str().into()))
            .collect(),
        key: key
            .as_deref()
            .and_then(|key| keyed(key, &[&body, grade.as_bytes(), seats.join(" ").as_bytes()])),
    })
}

fn pay_request(ask: &Ask) -> Option<PayRequest> {
    let Ask::Pay { id, token, key, .. } = ask else {
        return None;
    };
    Some(PayRequest {
        reservation: ReservationId(*id),
        method: "CARD".parse().ok()?,
        token: token.parse().ok()?,
        key: key.as_deref().and_then(|key| keyed(key, &[id.as_bytes()])),
    })
}

fn keyed(key: &str, body: &[&[u8]]) -> Option<KeyedRequest> {
    Some(KeyedRequest {
        key: key.parse().ok()?,
        body: BodyHash::of(body),
    })
}

fn profile(user: &str, office: &BoxOffice) -> Option<User> {
    let id: UserId = user.parse().ok()?;
    Some(User {
        id,
        username: user.to_owned(),
        email: None,
        phone_number: None,
        created_at: office.now(),
    })
}

fn done(reservation: &Reservation, replayed: bool) -> Told {
    Told::Done {
        shown: Shown::from(reservation),
        replayed,
    }
}

fn reserved(result: Result<Reserved, ReserveError>) -> Told {
    match result {
        Ok(reserved) => done(&reserved.reservation, reserved.replayed),
        Err(ReserveError::InsufficientSeats { available, .. }) => Told::TooFew { available },
        Err(ReserveError::SeatTaken { seats }) => {
            Told::Taken(seats.iter().map(ToString::to_string).collect())
        }
        Err(ReserveError::AlreadyReserved { limit, holding }) => Told::Limit { limit, holding },
        Err(ReserveError::KeyReused) => Told::KeyReused,
        Err(ReserveError::EventNotFound) => Told::NotFound,
        Err(ReserveError::Unserved(why)) => not_served(why),
        Err(other) => Told::Nonsense(format!("{other:?}")),
    }
}

fn not_cancelled(error: &CancelError) -> Told {
    match error {
        CancelError::NotFound => Told::NotFound,
        CancelError::AlreadyCancelled(_) => Told::AlreadyCancelled,
        CancelError::HoldExpired => Told::HoldExpired,
        CancelError::PaymentInProgress => Told::PaymentInProgress,
        CancelError::KeyReused => Told::KeyReused,
        CancelError::Unserved(why) => not_served(*why),
        CancelError::SaleClosed | CancelError::TicketUsed { .. } => {
            Told::Nonsense(format!("{error:?}"))
        }
    }
}

fn not_paid(error: &PayError) -> Told {
    match error {
        PayError::NotFound => Told::NotFound,
        PayError::HoldExpired => Told::HoldExpired,
        PayError::PaymentInProgress => Told::PaymentInProgress,
        PayError::AlreadyCancelled(_) => Told::AlreadyCancelled,
        PayError::Declined(_) | PayError::ProviderUnavailable => Told::NotPaid,
        PayError::KeyReused => Told::KeyReused,
        PayError::Unserved(why) => not_served(*why),
    }
}

fn not_extended(error: &ExtendError) -> Told {
    match error {
        ExtendError::NotFound => Told::NotFound,
        ExtendError::HoldExpired => Told::HoldExpired,
        ExtendError::ExtensionUsed => Told::ExtensionUsed,
        ExtendError::PaymentInProgress => Told::PaymentInProgress,
        ExtendError::AlreadyConfirmed => Told::AlreadyConfirmed,
        ExtendError::AlreadyCancelled(_) => Told::AlreadyCancelled,
        ExtendError::KeyReused => Told::KeyReused,
        ExtendError::Unserved(why) => not_served(*why),
    }
}

fn not_served(why: Unserved) -> Told {
    match why {
        Unserved::Overloaded => Told::Nothing(Nothing::Overloaded),
        Unserved::Unavailable => Told::Nothing(Nothing::Unavailable),
        Unserved::Internal => Told::Nothing(Nothing::Internal),
        Unserved::OutcomeUnknown { reservation } => Told::Unknown {
            id: reservation.map(|id| id.0),
        },
    }
}

fn not_read(error: &StoreError) -> Told {
    match error {
        StoreError::Unavailable(_) => Told::Nothing(Nothing::Unavailable),
        StoreError::Corrupt { .. } => Told::Nothing(Nothing::Internal),
    }
}
