//! What becomes of a command, and how that is told in a word.

use std::sync::Arc;

use super::{
    Answer, CancelError, CheckInError, DeleteError, ExtendError, PayError, ReserveError, Unserved,
    UpdateError,
};
use crate::event::EventSnapshot;
use crate::reservation::Reservation;

/// What became of a command; the variant is the command's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The reservation as it is now.
    Reserve(Result<Answer<Arc<Reservation>>, ReserveError>),
    /// The reservation as it is now.
    Cancel(Result<Answer<Arc<Reservation>>, CancelError>),
    /// The reservation with its new end.
    Extend(Result<Answer<Arc<Reservation>>, ExtendError>),
    /// The reservation: paying, or confirmed already.
    BeginPayment(Result<Answer<Arc<Reservation>>, PayError>),
    /// The reservation after the verdict.
    SettlePayment(Result<Arc<Reservation>, PayError>),
    /// Whether the refund is known, and done now.
    CompleteRefund(Result<bool, Unserved>),
    /// The reservation with its ticket used.
    CheckIn(Result<Answer<Arc<Reservation>>, CheckInError>),
    /// The reservation with its ticket valid again.
    UndoCheckIn(Result<Answer<Arc<Reservation>>, CheckInError>),
    /// The event as it is now.
    Update(Result<Arc<EventSnapshot>, UpdateError>),
    /// Deleted.
    Delete(Result<(), DeleteError>),
    /// Swept; whether more is due.
    Sweep(Result<bool, Unserved>),
}

/// Which command it is, without what it asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CommandKind {
    /// See [`Reserve`](super::Reserve).
    Reserve,
    /// See [`Cancel`](super::Cancel).
    Cancel,
    /// See [`Extend`](super::Extend).
    Extend,
    /// See [`BeginPayment`](super::BeginPayment).
    BeginPayment,
    /// See [`SettlePayment`](super::SettlePayment).
    SettlePayment,
    /// See [`CompleteRefund`](super::CompleteRefund).
    CompleteRefund,
    /// See [`Command::CheckIn`](super::Command::CheckIn).
    CheckIn,
    /// See [`Command::UndoCheckIn`](super::Command::UndoCheckIn).
    UndoCheckIn,
    /// See [`Update`](super::Update).
    Update,
    /// See [`Command::Delete`](super::Command::Delete).
    Delete,
    /// See [`Command::Sweep`](super::Command::Sweep).
    Sweep,
}

impl CommandKind {
    /// How many there are; `Sweep` is the last.
    pub(crate) const COUNT: usize = Self::Sweep as usize + 1;

    /// The outcome of such a command when it was not decided.
    pub fn unserved(self, why: Unserved) -> Outcome {
        match self {
            Self::Reserve => Outcome::Reserve(Err(why.into())),
            Self::Cancel => Outcome::Cancel(Err(why.into())),
            Self::Extend => Outcome::Extend(Err(why.into())),
            Self::BeginPayment => Outcome::BeginPayment(Err(why.into())),
            Self::SettlePayment => Outcome::SettlePayment(Err(why.into())),
            Self::CompleteRefund => Outcome::CompleteRefund(Err(why)),
            Self::CheckIn => Outcome::CheckIn(Err(why.into())),
            Self::UndoCheckIn => Outcome::UndoCheckIn(Err(why.into())),
            Self::Update => Outcome::Update(Err(why.into())),
            Self::Delete => Outcome::Delete(Err(why.into())),
            Self::Sweep => Outcome::Sweep(Err(why)),
        }
    }

    /// The outcome of such a command when there is no such event.
    pub fn event_gone(self) -> Outcome {
        match self {
            Self::Reserve => Outcome::Reserve(Err(ReserveError::EventNotFound)),
            Self::Cancel => Outcome::Cancel(Err(CancelError::NotFound)),
            Self::Extend => Outcome::Extend(Err(ExtendError::NotFound)),
            Self::BeginPayment => Outcome::BeginPayment(Err(PayError::NotFound)),
            Self::SettlePayment => Outcome::SettlePayment(Err(PayError::NotFound)),
            Self::CompleteRefund => Outcome::CompleteRefund(Ok(false)),
            Self::CheckIn => Outcome::CheckIn(Err(CheckInError::NotFound)),
            Self::UndoCheckIn => Outcome::UndoCheckIn(Err(CheckInError::NotFound)),
            Self::Update => Outcome::Update(Err(UpdateError::EventNotFound)),
            Self::Delete => Outcome::Delete(Err(DeleteError::EventNotFound)),
            Self::Sweep => Outcome::Sweep(Ok(false)),
        }
    }

    /// Its name in logs, metrics and the event's log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Cancel => "cancel",
            Self::Extend => "extend",
            Self::BeginPayment => "begin_payment",
            Self::SettlePayment => "settle_payment",
            Self::CompleteRefund => "complete_refund",
            Self::CheckIn => "check_in",
            Self::UndoCheckIn => "undo_check_in",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Sweep => "sweep",
        }
    }
}

/// Whether a command did what it asked, in a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// It did.
    Done,
    /// It had been done before, under the same key.
    Replayed,
    /// The rules of the sale said no.
    Refused,
    /// It was not decided.
    Unserved,
}

impl Outcome {
    /// Whether the command did what it asked.
    pub const fn fate(&self) -> Fate {
        use Outcome as O;
        match self {
            O::Reserve(Ok(Answer { replayed: true, .. }))
            | O::Cancel(Ok(Answer { replayed: true, .. }))
            | O::Extend(Ok(Answer { replayed: true, .. }))
            | O::BeginPayment(Ok(Answer { replayed: true, .. }))
            | O::CheckIn(Ok(Answer { replayed: true, .. }))
            | O::UndoCheckIn(Ok(Answer { replayed: true, .. })) => Fate::Replayed,
            O::Reserve(Ok(_))
            | O::Cancel(Ok(_))
            | O::Extend(Ok(_))
            | O::BeginPayment(Ok(_))
            | O::SettlePayment(Ok(_))
            | O::CompleteRefund(Ok(_))
            | O::CheckIn(Ok(_))
            | O::UndoCheckIn(Ok(_))
            | O::Update(Ok(_))
            | O::Delete(Ok(()))
            | O::Sweep(Ok(_)) => Fate::Done,
            O::Reserve(Err(ReserveError::Unserved(_)))
            | O::Cancel(Err(CancelError::Unserved(_)))
            | O::Extend(Err(ExtendError::Unserved(_)))
            | O::BeginPayment(Err(PayError::Unserved(_)))
            | O::SettlePayment(Err(PayError::Unserved(_)))
            | O::CompleteRefund(Err(_))
            | O::CheckIn(Err(CheckInError::Unserved(_)))
            | O::UndoCheckIn(Err(CheckInError::Unserved(_)))
            | O::Update(Err(UpdateError::Unserved(_)))
            | O::Delete(Err(DeleteError::Unserved(_)))
            | O::Sweep(Err(_)) => Fate::Unserved,
            O::Reserve(Err(_))
            | O::Cancel(Err(_))
            | O::Extend(Err(_))
            | O::BeginPayment(Err(_))
            | O::SettlePayment(Err(_))
            | O::CheckIn(Err(_))
            | O::UndoCheckIn(Err(_))
            | O::Update(Err(_))
            | O::Delete(Err(_)) => Fate::Refused,
        }
    }
}

impl Fate {
    /// How many there are; `Unserved` is the last.
    pub(crate) const COUNT: usize = Self::Unserved as usize + 1;

    /// Its name in metrics and the event's log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
            Self::Unserved => "unserved",
        }
    }
}
