//! Tickets, as they are told: to their buyer, and at the door.

use boxoffice::box_office::{BoxOffice, Checked};
use boxoffice::reservation::{Reservation, Ticket, TicketState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::zone::{Moment, Zone};

/// One admission.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ticket)]
pub(crate) struct TicketBody<'a> {
    /// Its place in the reservation, from 1.
    number: u32,
    /// What its QR code says.
    #[schema(example = "040T40FJW7SQXZ5RQEERQYEYZY4WRSAPT1XM8CYV")]
    code: String,
    #[schema(required)]
    seat: Option<&'a str>,
    /// `VALID`, `USED` or `CANCELLED`.
    status: &'static str,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    used_at: Option<Moment>,
}

impl<'a> TicketBody<'a> {
    /// The ticket, signed.
    pub(super) fn tell(
        box_office: &BoxOffice,
        reservation: &Reservation,
        ticket: &'a Ticket,
        zone: &Zone,
    ) -> Self {
        let status = match ticket.state {
            TicketState::Valid => "VALID",
            TicketState::Used { .. } => "USED",
            TicketState::Cancelled => "CANCELLED",
        };
        Self {
            number: ticket.number,
            code: box_office.ticket_code(reservation, ticket).to_string(),
            seat: ticket.seat.as_ref().map(|seat| &*seat.0),
            status,
            used_at: ticket.used_at().map(|at| zone.tell(at)),
        }
    }
}

/// A ticket that was checked at the door, with what the door needs to know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CheckedTicket)]
pub(crate) struct CheckedTicket<'a> {
    event_id: i64,
    #[schema(value_type = String, format = "uuid")]
    reservation_id: String,
    /// The reservation's name for people.
    reservation_code: String,
    seat_type: &'a str,
    #[serde(flatten)]
    ticket: TicketBody<'a>,
}

impl<'a> CheckedTicket<'a> {
    /// The ticket as it is now.
    pub(crate) fn tell(box_office: &BoxOffice, checked: &'a Checked, zone: &Zone) -> Self {
        let reservation = &*checked.reservation;
        Self {
            event_id: reservation.event.0,
            reservation_id: reservation.id.to_string(),
            reservation_code: reservation.code().to_string(),
            seat_type: reservation.seat_type.as_str(),
            ticket: TicketBody::tell(box_office, reservation, &checked.ticket, zone),
        }
    }
}
