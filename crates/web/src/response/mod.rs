//! What is told, field by field. These types write the JSON and describe it.

mod event;
mod page;
mod reservation;
mod user;

pub(crate) use event::{EventBody, EventStatusName, SeatsBody, status_name};
pub(crate) use page::{PageBody, Pageable, SortBody};
pub(crate) use reservation::{
    CancellationBody, Refund, RefundBody, ReservationBody, Timing, cancelled_at,
};
pub(crate) use user::UserBody;
