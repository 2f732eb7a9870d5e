//! A payment provider that answers as a test tells it to, and keeps books of its own.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::command::Verdict;
use boxoffice::ids::PaymentId;
use boxoffice::money::Money;
use boxoffice::provider::{
    Charge, ChargeError, Payments, ProviderError, RefundOrder, Refunding, Standing,
};
use boxoffice::runtime;

/// What happens to one charge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    /// The money is taken.
    Pays,
    /// The card is no good.
    Declines,
    /// The money is taken, and the answer is lost.
    PaysAndLosesTheAnswer,
    /// The card is no good, and the answer is lost.
    DeclinesAndLosesTheAnswer,
    /// The charge never arrives, and nobody knows.
    NeverArrives,
    /// The provider was not reached.
    IsNotAsked,
    /// The money is taken after so long.
    Thinks(Duration),
}

/// The provider's books: what it took, and what it gave back.
#[derive(Default)]
pub(crate) struct Till {
    moods: Mutex<VecDeque<Mood>>,
    books: Mutex<HashMap<PaymentId, (Money, Standing)>>,
    refunded: Mutex<HashMap<PaymentId, Money>>,
    /// Nothing is found and nothing refunded.
    pub(crate) down: AtomicBool,
    /// Refunds stay on their way.
    pub(crate) holds_refunds: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics under a lock")
}

impl Till {
    /// What happens to the next charges, one after the other; then every one pays.
    pub(crate) fn next_charges(&self, moods: &[Mood]) {
        lock(&self.moods).extend(moods);
    }

    /// How many payments it has ever heard of.
    pub(crate) fn asked(&self) -> usize {
        lock(&self.books).len()
    }

    /// The provider learns of a charge that had been on its way.
    pub(crate) fn arrives(&self, payment: PaymentId, amount: Money) {
        lock(&self.books).insert(payment, (amount, Standing::Paid));
    }

    /// Money that it took and has not given back.
    pub(crate) fn keeps(&self) -> Money {
        let refunded = lock(&self.refunded);
        let books = lock(&self.books);
        let kept = books.iter().filter(|(id, (_, standing))| {
            *standing == Standing::Paid && !refunded.contains_key(*id)
        });
        kept.fold(Money::ZERO, |sum, (_, (amount, _))| sum.plus(*amount))
    }

    fn up(&self) -> Result<(), ProviderError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(ProviderError("it is down".to_owned()));
        }
        Ok(())
    }

    fn enter(&self, charge: &Charge, standing: Standing) {
        let mut books = lock(&self.books);
        books
            .entry(charge.payment)
            .or_insert((charge.amount, standing));
    }
}

#[async_trait]
impl Payments for Till {
    async fn charge(&self, charge: &Charge) -> Result<Verdict, ChargeError> {
        let lost = || ChargeError::Unknown("connection reset".to_owned());
        let mood = lock(&self.moods).pop_front().unwrap_or(Mood::Pays);
        match mood {
            Mood::IsNotAsked => return Err(ChargeError::NotAsked("no route".to_owned())),
            Mood::NeverArrives => return Err(lost()),
            Mood::Thinks(time) => {
                self.enter(charge, Standing::Pending);
                runtime::sleep(time).await;
                self.arrives(charge.payment, charge.amount);
            }
            Mood::Pays | Mood::PaysAndLosesTheAnswer => self.enter(charge, Standing::Paid),
            Mood::Declines | Mood::DeclinesAndLosesTheAnswer => {
                self.enter(charge, Standing::Declined);
            }
        }
        match mood {
            Mood::PaysAndLosesTheAnswer | Mood::DeclinesAndLosesTheAnswer => Err(lost()),
            Mood::Declines => Ok(Verdict::Declined),
            _ => Ok(Verdict::Paid),
        }
    }

    async fn find(&self, payment: PaymentId) -> Result<Standing, ProviderError> {
        self.up()?;
        let found = lock(&self.books)
            .get(&payment)
            .map(|(_, standing)| *standing);
        Ok(found.unwrap_or(Standing::NeverSeen))
    }

    async fn refund(&self, order: &RefundOrder) -> Result<Refunding, ProviderError> {
        self.up()?;
        if self.holds_refunds.load(Ordering::SeqCst) {
            return Ok(Refunding::Pending);
        }
        lock(&self.refunded).insert(order.payment, order.amount);
        Ok(Refunding::Done)
    }
}
