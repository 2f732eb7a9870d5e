//! A payment provider as it is on a bad day: slow, out of reach, or silent about what it did.
//!
//! Keeps what every provider promises: one charge and one refund for each payment's id, however
//! often it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::command::Verdict;
use boxoffice::ids::PaymentId;
use boxoffice::provider::{
    Charge, ChargeError, Payments, ProviderError, RefundOrder, Refunding, Standing,
};

use crate::census::Kind;
use crate::dice::{Dice, SharedDice};
use crate::scenario::Rates;
use crate::world::{Life, World, lock, sleep_ms};

/// The token of a card that the provider says no to.
pub(crate) const NO_MONEY: &str = "tok_declined";

/// The token of a card that the provider takes its time for.
pub(crate) const SLOW_MONEY: &str = "tok_timeout";

/// How long the provider takes for a card that it takes its time for.
const SLOW: Duration = Duration::from_millis(1_800);

/// The longest that a charge may be on its way, in milliseconds.
const LATE_MS_MAX: u32 = 1_500;

/// What the provider has in its books of one payment.
#[derive(Clone, Debug)]
pub(crate) struct Charged {
    pub(crate) reservation: uuid::Uuid,
    pub(crate) amount: i64,
    pub(crate) paid: bool,
    /// How often the money went back.
    pub(crate) refunds: u32,
    /// From when on it tells.
    tells_from: Duration,
    asked_to_refund: u32,
}

/// The provider.
#[derive(Debug)]
pub(crate) struct Till {
    world: Arc<World>,
    rates: Rates,
    books: Mutex<BTreeMap<PaymentId, Charged>>,
}

impl Till {
    pub(crate) fn new(world: Arc<World>, rates: Rates) -> Arc<Self> {
        Arc::new(Self {
            world,
            rates,
            books: Mutex::default(),
        })
    }

    /// Its books, for the auditor.
    pub(crate) fn books(&self) -> Vec<(uuid::Uuid, Charged)> {
        let books = lock(&self.books);
        books
            .iter()
            .map(|(id, kept)| (id.0, kept.clone()))
            .collect()
    }

    /// Charges, once.
    fn take(&self, charge: &Charge) -> Verdict {
        let token = charge.token.expose();
        let now = self.world.elapsed();
        let mut books = lock(&self.books);
        let kept = books.entry(charge.payment).or_insert_with(|| Charged {
            reservation: charge.reservation.0,
            amount: charge.amount.0,
            paid: token != NO_MONEY,
            refunds: 0,
            tells_from: if token == SLOW_MONEY { now + SLOW } else { now },
            asked_to_refund: 0,
        });
        let paid = kept.paid;
        self.world.tell(|| {
            let what = if paid { "takes" } else { "declines" };
            format!(
                "the provider {what} {} for {}",
                charge.payment, charge.reservation
            )
        });
        if paid {
            Verdict::Paid
        } else {
            Verdict::Declined
        }
    }
}

/// One node's way to the provider, for one life of the node.
pub(crate) struct Counter {
    till: Arc<Till>,
    life: Arc<Life>,
    node: u32,
    dice: SharedDice,
}

impl Counter {
    pub(crate) fn new(till: Arc<Till>, life: Arc<Life>, node: u32, dice: Dice) -> Self {
        Self {
            till,
            life,
            node,
            dice: dice.shared(),
        }
    }

    /// The way there or back; says what fate it meets, from 0 to 999.
    async fn travel(&self) -> u32 {
        self.life.gate().await;
        let (ms, fate) = self
            .dice
            .roll(|dice| (dice.within(1..=30), dice.below(1_000)));
        sleep_ms(ms).await;
        self.life.gate().await;
        if self.till.world.is_calm() { 999 } else { fate }
    }

    fn fault(&self, kind: Kind) {
        let world = &self.till.world;
        world.fault(kind, || format!("n{}: {}", self.node, kind.words()));
    }
}

#[async_trait]
impl Payments for Counter {
    async fn charge(&self, charge: &Charge) -> Result<Verdict, ChargeError> {
        let rates = &self.till.rates;
        let unknown = || ChargeError::Unknown("no answer".to_owned());
        let fate = self.travel().await;
        if fate < rates.till_closed {
            self.fault(Kind::TillClosed);
            return Err(ChargeError::NotAsked("connection refused".to_owned()));
        }
        if fate < rates.till_closed + rates.charge_lost {
            self.fault(Kind::ChargeLost);
            return Err(unknown());
        }
        if fate < rates.till_closed + rates.charge_lost + rates.charge_late {
            self.fault(Kind::ChargeLate);
            let ms = self.dice.roll(|dice| dice.within(1..=LATE_MS_MAX));
            let (till, charge) = (Arc::clone(&self.till), charge.clone());
            tokio::spawn(async move {
                sleep_ms(ms).await;
                till.take(&charge);
            });
            return Err(unknown());
        }
        let verdict = self.till.take(charge);
        let fate = self.travel().await;
        if fate < rates.charge_unheard || charge.token.expose() == SLOW_MONEY {
            self.fault(Kind::ChargeUnheard);
            return Err(unknown());
        }
        Ok(verdict)
    }

    async fn find(&self, payment: PaymentId) -> Result<Standing, ProviderError> {
        if self.travel().await < self.till.rates.till_closed {
            self.fault(Kind::TillClosed);
            return Err(ProviderError("connection refused".to_owned()));
        }
        let now = self.till.world.elapsed();
        let found = lock(&self.till.books).get(&payment).cloned();
        Ok(match found {
            None => Standing::NeverSeen,
            Some(kept) if now < kept.tells_from => Standing::Pending,
            Some(kept) if kept.paid => Standing::Paid,
            Some(_) => Standing::Declined,
        })
    }

    async fn refund(&self, order: &RefundOrder) -> Result<Refunding, ProviderError> {
        let fate = self.travel().await;
        if fate < self.till.rates.till_closed {
            self.fault(Kind::TillClosed);
            return Err(ProviderError("connection refused".to_owned()));
        }
        {
            let mut books = lock(&self.till.books);
            let Some(kept) = books.get_mut(&order.payment).filter(|kept| kept.paid) else {
                return Err(ProviderError("no such payment".to_owned()));
            };
            kept.asked_to_refund += 1;
            // Asked once more than once, it takes its time first.
            if kept.asked_to_refund == 1 && fate % 2 == 0 {
                return Ok(Refunding::Pending);
            }
            if kept.refunds == 0 {
                kept.refunds = 1;
                self.till.world.count(Kind::MoneyReturned);
            }
            if kept.amount != order.amount.0 {
                kept.refunds += 1;
            }
        }
        if self.travel().await < self.till.rates.charge_unheard {
            self.fault(Kind::ChargeUnheard);
            return Err(ProviderError("no answer".to_owned()));
        }
        Ok(Refunding::Done)
    }
}
