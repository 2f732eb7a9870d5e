//! Every path, with its methods.

use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::schemas::{
    code_owner, door, event_id, event_list_parameters, header, page_parameters, reservation_id,
    reservation_list_parameters, search, ticket_code, user_id,
};
use crate::errors::Code;

const CACHE_HEADERS: &[&str] = &["ETag", "Cache-Control", "X-Cache-Hit", "X-Cache-TTL"];
const CREATED_HEADERS: &[&str] = &["Location", "Idempotency-Replayed"];

/// The `paths` of the document.
pub(super) fn paths() -> Value {
    let mut paths = Map::new();
    let mut add = |path: &str, method: &str, operation: Operation| {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = operation.describe();
    };
    add("/events", "get", list_events());
    add("/events", "post", create_event());
    add(
        "/events/upcoming",
        "get",
        some_events("listUpcomingEvents", "Events that have not begun"),
    );
    add(
        "/events/available",
        "get",
        some_events("listAvailableEvents", "Events on sale with seats left"),
    );
    add("/events/{eventId}", "get", event());
    add("/events/{eventId}", "put", update_event());
    add("/events/{eventId}", "delete", delete_event());
    add("/events/{eventId}/seats", "get", seats());
    add("/events/{eventId}/stream", "get", stream());
    add("/reservations", "get", list_reservations());
    add("/reservations", "post", reserve());
    add("/reservations/{id}", "get", reservation());
    add("/reservations/{id}", "delete", cancel());
    add("/reservations/{id}/payment", "post", pay());
    add("/reservations/{id}/extension", "post", extend());
    add("/reservations/user/{userId}", "get", reservations_of_user());
    add("/tickets/{code}/check-in", "post", check_in());
    add("/tickets/{code}/check-in", "delete", undo_check_in());
    add("/users", "post", create_user());
    add("/users/{userId}", "get", user());
    add("/health", "get", health());
    add("/health/live", "get", live());
    add("/health/ready", "get", ready());
    add("/openapi.json", "get", openapi());
    paths.into()
}

fn list_events() -> Operation {
    Operation::new("events", "listEvents", "Events")
        .takes(event_list_parameters())
        .answers(200, "A page of events", Some("Page_Event"), &[])
}

fn some_events(id: &'static str, summary: &'static str) -> Operation {
    Operation::new("events", id, summary)
        .takes([search()])
        .takes(page_parameters(crate::api::EVENT_SORTS))
        .answers(200, "A page of events", Some("Page_Event"), &[])
}

fn create_event() -> Operation {
    Operation::new("events", "createEvent", "Puts an event on sale")
        .for_organizers()
        .keyed()
        .reads("NewEvent")
        .writes()
        .answers(201, "The event", Some("Event"), CREATED_HEADERS)
}

fn event() -> Operation {
    Operation::new("events", "getEvent", "An event with its stock")
        .takes([
            event_id(),
            header("If-None-Match", "The `ETag` of what is known."),
        ])
        .fails_with(&[Code::EventNotFound])
        .answers(200, "The event", Some("EventDetail"), CACHE_HEADERS)
        .answers(304, "What is known is still so", None, CACHE_HEADERS)
}

fn update_event() -> Operation {
    Operation::new(
        "events",
        "updateEvent",
        "Changes what is named and leaves the rest",
    )
    .for_organizers()
    .takes([
        event_id(),
        header("If-Match", "The `ETag` of what was seen, to insist on it."),
    ])
    .reads("EventChange")
    .writes()
    .fails_with(&[
        Code::EventNotFound,
        Code::EventCancelled,
        Code::InsufficientSeats,
        Code::VersionConflict,
    ])
    .answers(200, "The event as it is now", Some("Event"), &["ETag"])
}

fn delete_event() -> Operation {
    Operation::new(
        "events",
        "deleteEvent",
        "Deletes an event that nobody has tickets of",
    )
    .for_organizers()
    .takes([event_id()])
    .writes()
    .fails_with(&[Code::EventNotFound, Code::CannotDeleteEvent])
    .answers(204, "Deleted", None, &[])
}

fn seats() -> Operation {
    Operation::new("events", "getSeats", "The seats of an event, by grade")
        .takes([
            event_id(),
            header("If-None-Match", "The `ETag` of what is known."),
        ])
        .fails_with(&[Code::EventNotFound])
        .answers(200, "The seats", Some("Seats"), CACHE_HEADERS)
        .answers(304, "What is known is still so", None, CACHE_HEADERS)
}

fn stream() -> Operation {
    Operation::new(
        "events",
        "watchEvent",
        "The stock of an event as it changes, in server-sent events",
    )
    .takes([
        event_id(),
        header(
            "Last-Event-ID",
            "Taken and not needed: the whole state comes first, every time.",
        ),
    ])
    .fails_with(&[Code::EventNotFound])
    .streams(
        "An event `stock` for each state, the latest where many come at once; of numbered seats \
         the first has every row, and each later one the rows that have changed since",
        "Seats",
    )
}

fn list_reservations() -> Operation {
    Operation::new("reservations", "listReservations", "The organizer's list")
        .for_organizers()
        .takes(reservation_list_parameters(true))
        .answers(200, "A page of reservations", Some("Page_Reservation"), &[])
}

fn reserve() -> Operation {
    Operation::new("reservations", "reserve", "Takes seats, all or none")
        .keyed()
        .reads("NewReservation")
        .writes()
        .fails_with(&[
            Code::EventNotFound,
            Code::EventCancelled,
            Code::SaleNotOpen,
            Code::SaleClosed,
            Code::InsufficientSeats,
            Code::SeatTaken,
            Code::AlreadyReserved,
        ])
        .answers(
            201,
            "The reservation",
            Some("ReservationMade"),
            CREATED_HEADERS,
        )
}

fn reservation() -> Operation {
    Operation::new(
        "reservations",
        "getReservation",
        "A reservation, by its id or its code",
    )
    .takes([reservation_id(true), code_owner()])
    .fails_with(&[Code::ReservationNotFound])
    .answers(200, "The reservation", Some("Reservation"), &[])
}

fn cancel() -> Operation {
    Operation::new(
        "reservations",
        "cancelReservation",
        "Gives a reservation back",
    )
    .keyed()
    .takes([reservation_id(false)])
    .writes()
    .fails_with(&[
        Code::ReservationNotFound,
        Code::AlreadyCancelled,
        Code::PaymentInProgress,
        Code::SaleClosed,
        Code::TicketUsed,
        Code::HoldExpired,
    ])
    .answers(
        200,
        "What became of it",
        Some("Cancellation"),
        &["Idempotency-Replayed"],
    )
}

fn pay() -> Operation {
    Operation::new("reservations", "pay", "Pays for a held reservation")
        .keyed()
        .takes([reservation_id(false)])
        .reads("NewPayment")
        .writes()
        .fails_with(&[
            Code::PaymentDeclined,
            Code::ReservationNotFound,
            Code::AlreadyCancelled,
            Code::PaymentInProgress,
            Code::HoldExpired,
        ])
        .answers(
            200,
            "Confirmed, now or before",
            Some("Reservation"),
            &["Idempotency-Replayed"],
        )
        .answers(
            202,
            "The provider's answer is not known yet; ask for the reservation again",
            Some("Reservation"),
            &["Idempotency-Replayed"],
        )
}

fn extend() -> Operation {
    Operation::new(
        "reservations",
        "extendHold",
        "Holds a reservation longer, once",
    )
    .keyed()
    .takes([reservation_id(false)])
    .writes()
    .fails_with(&[
        Code::ReservationNotFound,
        Code::AlreadyCancelled,
        Code::AlreadyConfirmed,
        Code::PaymentInProgress,
        Code::ExtensionUsed,
        Code::HoldExpired,
    ])
    .answers(
        200,
        "The reservation with its new end",
        Some("Reservation"),
        &["Idempotency-Replayed"],
    )
}

fn check_in() -> Operation {
    at_the_door("checkIn", "Lets somebody in, once for each ticket").fails_with(&[Code::TicketUsed])
}

fn undo_check_in() -> Operation {
    at_the_door("undoCheckIn", "Makes a used ticket valid again").fails_with(&[Code::TicketNotUsed])
}

fn at_the_door(id: &'static str, summary: &'static str) -> Operation {
    Operation::new("tickets", id, summary)
        .for_organizers()
        .keyed()
        .takes([ticket_code(), door()])
        .writes()
        .fails_with(&[
            Code::TicketNotFound,
            Code::TicketCancelled,
            Code::TicketWrongEvent,
        ])
        .answers(
            200,
            "The ticket as it is now",
            Some("CheckedTicket"),
            &["Idempotency-Replayed"],
        )
}

fn reservations_of_user() -> Operation {
    Operation::new(
        "reservations",
        "listReservationsOfUser",
        "A buyer's reservations",
    )
    .takes([user_id()])
    .takes(reservation_list_parameters(false))
    .answers(200, "A page of reservations", Some("Page_Reservation"), &[])
}

fn create_user() -> Operation {
    Operation::new("users", "createUser", "Makes a profile")
        .keyed()
        .reads("NewUser")
        .writes()
        .fails_with(&[Code::UserExists])
        .answers(201, "The profile", Some("User"), CREATED_HEADERS)
}

fn user() -> Operation {
    Operation::new(
        "users",
        "getUser",
        "A buyer's profile, and what she has done so far",
    )
    .takes([user_id()])
    .fails_with(&[Code::UserNotFound])
    .answers(200, "The profile", Some("User"), &[])
}

fn health() -> Operation {
    Operation::new(
        "health",
        "getHealth",
        "How the parts of this node are doing",
    )
    .answers(200, "It serves", Some("Health"), &[])
    .answers(503, "It does not serve", Some("Health"), &[])
}

fn live() -> Operation {
    Operation::new("health", "isLive", "Whether the process runs").answers(
        200,
        "It does",
        Some("Liveness"),
        &[],
    )
}

fn ready() -> Operation {
    Operation::new("health", "isReady", "Whether requests should be sent here").answers(
        200,
        "They should",
        Some("Liveness"),
        &[],
    )
}

fn openapi() -> Operation {
    Operation::new("health", "getOpenApi", "This document").answers(200, "The document", None, &[])
}
