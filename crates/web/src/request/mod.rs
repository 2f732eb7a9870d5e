//! Reads requests into what the box office takes, and notes every bad field at once.

mod asked;
mod event;
mod event_patch;
mod fault;
mod fields;
mod form;
mod grades;
mod json;
mod paging;
mod payment;
mod query;
mod reservation;
mod user;
mod values;

pub(crate) use asked::Asked;
pub(crate) use event::{
    BUYER_TICKETS_MAX, CAPACITY_MAX, DESCRIPTION_LEN_MAX, EVENT_NAME_LEN_MAX, HOLD_SECS_MAX,
    VENUE_LEN_MAX, new_event,
};
pub(crate) use event_patch::{event_patch, if_version, names_own_zone};
pub(crate) use fault::{Fault, Faults};
pub(crate) use form::{Form, cancel_form, door_form, extend_form, pay_form, reserve_form};
pub(crate) use grades::SEATINGS;
pub(crate) use json::Json;
pub(crate) use paging::{PAGE_NUMBER_MAX, PAGE_SIZE_DEFAULT, page, sort};
pub(crate) use payment::{door_hash, extend_hash, pay_request};
pub(crate) use query::{Query, number};
pub(crate) use reservation::{cancel_hash, reserve_request};
pub(crate) use user::{USERNAME_LEN_MAX, new_user};
pub(crate) use values::{
    EMAIL_LEN_MAX, PHONE_LEN_MAX, idempotency_key, line_of, one_of, user_id_of,
};
