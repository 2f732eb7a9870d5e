//! Tickets: their codes, and who is let in with them.

use std::sync::Arc;

use crate::command::{Answer, CheckIn, CheckInError, Command, Outcome, Unserved};
use crate::coordinator::{View, ViewKey};
use crate::idempotency::KeyedRequest;
use crate::ids::EventId;
use crate::reservation::{Reservation, Ticket};
use crate::store::StoreError;
use crate::ticket_code::TicketCode;

use super::BoxOffice;

/// A ticket that was shown at the door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownTicket {
    /// What was scanned.
    pub code: TicketCode,
    /// Which event's door it is, if the door says so.
    pub event: Option<EventId>,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

/// A ticket that was admitted, or whose admission was undone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Its reservation as it is now.
    pub reservation: Arc<Reservation>,
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// Whether the key had led to it earlier.
    pub replayed: bool,
}

impl BoxOffice {
    /// The code of a reservation's ticket, as it is printed.
    pub fn ticket_code(&self, reservation: &Reservation, ticket: &Ticket) -> TicketCode {
        let key = &self.ports.ticket_key;
        key.sign(reservation.event, reservation.id, ticket.number)
    }

    /// Lets somebody in, once for each ticket.
    pub async fn check_in(&self, shown: ShownTicket) -> Result<Checked, CheckInError> {
        self.at_the_door(shown, Command::CheckIn).await
    }

    /// Makes a used ticket valid again.
    pub async fn undo_check_in(&self, shown: ShownTicket) -> Result<Checked, CheckInError> {
        self.at_the_door(shown, Command::UndoCheckIn).await
    }

    /// How many were let in to an event. At all doors of this node together it is counted once in
    /// the time that a count is served from the cache, however many of them ask.
    pub async fn admitted(&self, event: EventId) -> Result<u64, StoreError> {
        let store = Arc::clone(&self.ports.store);
        let load = Box::pin(async move {
            let admitted = store.admitted(event).await?;
            Ok(Some(View::Admitted(admitted)))
        });
        let coordinator = &self.ports.coordinator;
        let cached = coordinator.view(ViewKey::Admitted(event), load).await?;
        match cached.map(|cached| cached.view) {
            Some(View::Admitted(admitted)) => Ok(admitted),
            _ => Ok(0),
        }
    }

    async fn at_the_door(
        &self,
        shown: ShownTicket,
        command: impl FnOnce(CheckIn) -> Command,
    ) -> Result<Checked, CheckInError> {
        let ShownTicket { code, event, key } = shown;
        let found = self.event_of(code.reservation()).await?;
        let sold_for = found
            .filter(|event| self.ports.ticket_key.has_signed(*event, &code))
            .ok_or(CheckInError::NotFound)?;
        if event.is_some_and(|asked| asked != sold_for) {
            return Err(CheckInError::WrongEvent { event: sold_for });
        }
        let number = code.number();
        let command = command(CheckIn {
            reservation: code.reservation(),
            number,
            key,
        });
        let answer = match self.submit(sold_for, command).await.outcome {
            Outcome::CheckIn(result) | Outcome::UndoCheckIn(result) => result?,
            _ => return Err(Unserved::Internal.into()),
        };
        let Answer {
            value: reservation,
            replayed,
        } = answer;
        let mut tickets = reservation.tickets.iter();
        let ticket = tickets.find(|ticket| ticket.number == number).cloned();
        Ok(Checked {
            ticket: ticket.ok_or(CheckInError::NotFound)?,
            reservation,
            replayed,
        })
    }
}
