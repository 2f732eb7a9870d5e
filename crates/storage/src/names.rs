//! The words that states are stored as.

use boxoffice::event::{Event, SaleState};
use boxoffice::grade::Seating;
use boxoffice::payment::{PaymentState, RefundState};
use boxoffice::reservation::TicketState;

/// The word for what the organizer decided.
pub(crate) const fn sale_state(state: SaleState) -> &'static str {
    match state {
        SaleState::Active => "ACTIVE",
        SaleState::Closed => "CLOSED",
        SaleState::Cancelled => "CANCELLED",
    }
}

/// What the organizer decided, from its word.
pub(crate) fn sale_state_from(name: &str) -> Option<SaleState> {
    [SaleState::Active, SaleState::Closed, SaleState::Cancelled]
        .into_iter()
        .find(|state| sale_state(*state) == name)
}

/// The word for a way of seating.
pub(crate) const fn seating(seating: Seating) -> &'static str {
    match seating {
        Seating::General => "GENERAL",
        Seating::Assigned { .. } => "ASSIGNED",
    }
}

/// The word for a ticket's state.
pub(crate) const fn ticket_state(state: TicketState) -> &'static str {
    match state {
        TicketState::Valid => "VALID",
        TicketState::Used { .. } => "USED",
        TicketState::Cancelled => "CANCELLED",
    }
}

/// The word for a payment's state.
pub(crate) const fn payment_state(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Pending => "PENDING",
        PaymentState::Paid { .. } => "PAID",
        PaymentState::Declined { .. } => "DECLINED",
        PaymentState::Refunded { .. } => "REFUNDED",
    }
}

/// The word for a refund's state.
pub(crate) const fn refund_state(state: RefundState) -> &'static str {
    match state {
        RefundState::Pending => "PENDING",
        RefundState::Done { .. } => "DONE",
    }
}

/// What a search for `text` looks into: the event's name and its venue's, in lower case.
pub(crate) fn search_text(event: &Event) -> String {
    let venue = event.venue.name.as_deref().unwrap_or_default();
    format!("{}\n{venue}", event.name).to_lowercase()
}
