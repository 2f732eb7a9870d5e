//! The naive sale's till and door.

use boxoffice::command::{
    BeginPayment, CheckIn, CheckInError, CompleteRefund, Extend, ExtendError, PayError,
    SettlePayment, Verdict,
};
use boxoffice::event::SaleState;
use boxoffice::reservation::ReservationStatus as Is;
use boxoffice::time::Timestamp;

use super::{Attempt, Model, Told, give_back, no};

impl Model {
    pub(super) fn extend(&mut self, asked: &Extend) -> Result<Told, Told> {
        let (id, key) = (asked.reservation, asked.key.as_ref());
        let Some(found) = self.bookings.get(&id) else {
            return Err(no(&ExtendError::NotFound));
        };
        let user = found.user.clone();
        if let Some(told) = self.replay(&user, key, &ExtendError::KeyReused)? {
            return Ok(told);
        }
        let booking = self.bookings.get_mut(&id).expect("it");
        match booking.is {
            Is::Held if booking.extended => return Err(no(&ExtendError::ExtensionUsed)),
            Is::Held => {}
            Is::Paying => return Err(no(&ExtendError::PaymentInProgress)),
            Is::Confirmed => return Err(no(&ExtendError::AlreadyConfirmed)),
            Is::Expired => return Err(no(&ExtendError::HoldExpired)),
            Is::Cancelled => return Err(Told::No("AlreadyCancelled".to_owned())),
        }
        booking.extended = true;
        booking.until = booking.until.plus_secs(self.hold_secs);
        self.keep(&user, key, id);
        Ok(self.told(id, false))
    }

    pub(super) fn begin(&mut self, asked: &BeginPayment) -> Result<Told, Told> {
        let (id, key) = (asked.reservation, asked.key.as_ref());
        let Some(found) = self.bookings.get(&id) else {
            return Err(no(&PayError::NotFound));
        };
        let user = found.user.clone();
        let again = self.replay(&user, key, &PayError::KeyReused)?.is_some();
        let booking = self.bookings.get_mut(&id).expect("it");
        match booking.is {
            Is::Held if booking.price == 0 => {
                booking.is = Is::Confirmed;
                booking.had_tickets = true;
            }
            Is::Held => {
                booking.is = Is::Paying;
                booking.payment = Some(asked.payment);
                let attempt = (id, booking.price, Attempt::UnderWay);
                self.attempts.insert(asked.payment, attempt);
            }
            Is::Confirmed => return Ok(self.told(id, again)),
            Is::Paying if again => return Ok(self.told(id, true)),
            Is::Paying => return Err(no(&PayError::PaymentInProgress)),
            Is::Expired => return Err(no(&PayError::HoldExpired)),
            Is::Cancelled => return Err(Told::No("AlreadyCancelled".to_owned())),
        }
        self.keep(&user, key, id);
        Ok(self.told(id, false))
    }

    pub(super) fn settle(&mut self, asked: &SettlePayment, now: Timestamp) -> Result<Told, Told> {
        let id = asked.reservation;
        let Some(booking) = self.bookings.get_mut(&id) else {
            return Err(no(&PayError::NotFound));
        };
        let attempt = self.attempts.get_mut(&asked.payment);
        let Some((_, _, attempt)) = attempt.filter(|(owner, ..)| *owner == id) else {
            return Ok(self.told(id, false));
        };
        match (*attempt, asked.verdict) {
            (Attempt::UnderWay, Verdict::Paid) => {
                *attempt = Attempt::Paid;
                booking.paid = true;
                booking.is = Is::Confirmed;
                if self.state == SaleState::Cancelled {
                    give_back(booking, &mut self.attempts);
                } else {
                    booking.had_tickets = true;
                }
            }
            (Attempt::UnderWay, Verdict::Declined) => {
                *attempt = Attempt::Declined;
                booking.is = Is::Held;
                booking.payment = None;
                self.pass(now);
            }
            (Attempt::Declined, Verdict::Paid) => *attempt = Attempt::GoesBack,
            _ => {}
        }
        Ok(self.told(id, false))
    }

    pub(super) fn complete(&mut self, done: &CompleteRefund) -> Told {
        let attempt = self.attempts.get_mut(&done.payment);
        let attempt = attempt.filter(|(owner, ..)| *owner == done.reservation);
        let news = match attempt {
            Some((_, _, attempt)) if *attempt == Attempt::GoesBack => {
                *attempt = Attempt::WentBack;
                true
            }
            _ => false,
        };
        Told::News(news)
    }

    pub(super) fn check_in(&mut self, asked: &CheckIn, now: Timestamp) -> Result<Told, Told> {
        self.turn(asked, |used| match used {
            Some(at) => Err(CheckInError::AlreadyUsed { at }),
            None => Ok(Some(now)),
        })
    }

    pub(super) fn undo_check_in(&mut self, asked: &CheckIn) -> Result<Told, Told> {
        self.turn(asked, |used| match used {
            Some(_) => Ok(None),
            None => Err(CheckInError::NotUsed),
        })
    }

    fn turn(
        &mut self,
        asked: &CheckIn,
        turned: impl FnOnce(Option<Timestamp>) -> Result<Option<Timestamp>, CheckInError>,
    ) -> Result<Told, Told> {
        let (id, key) = (asked.reservation, asked.key.as_ref());
        let Some(found) = self.bookings.get(&id) else {
            return Err(no(&CheckInError::NotFound));
        };
        let user = found.user.clone();
        if let Some(told) = self.replay(&user, key, &CheckInError::KeyReused)? {
            return Ok(told);
        }
        let booking = self.bookings.get_mut(&id).expect("it");
        let index = asked.number as usize - 1;
        let Some(admitted) = booking.used.get_mut(index) else {
            return Err(no(&CheckInError::NotFound));
        };
        match booking.is {
            Is::Confirmed => *admitted = turned(*admitted).map_err(|error| no(&error))?,
            // It had tickets if it was ever confirmed.
            Is::Cancelled if booking.had_tickets => {
                return Err(no(&CheckInError::TicketCancelled));
            }
            _ => return Err(no(&CheckInError::NotFound)),
        }
        self.keep(&user, key, id);
        Ok(self.told(id, false))
    }
}
