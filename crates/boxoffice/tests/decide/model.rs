//! A naive sale: one command at a time over plain maps, and every number counted anew.
//!
//! Written without a look at the decision, so that both would have to be wrong in the same way.

mod paying;
mod updating;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use boxoffice::buyer::UserId;
use boxoffice::command::{Cancel, CancelError, Command, DeleteError, Reserve, ReserveError};
use boxoffice::event::{EventSnapshot, SaleState};
use boxoffice::grade::SeatType;
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::ids::{PaymentId, ReservationId};
use boxoffice::reservation::ReservationStatus as Is;
use boxoffice::time::Timestamp;

/// What a buyer or an organizer is told, without what depends on how commands are grouped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    Booking {
        replayed: bool,
        seen: Seen,
    },
    Event(Vec<Shelf>),
    /// A refund that went back: whether it was known and had not gone back before.
    News(bool),
    Done,
    No(String),
}

/// A refusal, as it reads.
pub(crate) fn no(error: &impl Debug) -> Told {
    let text = format!("{error:?}");
    // The cancellation that it carries is compared where it was made.
    if text.starts_with("AlreadyCancelled") {
        return Told::No("AlreadyCancelled".to_owned());
    }
    Told::No(text)
}

/// What can be seen of a reservation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) id: ReservationId,
    pub(crate) is: Is,
    pub(crate) quantity: u32,
    pub(crate) price: i64,
    pub(crate) until: Option<Timestamp>,
    pub(crate) refunded: Option<i64>,
    pub(crate) admits: usize,
}

/// What can be seen of a grade.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shelf {
    pub(crate) price: i64,
    pub(crate) total: u32,
    pub(crate) held: u32,
    pub(crate) sold: u32,
}

struct Booking {
    user: UserId,
    grade: SeatType,
    quantity: u32,
    price: i64,
    is: Is,
    until: Timestamp,
    extended: bool,
    payment: Option<PaymentId>,
    paid: bool,
    /// Whether it was ever confirmed.
    had_tickets: bool,
    /// When each ticket was used, if it was.
    used: Vec<Option<Timestamp>>,
}

/// Where an attempt to pay stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attempt {
    UnderWay,
    Declined,
    Paid,
    GoesBack,
    WentBack,
}

pub(crate) struct Model {
    pub(crate) grades: Vec<(SeatType, i64, u32)>,
    /// Grades whose seats have numbers; which seat somebody gets is not the model's business.
    pub(crate) assigned: Vec<SeatType>,
    pub(crate) opens: Option<Timestamp>,
    pub(crate) closes: Option<Timestamp>,
    pub(crate) starts: Timestamp,
    pub(crate) hold_secs: u32,
    pub(crate) limit: Option<u32>,
    pub(crate) state: SaleState,
    deleted: bool,
    bookings: BTreeMap<ReservationId, Booking>,
    keys: HashMap<(UserId, IdempotencyKey), (BodyHash, ReservationId)>,
    attempts: HashMap<PaymentId, (ReservationId, i64, Attempt)>,
}

impl Model {
    pub(crate) fn new(snapshot: &EventSnapshot) -> Self {
        let event = &snapshot.event;
        let grades = snapshot.grades.iter();
        Self {
            grades: grades
                .map(|g| (g.seat_type.clone(), g.price.0, g.stock.total))
                .collect(),
            assigned: snapshot
                .seats
                .iter()
                .map(|map| map.layout().seat_type().clone())
                .collect(),
            opens: event.sale_opens_at,
            closes: event.sale_closes_at,
            starts: event.starts_at,
            hold_secs: event.hold_secs,
            limit: event.buyer_tickets_max,
            state: event.state,
            deleted: false,
            bookings: BTreeMap::new(),
            keys: HashMap::new(),
            attempts: HashMap::new(),
        }
    }

    /// Does one command at this moment, after everything that is due by then.
    pub(crate) fn tell(&mut self, command: &Command, now: Timestamp) -> Told {
        self.pass(now);
        let told = match command {
            Command::Reserve(reserve) => self.reserve(reserve, now),
            Command::Cancel(cancel) => self.cancel(cancel, now),
            Command::Extend(extend) => self.extend(extend),
            Command::BeginPayment(begin) => self.begin(begin),
            Command::SettlePayment(settle) => self.settle(settle, now),
            Command::CompleteRefund(done) => Ok(self.complete(done)),
            Command::CheckIn(ticket) => self.check_in(ticket, now),
            Command::UndoCheckIn(ticket) => self.undo_check_in(ticket),
            Command::Update(update) => self.update(update),
            Command::Delete => self.delete(),
            Command::Sweep => Ok(Told::Done),
        };
        told.unwrap_or_else(|refused| refused)
    }

    /// Lets time pass: holds end, and a called-off event gives back.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        let called_off = self.state == SaleState::Cancelled;
        for booking in self.bookings.values_mut() {
            if booking.is == Is::Held && booking.until <= now {
                booking.is = Is::Expired;
            }
            if called_off && matches!(booking.is, Is::Held | Is::Confirmed) {
                give_back(booking, &mut self.attempts);
            }
        }
    }

    /// Money that came, and money that went or goes back.
    pub(crate) fn money(&self) -> (i64, i64) {
        let (mut came, mut back) = (0, 0);
        for (_, amount, attempt) in self.attempts.values() {
            let (comes, goes) = match attempt {
                Attempt::UnderWay | Attempt::Declined => (0, 0),
                Attempt::Paid => (*amount, 0),
                Attempt::GoesBack | Attempt::WentBack => (*amount, *amount),
            };
            came += comes;
            back += goes;
        }
        (came, back)
    }

    fn count(&self, grade: &SeatType, counts: impl Fn(Is) -> bool) -> u32 {
        let of_grade = self.bookings.values().filter(|b| b.grade == *grade);
        of_grade.filter(|b| counts(b.is)).map(|b| b.quantity).sum()
    }

    pub(crate) fn shelves(&self) -> Vec<Shelf> {
        let seen = |(name, price, total): &(SeatType, i64, u32)| Shelf {
            price: *price,
            total: *total,
            held: self.count(name, |is| matches!(is, Is::Held | Is::Paying)),
            sold: self.count(name, |is| is == Is::Confirmed),
        };
        self.grades.iter().map(seen).collect()
    }

    pub(crate) fn taken(&self, grade: &SeatType) -> u32 {
        self.count(grade, Is::is_live)
    }

    /// Tickets that this buyer holds or owns.
    pub(crate) fn holding(&self, user: &UserId) -> u32 {
        let live = self.bookings.values().filter(|b| b.is.is_live());
        live.filter(|b| b.user == *user).map(|b| b.quantity).sum()
    }

    pub(crate) fn seen(&self, id: ReservationId) -> Seen {
        let booking = &self.bookings[&id];
        let unused = booking.used.iter().filter(|used| used.is_none()).count();
        let admits = if booking.is == Is::Confirmed {
            unused
        } else {
            0
        };
        let refunded = booking.is == Is::Cancelled && booking.paid;
        Seen {
            id,
            is: booking.is,
            quantity: booking.quantity,
            price: booking.price,
            until: matches!(booking.is, Is::Held | Is::Paying).then_some(booking.until),
            refunded: refunded.then_some(booking.price),
            admits,
        }
    }

    pub(crate) fn everything(&self) -> Vec<Seen> {
        self.bookings.keys().map(|id| self.seen(*id)).collect()
    }

    fn told(&self, id: ReservationId, replayed: bool) -> Told {
        let seen = self.seen(id);
        Told::Booking { replayed, seen }
    }

    /// What the key led to; `None` where it is new.
    fn replay(
        &self,
        user: &UserId,
        key: Option<&KeyedRequest>,
        reused: &impl Debug,
    ) -> Result<Option<Told>, Told> {
        let Some(request) = key else { return Ok(None) };
        match self.keys.get(&(user.clone(), request.key.clone())) {
            None => Ok(None),
            Some((body, id)) if *body == request.body => Ok(Some(self.told(*id, true))),
            Some(_) => Err(no(reused)),
        }
    }

    fn keep(&mut self, user: &UserId, key: Option<&KeyedRequest>, id: ReservationId) {
        if let Some(request) = key {
            let scope = (user.clone(), request.key.clone());
            self.keys.insert(scope, (request.body, id));
        }
    }

    fn reserve(&mut self, asked: &Reserve, now: Timestamp) -> Result<Told, Told> {
        let key = asked.key.as_ref();
        if let Some(told) = self.replay(&asked.user, key, &ReserveError::KeyReused)? {
            return Ok(told);
        }
        self.expect_open(now).map_err(|error| no(&error))?;
        let known: Vec<SeatType> = self.grades.iter().map(|grade| grade.0.clone()).collect();
        let name = match (&asked.seat_type, known.as_slice()) {
            (Some(name), known) if known.contains(name) => name.clone(),
            (None, [only]) => only.clone(),
            (None, _) => return Err(no(&ReserveError::SeatTypeMissing { known })),
            (Some(_), _) => return Err(no(&ReserveError::UnknownSeatType { known })),
        };
        let quantity = asked.quantity.get();
        let holding = self.holding(&asked.user);
        if let Some(limit) = self.limit
            && holding + quantity > limit
        {
            return Err(no(&ReserveError::AlreadyReserved { limit, holding }));
        }
        let grade = self.grades.iter().find(|grade| grade.0 == name);
        let (_, price, total) = grade.expect("a known grade");
        let available = total - self.taken(&name);
        if available < quantity {
            return Err(no(&ReserveError::InsufficientSeats {
                requested: quantity,
                available,
            }));
        }
        let booking = Booking {
            user: asked.user.clone(),
            grade: name,
            quantity,
            price: price * i64::from(quantity),
            is: if self.hold_secs == 0 {
                Is::Confirmed
            } else {
                Is::Held
            },
            until: now.plus_secs(self.hold_secs),
            extended: false,
            payment: None,
            paid: false,
            had_tickets: self.hold_secs == 0,
            used: vec![None; quantity as usize],
        };
        self.bookings.insert(asked.id, booking);
        self.keep(&asked.user, key, asked.id);
        Ok(self.told(asked.id, false))
    }

    fn expect_open(&self, now: Timestamp) -> Result<(), ReserveError> {
        if self.deleted {
            return Err(ReserveError::EventNotFound);
        }
        if self.state == SaleState::Cancelled {
            return Err(ReserveError::EventCancelled);
        }
        let closed = self.closes.is_some_and(|closes| now >= closes);
        if self.state == SaleState::Closed || closed || now >= self.starts {
            return Err(ReserveError::SaleClosed);
        }
        match self.opens {
            Some(opens_at) if now < opens_at => Err(ReserveError::SaleNotOpen { opens_at }),
            _ => Ok(()),
        }
    }

    fn cancel(&mut self, asked: &Cancel, now: Timestamp) -> Result<Told, Told> {
        let (id, key) = (asked.reservation, asked.key.as_ref());
        let Some(found) = self.bookings.get(&id) else {
            return Err(no(&CancelError::NotFound));
        };
        let user = found.user.clone();
        if let Some(told) = self.replay(&user, key, &CancelError::KeyReused)? {
            return Ok(told);
        }
        match self.bookings[&id].is {
            Is::Held | Is::Confirmed if now >= self.starts => {
                return Err(no(&CancelError::SaleClosed));
            }
            Is::Held | Is::Confirmed => {}
            Is::Paying => return Err(no(&CancelError::PaymentInProgress)),
            Is::Expired => return Err(no(&CancelError::HoldExpired)),
            Is::Cancelled => return Err(Told::No("AlreadyCancelled".to_owned())),
        }
        let booking = self.bookings.get_mut(&id).expect("it");
        if let Some(at) = booking.used.iter().flatten().min() {
            return Err(no(&CancelError::TicketUsed { at: *at }));
        }
        give_back(booking, &mut self.attempts);
        self.keep(&user, key, id);
        Ok(self.told(id, false))
    }

    fn delete(&mut self) -> Result<Told, Told> {
        if self.deleted {
            return Err(no(&DeleteError::EventNotFound));
        }
        let live = self.bookings.values().filter(|b| b.is.is_live());
        let tickets: u32 = live.map(|booking| booking.quantity).sum();
        if tickets > 0 {
            return Err(no(&DeleteError::LiveReservations { tickets }));
        }
        self.deleted = true;
        Ok(Told::Done)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted
    }
}

/// A booking's seats go back, and what was paid for it.
fn give_back(
    booking: &mut Booking,
    attempts: &mut HashMap<PaymentId, (ReservationId, i64, Attempt)>,
) {
    let paid = booking.payment.filter(|_| booking.is == Is::Confirmed);
    if let Some((_, _, attempt)) = paid.and_then(|id| attempts.get_mut(&id)) {
        *attempt = Attempt::GoesBack;
    }
    booking.is = Is::Cancelled;
}
