//! One request to one node, from its bytes to the answer's, or to nothing.

use std::sync::Arc;
use std::time::Duration;

use boxoffice::box_office::{
    BoxOffice, CreateEventError, CreateUserError, PayRequest, ReserveRequest, Reserved, ShownTicket,
};
use boxoffice::buyer::{User, UserId};
use boxoffice::command::{
    CancelError, CheckInError, ExtendError, PayError, ReserveError, Unserved, Update, UpdateError,
};
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::ids::{EventId, ReservationId};
use boxoffice::reservation::{Quantity, Reservation};
use boxoffice::store::StoreError;

use super::{Town, write_down};
use crate::census::Kind;
use crate::events::new_event;
use crate::history::{Ask, Nothing, Op, Shown, Told, seats};
use crate::nodes::Running;
use crate::scenario::ClientPlan;
use crate::world::{World, lock};

/// How long it takes to find out that nobody listens.
const REFUSED: Duration = Duration::from_millis(5);

/// Asks a node, and writes down what came of it. `None`: no answer, and so no knowledge.
pub(super) async fn ask(
    town: &Arc<Town>,
    plan: &ClientPlan,
    node: usize,
    ask: &Arc<Ask>,
    give_up: Option<Duration>,
) -> Option<Arc<Told>> {
    let world = &town.world;
    let node = &town.nodes[node];
    let Some(running) = node.running() else {
        // No connection: nothing was asked.
        tokio::time::sleep(REFUSED).await;
        return Some(Arc::new(Told::Nothing(Nothing::Unavailable)));
    };
    world.command();
    world.tell(|| format!("c{} asks n{}: {ask}", plan.number, node.number));
    let place = write_down(
        town,
        Op {
            node: node.number,
            life: running.number,
            ask: Arc::clone(ask),
            asked: world.moment(),
            answered: None,
            told: None,
            in_calm: world.is_calm(),
        },
    );
    let told = tokio::select! {
        biased;
        () = running.life.end() => None,
        told = answer(town, &running, ask) => Some(Arc::new(told)),
        () = patience(give_up) => {
            world.count(Kind::GaveUp);
            None
        }
    };
    if let Some(told) = &told {
        count(world, ask, told);
        world.tell(|| format!("n{} tells c{}: {told}", node.number, plan.number));
        let mut history = lock(&town.history);
        history[place].answered = Some(world.moment());
        history[place].told = Some(Arc::clone(told));
    } else {
        world.count(Kind::NoAnswer);
        world.tell(|| format!("c{} hears nothing from n{}", plan.number, node.number));
    }
    told
}

fn count(world: &World, ask: &Ask, told: &Told) {
    if let Some(kind) = told.kind() {
        world.count(kind);
    }
    if matches!((ask, told), (Ask::Pay { .. }, Told::HoldExpired)) {
        world.count(Kind::PaidTooLate);
    }
}

/// Ends with it; who has no end to it waits for her answer, and one that never comes is found
/// at the end of the day.
async fn patience(give_up: Option<Duration>) {
    match give_up {
        Some(give_up) => tokio::time::sleep(give_up).await,
        None => std::future::pending().await,
    }
}

async fn answer(town: &Town, running: &Running, ask: &Ask) -> Told {
    let told = decided(town, &running.office, ask).await;
    // What a node that stands still has decided, it says later.
    running.life.gate().await;
    told
}

async fn decided(town: &Town, office: &BoxOffice, ask: &Ask) -> Told {
    match ask {
        Ask::Open { event, key } => open(town, office, *event, key).await,
        Ask::CallOff { event } => call_off(office, *event).await,
        Ask::Enter { .. } => enter(town, office, ask).await,
        Ask::Reserve { .. } => match reserve_request(ask) {
            Some(request) => reserved(office.reserve(request).await),
            None => Told::Nonsense("a request that cannot be made".to_owned()),
        },
        Ask::Cancel { id, key, .. } => {
            let key = key.as_ref().map(|key| keyed(key, &[id.as_bytes()]));
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
            let key = key.as_ref().map(|key| keyed(key, &[id.as_bytes()]));
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
        Ask::Profile { user } => match office.create_user(profile(user, office), None).await {
            Ok(_) | Err(CreateUserError::Exists) => Told::Profile,
            Err(CreateUserError::KeyReused) => Told::KeyReused,
            Err(CreateUserError::Store(error)) => not_read(&error),
        },
    }
}

async fn open(town: &Town, office: &BoxOffice, event: i64, key: &IdempotencyKey) -> Told {
    let place = usize::try_from(event - 1).unwrap_or(usize::MAX);
    let Some(plan) = town.plans.get(place) else {
        return Told::Nonsense("an event that nobody has planned".to_owned());
    };
    let key = keyed(key, &[&event.to_be_bytes()]);
    match office.create_event(new_event(plan), Some(key)).await {
        Ok(answer) => Told::Opened {
            event: answer.value.event.id.0,
        },
        Err(CreateEventError::KeyReused) => Told::KeyReused,
        Err(CreateEventError::Store(error)) => not_read(&error),
    }
}

async fn call_off(office: &BoxOffice, event: i64) -> Told {
    match office
        .update_event(EventId(event), Update::calling_off())
        .await
    {
        Ok(snapshot) => Told::CalledOff {
            at: snapshot.event.updated_at.as_micros(),
        },
        Err(UpdateError::EventCancelled) => Told::EventOff,
        Err(UpdateError::EventNotFound) => Told::NotFound,
        Err(UpdateError::Unserved(why)) => not_served(why),
        Err(other) => Told::Nonsense(format!("{other:?}")),
    }
}

async fn enter(town: &Town, office: &BoxOffice, ask: &Ask) -> Told {
    let Ask::Enter {
        event,
        id,
        number,
        undo,
        key,
    } = ask
    else {
        return Told::Nonsense("a ticket that cannot be shown".to_owned());
    };
    let doing: &[u8] = if *undo { b"out" } else { b"in" };
    let shown = ShownTicket {
        code: (town.ticket_key).sign(EventId(*event), ReservationId(*id), *number),
        event: Some(EventId(*event)),
        key: (key.as_ref()).map(|key| keyed(key, &[id.as_bytes(), &number.to_be_bytes(), doing])),
    };
    let checked = if *undo {
        office.undo_check_in(shown).await
    } else {
        office.check_in(shown).await
    };
    match checked {
        Ok(checked) => done(&checked.reservation, checked.replayed),
        Err(CheckInError::NotFound) => Told::NotFound,
        Err(CheckInError::AlreadyUsed { at }) => Told::TicketUsed { at: at.as_micros() },
        Err(CheckInError::NotUsed) => Told::TicketNotUsed,
        Err(CheckInError::TicketCancelled) => Told::TicketCancelled,
        Err(CheckInError::KeyReused) => Told::KeyReused,
        Err(CheckInError::Unserved(why)) => not_served(why),
        Err(other @ CheckInError::WrongEvent { .. }) => Told::Nonsense(format!("{other:?}")),
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
        user: user.clone(),
        quantity: Quantity::try_from(i64::from(*quantity)).ok()?,
        seat_type: Some(grade.clone()),
        seats: seats.clone(),
        key: key.as_ref().map(|key| {
            let named = seats.iter().map(|seat| seat.0.as_bytes());
            let parts = [&body[..], grade.as_str().as_bytes()].into_iter();
            keyed(key, &parts.chain(named).collect::<Vec<_>>())
        }),
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
        key: key.as_ref().map(|key| keyed(key, &[id.as_bytes()])),
    })
}

fn keyed(key: &IdempotencyKey, body: &[&[u8]]) -> KeyedRequest {
    KeyedRequest {
        key: key.clone(),
        body: BodyHash::of(body),
    }
}

fn profile(user: &UserId, office: &BoxOffice) -> User {
    User {
        id: user.clone(),
        username: user.to_string(),
        email: None,
        phone_number: None,
        created_at: office.now(),
    }
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
        Err(ReserveError::SeatTaken { seats }) => Told::Taken(seats),
        Err(ReserveError::AlreadyReserved { limit, holding }) => Told::Limit { limit, holding },
        Err(ReserveError::KeyReused) => Told::KeyReused,
        Err(ReserveError::EventNotFound) => Told::NotFound,
        Err(ReserveError::EventCancelled) => Told::EventOff,
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
        CancelError::TicketUsed { at } => Told::TicketUsed { at: at.as_micros() },
        CancelError::SaleClosed => Told::Nonsense(format!("{error:?}")),
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
        StoreError::Unknown(_) => Told::Unknown { id: None },
        StoreError::Corrupt { .. } => Told::Nothing(Nothing::Internal),
    }
}
