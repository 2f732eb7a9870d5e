//! Tickets at the door.

use std::sync::Arc;

use crate::command::{Answer, CheckIn, CheckInError};
use crate::planted::planted;
use crate::reservation::{Reservation, TicketState};

use super::draft::{Draft, KeyState};

type Checked = Result<Answer<Arc<Reservation>>, CheckInError>;

impl Draft<'_> {
    /// Admits one, once.
    pub(super) fn check_in(&mut self, ticket: &CheckIn) -> Checked {
        let used = TicketState::Used { at: self.now };
        self.turn(ticket, |state| match state {
            TicketState::Valid => Ok(used),
            TicketState::Used { .. } if planted!(TicketAdmitsTwice) => Ok(used),
            TicketState::Used { at } => Err(CheckInError::AlreadyUsed { at }),
            TicketState::Cancelled => Err(CheckInError::TicketCancelled),
        })
    }

    /// Makes a used ticket valid again.
    pub(super) fn undo_check_in(&mut self, ticket: &CheckIn) -> Checked {
        self.turn(ticket, |state| match state {
            TicketState::Used { .. } => Ok(TicketState::Valid),
            TicketState::Valid => Err(CheckInError::NotUsed),
            TicketState::Cancelled => Err(CheckInError::TicketCancelled),
        })
    }

    fn turn(
        &mut self,
        asked: &CheckIn,
        turned: impl FnOnce(TicketState) -> Result<TicketState, CheckInError>,
    ) -> Checked {
        let found = self
            .reservation(asked.reservation)
            .ok_or(CheckInError::NotFound)?;
        if let Some(request) = &asked.key {
            match self.key_state(&found.user, request) {
                KeyState::Unused => {}
                KeyState::Reused => return Err(CheckInError::KeyReused),
                KeyState::LedTo(value) => {
                    return Ok(Answer {
                        value,
                        replayed: true,
                    });
                }
            }
        }
        let mut reservation = (*self.do_due(found)).clone();
        let mut tickets = reservation.tickets.iter_mut();
        let ticket = tickets
            .find(|ticket| ticket.number == asked.number)
            .ok_or(CheckInError::NotFound)?;
        ticket.state = turned(ticket.state)?;
        let value = self.replace(reservation);
        self.keep_key(asked.key.as_ref(), &value);
        Ok(Answer {
            value,
            replayed: false,
        })
    }
}
