//! Reservations and their cancellations, as they are told.

use std::time::Duration;

use boxoffice::box_office::BoxOffice;
use boxoffice::event::Event;
use boxoffice::payment::{Payment, PaymentState, RefundState};
use boxoffice::reservation::{Reservation, ReservationState};
use boxoffice::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::event::EventBrief;
use super::ticket::TicketBody;
use crate::zone::{Moment, Zone};

/// A reservation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reservation)]
pub(crate) struct ReservationBody<'a> {
    #[schema(value_type = String, format = "uuid")]
    reservation_id: String,
    /// Its name for people; finds it beside the buyer's id.
    #[schema(value_type = String, example = "0123A-BCDEF")]
    reservation_code: String,
    event_id: i64,
    user_id: &'a str,
    quantity: u32,
    seat_type: &'a str,
    /// Empty where seats are not numbered.
    seats: Vec<&'a str>,
    /// In minor units.
    total_price: i64,
    #[schema(value_type = ReservationStatusName)]
    status: &'static str,
    #[schema(value_type = String, format = DateTime)]
    reserved_at: Moment,
    /// When a hold ends; null where there is none.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Moment>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Moment>,
    /// Null where the event is gone.
    #[schema(required)]
    event: Option<EventBrief<'a>>,
    #[schema(required)]
    payment: Option<PaymentBody<'a>>,
    /// One for each admission, once it is confirmed.
    tickets: Vec<TicketBody<'a>>,
    /// See [`Timing`]. Fields of their own, because a flattened one makes all others cost more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    queue_time_ms: Option<u64>,
    /// See [`Timing`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    lock_acquisition_time_ms: Option<u64>,
}

/// What a new reservation cost in time; only in the answer that makes it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Timing {
    /// How long the request waited for its group, in milliseconds.
    queue_time_ms: u64,
    /// How long its group waited for the event's lease, in milliseconds.
    lock_acquisition_time_ms: u64,
}

impl Timing {
    /// These durations, in whole milliseconds.
    pub(crate) fn of(queue_time: Duration, lease_time: Duration) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            queue_time_ms: millis(queue_time),
            lock_acquisition_time_ms: millis(lease_time),
        }
    }
}

/// Where a reservation stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ReservationStatus)]
#[expect(dead_code, reason = "describes the names; the box office writes them")]
pub(crate) enum ReservationStatusName {
    /// Seats are kept until the hold ends.
    Held,
    /// A payment is under way.
    Paying,
    /// The buyer's for good.
    Confirmed,
    /// Given back.
    Cancelled,
    /// Not paid in time.
    Expired,
}

impl<'a> ReservationBody<'a> {
    /// The reservation, its times told in its event's zone, or in `zone` where the event is gone.
    pub(crate) fn tell(
        box_office: &BoxOffice,
        reservation: &'a Reservation,
        event: Option<&'a Event>,
        zone: &Zone,
        timing: Option<Timing>,
    ) -> Self {
        let own_zone = event.map(|event| Zone::named_or_utc(&event.zone));
        let zone = own_zone.as_ref().unwrap_or(zone);
        let payment = payment(reservation);
        Self {
            reservation_id: reservation.id.to_string(),
            reservation_code: reservation.code().to_string(),
            event_id: reservation.event.0,
            user_id: reservation.user.as_str(),
            quantity: reservation.quantity.get(),
            seat_type: reservation.seat_type.as_str(),
            seats: reservation.seats.iter().map(|seat| &*seat.0).collect(),
            total_price: reservation.total_price.0,
            status: reservation.status().as_str(),
            reserved_at: zone.tell(reservation.reserved_at),
            expires_at: expires_at(reservation).map(|at| zone.tell(at)),
            cancelled_at: cancelled_at(reservation).map(|at| zone.tell(at)),
            event: event.map(|event| EventBrief::tell(event, zone)),
            payment: payment.map(|payment| PaymentBody::tell(payment, zone)),
            tickets: reservation
                .tickets
                .iter()
                .map(|ticket| TicketBody::tell(box_office, reservation, ticket, zone))
                .collect(),
            queue_time_ms: timing.as_ref().map(|timing| timing.queue_time_ms),
            lock_acquisition_time_ms: timing.map(|timing| timing.lock_acquisition_time_ms),
        }
    }
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub(crate) struct PaymentBody<'a> {
    #[schema(value_type = String, format = "uuid")]
    payment_id: String,
    /// In minor units.
    amount: i64,
    method: &'a str,
    /// `PENDING`, `PAID`, `DECLINED` or `REFUNDED`.
    status: &'static str,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    paid_at: Option<Moment>,
}

impl<'a> PaymentBody<'a> {
    fn tell(payment: &'a Payment, zone: &Zone) -> Self {
        let (status, paid_at) = match payment.state {
            PaymentState::Pending => ("PENDING", None),
            PaymentState::Paid { at } => ("PAID", Some(at)),
            PaymentState::Declined { .. } => ("DECLINED", None),
            PaymentState::Refunded { paid_at } => ("REFUNDED", Some(paid_at)),
        };
        Self {
            payment_id: payment.id.to_string(),
            amount: payment.amount.0,
            method: &payment.method,
            status,
            paid_at: paid_at.map(|at| zone.tell(at)),
        }
    }
}

/// What became of a reservation that was given back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cancellation)]
pub(crate) struct CancellationBody {
    #[schema(value_type = String, format = "uuid")]
    reservation_id: String,
    #[schema(value_type = ReservationStatusName)]
    status: &'static str,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Moment>,
    refund: RefundBody,
}

impl CancellationBody {
    /// The cancellation of this reservation.
    pub(crate) fn tell(reservation: &Reservation, zone: &Zone) -> Self {
        Self {
            reservation_id: reservation.id.to_string(),
            status: reservation.status().as_str(),
            cancelled_at: cancelled_at(reservation).map(|at| zone.tell(at)),
            refund: Refund::of(reservation).told(zone),
        }
    }
}

/// What goes back to the buyer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refund)]
pub(crate) struct RefundBody {
    /// In minor units; 0 where nothing had been paid.
    refund_amount: i64,
    /// The way it came; `NONE` where nothing had been paid.
    refund_method: String,
    /// `NOT_REQUIRED`, `PENDING` or `COMPLETED`.
    refund_status: &'static str,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expected_at: Option<Moment>,
}

/// A refund, or that there is none to give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refund(Option<boxoffice::payment::Refund>);

impl Refund {
    /// What goes back for this reservation.
    pub(crate) fn of(reservation: &Reservation) -> Self {
        match &reservation.state {
            ReservationState::Cancelled { refund, .. } => Self(refund.clone()),
            _ => Self(None),
        }
    }

    /// The refund, its times told in `zone`.
    pub(crate) fn told(&self, zone: &Zone) -> RefundBody {
        let Some(refund) = &self.0 else {
            return RefundBody {
                refund_amount: 0,
                refund_method: "NONE".to_owned(),
                refund_status: "NOT_REQUIRED",
                expected_at: None,
            };
        };
        RefundBody {
            refund_amount: refund.amount.0,
            refund_method: refund.method.clone(),
            refund_status: match refund.state {
                RefundState::Pending => "PENDING",
                RefundState::Done { .. } => "COMPLETED",
            },
            expected_at: Some(zone.tell(refund.expected_at)),
        }
    }
}

fn payment(reservation: &Reservation) -> Option<&Payment> {
    match &reservation.state {
        ReservationState::Paying { payment, .. } => Some(payment),
        ReservationState::Confirmed { payment } | ReservationState::Cancelled { payment, .. } => {
            payment.as_ref()
        }
        ReservationState::Held { .. } | ReservationState::Expired { .. } => None,
    }
}

const fn expires_at(reservation: &Reservation) -> Option<Timestamp> {
    match &reservation.state {
        ReservationState::Held { expires_at, .. } | ReservationState::Paying { expires_at, .. } => {
            Some(*expires_at)
        }
        _ => None,
    }
}

/// When it was given back, if it was.
pub(crate) const fn cancelled_at(reservation: &Reservation) -> Option<Timestamp> {
    match &reservation.state {
        ReservationState::Cancelled { at, .. } => Some(*at),
        _ => None,
    }
}
