//! What is told, field by field. These types write the JSON and describe it.

mod event;
mod page;
mod reservation;
mod ticket;
mod user;

pub(crate) use event::{
    EventBody, EventStatusName, SeatRow, SeatTypeBody, SeatTypeSeats, SeatsBody, status_name,
};
pub(crate) use page::{PageBody, WrittenItems};
pub(crate) use reservation::{
    CancellationBody, Refund, ReservationBody, ReservationStatusName, Timing, cancelled_at,
};
pub(crate) use ticket::CheckedTicket;
pub(crate) use user::UserBody;
