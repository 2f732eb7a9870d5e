//! Takes money and gives it back: asks the provider, outside of every group, and settles what it
//! says in the event's chain.
//!
//! A payment is charged after its first group is committed and settled in a second one. Whatever
//! happens between them, some node's [`Cashier::reconcile`] asks the provider again until it knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use metrics::counter;
use tokio::sync::Notify;

use crate::box_office::Ports;
use crate::command::{
    Command, CompleteRefund, Outcome, PayError, SettlePayment, Unserved, Verdict,
};
use crate::ids::{EventId, PaymentId, ReservationId};
use crate::limits::Limits;
use crate::planted::planted;
use crate::provider::{Charge, ChargeError, RefundOrder, Refunding, Standing};
use crate::reservation::{Reservation, ReservationState};
use crate::runtime;
use crate::sequencer::Sequencers;
use crate::store::{PaymentUnderWay, RefundDue};
use crate::time::Instant;

/// Payments and refunds that one round asks the provider about at a time.
const ASKED_AT_ONCE: usize = 16;

/// How often a verdict that was not taken is put to the event again, before it is left to the
/// next round.
const SETTLE_TRIES: u32 = 3;

/// How long to wait before a verdict is put to the event again.
const SETTLE_PAUSE: Duration = Duration::from_millis(100);

/// The till of one node. A clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Cashier {
    ports: Arc<Ports>,
    limits: Arc<Limits>,
    sequencers: Arc<Sequencers>,
    /// Payments that this node is busy with, and who is told when it no longer is.
    open: Arc<Mutex<HashMap<PaymentId, Arc<Notify>>>>,
    unseen: Arc<Mutex<HashMap<PaymentId, Unseen>>>,
}

/// A payment that the provider had not seen when this node asked.
struct Unseen {
    since: Instant,
    /// The pass in which it was last met.
    pass: u64,
}

/// How far a round came in each list, so that the next goes on where it ended.
#[derive(Default)]
pub(crate) struct Round {
    /// Which pass over all payments this is.
    pass: u64,
    payments: Option<ReservationId>,
    refunds: Option<PaymentId>,
}

/// A payment that this node is busy with, until this is dropped.
pub(crate) struct Busy {
    cashier: Cashier,
    payment: PaymentId,
    /// Whoever waits hears when it goes.
    over: Arc<Notify>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.cashier.open().remove(&self.payment);
        self.over.notify_waiters();
    }
}

impl Cashier {
    pub(crate) fn new(ports: Arc<Ports>, limits: Arc<Limits>, sequencers: Arc<Sequencers>) -> Self {
        Self {
            ports,
            limits,
            sequencers,
            open: Arc::default(),
            unseen: Arc::default(),
        }
    }

    /// Notes that this node is about to take a payment.
    pub(crate) fn begin(&self, payment: PaymentId) -> Busy {
        let over = Arc::new(Notify::new());
        self.open().insert(payment, Arc::clone(&over));
        Busy {
            cashier: self.clone(),
            payment,
            over,
        }
    }

    /// Waits until this node is through with a payment; not at all where another has it.
    pub(crate) async fn wait_for(&self, payment: PaymentId) {
        let Some(over) = self.open().get(&payment).cloned() else {
            return;
        };
        // Before the look: an end that comes after it is heard of.
        let told = over.notified();
        if self.open().contains_key(&payment) {
            told.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<PaymentId, Arc<Notify>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Charges, and settles what the provider says; `pending` is the reservation meanwhile.
    pub(crate) async fn charge(
        self,
        charge: Charge,
        pending: Arc<Reservation>,
        busy: Busy,
    ) -> Result<Arc<Reservation>, PayError> {
        let asked = self.ports.payments.charge(&charge);
        let answer = match runtime::timeout(self.patience(), asked).await {
            Ok(answer) => answer,
            Err(_) => Err(ChargeError::Unknown("it took too long".to_owned())),
        };
        let (verdict, declined) = match answer {
            Ok(Verdict::Paid) => (Verdict::Paid, None),
            Ok(Verdict::Declined) => (Verdict::Declined, None),
            Err(ChargeError::NotAsked(why)) => {
                tracing::warn!(why, "the payment provider was not asked");
                (Verdict::Declined, Some(PayError::ProviderUnavailable))
            }
            Err(ChargeError::Unknown(_)) if planted!(UnknownChargeDeclined) => {
                (Verdict::Declined, None)
            }
            Err(ChargeError::Unknown(why)) => {
                tracing::info!(payment = %charge.payment, why, "a payment's outcome is not known");
                count("charge", "unknown");
                return Ok(pending);
            }
        };
        count("charge", verdict_name(verdict));
        let settled = self
            .settle(charge.event, charge.reservation, charge.payment, verdict)
            .await;
        drop(busy);
        match (settled, declined) {
            // Nobody knows whether it was settled. It will be.
            (Err(PayError::Unserved(_)), _) => Ok(pending),
            (Err(error), _) | (Ok(_), Some(error)) => Err(error),
            (Ok(settled), None) => told(settled, charge.payment, verdict),
        }
    }

    /// Puts a verdict to the event, more than once if need be: settling twice changes nothing.
    pub(crate) async fn settle(
        &self,
        event: EventId,
        reservation: ReservationId,
        payment: PaymentId,
        verdict: Verdict,
    ) -> Result<Arc<Reservation>, PayError> {
        let mut tries = 1;
        loop {
            let settle = SettlePayment {
                reservation,
                payment,
                verdict,
            };
            let served = self
                .sequencers
                .submit(event, Command::SettlePayment(settle))
                .await;
            match served.outcome {
                Outcome::SettlePayment(Err(PayError::Unserved(why)))
                    if tries < SETTLE_TRIES && why != Unserved::Internal =>
                {
                    tries += 1;
                    runtime::sleep(SETTLE_PAUSE).await;
                }
                Outcome::SettlePayment(settled) => return settled,
                _ => return Err(Unserved::Internal.into()),
            }
        }
    }

    /// One bounded look at what is under way and what has to go back.
    pub(crate) async fn reconcile(&self, round: &mut Round) {
        let len_max = self.limits.reconcile_len_max;
        let len = len_max as usize;
        match self
            .ports
            .store
            .payments_under_way(round.payments, len_max)
            .await
        {
            Ok(found) => {
                let last = found.last().map(|last| last.reservation);
                round.payments = last.filter(|_| found.len() >= len);
                self.meet(&found, round.pass);
                let each = stream::iter(found).map(|under_way| self.look_up(under_way, round.pass));
                each.buffer_unordered(ASKED_AT_ONCE).collect::<()>().await;
                if round.payments.is_none() {
                    self.unseen().retain(|_, unseen| unseen.pass == round.pass);
                    round.pass += 1;
                }
            }
            Err(error) => tracing::warn!(%error, "payments under way were not looked for"),
        }
        match self.ports.store.refunds_due(round.refunds, len_max).await {
            Ok(found) => {
                let last = found.last().map(|last| last.refund.payment);
                round.refunds = last.filter(|_| found.len() >= len);
                let each = stream::iter(found).map(|due| self.give_back(due));
                each.buffer_unordered(ASKED_AT_ONCE).collect::<()>().await;
            }
            Err(error) => tracing::warn!(%error, "refunds were not looked for"),
        }
    }

    /// Asks the provider about a payment, unless this node is waiting for its answer anyway.
    async fn look_up(&self, under_way: PaymentUnderWay, pass: u64) {
        let PaymentUnderWay {
            event,
            reservation,
            payment,
            started_at,
        } = under_way;
        if self.open().contains_key(&payment) {
            return;
        }
        let asked = self.ports.payments.find(payment);
        let verdict = match runtime::timeout(self.patience(), asked).await {
            Ok(Ok(Standing::Paid)) => Verdict::Paid,
            Ok(Ok(Standing::Declined)) => Verdict::Declined,
            // A charge may still be on its way from another node, but not for so long.
            Ok(Ok(Standing::NeverSeen)) if self.is_given_up(payment, pass) => {
                tracing::info!(%payment, ?started_at, "the provider has never seen a payment");
                Verdict::Declined
            }
            Ok(Ok(Standing::NeverSeen | Standing::Pending)) => return,
            Ok(Err(error)) => return tracing::warn!(%error, "a payment was not looked up"),
            Err(_) => return tracing::warn!("the payment provider takes too long"),
        };
        count("look_up", verdict_name(verdict));
        if let Err(error) = self.settle(event, reservation, payment, verdict).await {
            tracing::warn!(%reservation, %error, "a payment was not settled");
        }
    }

    async fn give_back(&self, due: RefundDue) {
        let payment = due.refund.payment;
        let order = RefundOrder {
            payment,
            amount: due.refund.amount,
        };
        let asked = self.ports.payments.refund(&order);
        match runtime::timeout(self.patience(), asked).await {
            Ok(Ok(Refunding::Done)) => {}
            Ok(Ok(Refunding::Pending)) => return,
            Ok(Err(error)) => return tracing::warn!(%error, "a refund was not asked for"),
            Err(_) => return tracing::warn!("the payment provider takes too long"),
        }
        count("refund", "done");
        let done = CompleteRefund {
            reservation: due.reservation,
            payment,
        };
        // One that is not written now is asked for again: the provider refunds once.
        let served = self
            .sequencers
            .submit(due.event, Command::CompleteRefund(done));
        if let Outcome::CompleteRefund(Err(error)) = served.await.outcome {
            tracing::warn!(%error, "a refund was not noted");
        }
    }

    fn unseen(&self) -> MutexGuard<'_, HashMap<PaymentId, Unseen>> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers, of what the provider has not seen, that it is still under way.
    fn meet(&self, found: &[PaymentUnderWay], pass: u64) {
        let mut unseen = self.unseen();
        for under_way in found {
            if let Some(unseen) = unseen.get_mut(&under_way.payment) {
                unseen.pass = pass;
            }
        }
    }

    /// Whether the provider has not seen a payment for as long as this node has asked, and that long
    /// enough.
    ///
    /// By this node's own watch and not by when the payment began: nodes' clocks may differ by more
    /// than a charge takes, and money that arrives after it was given up is nobody's to give back
    /// where its charge's own node has died.
    fn is_given_up(&self, payment: PaymentId, pass: u64) -> bool {
        let now = self.ports.clock.instant();
        let since = self
            .unseen()
            .entry(payment)
            .or_insert(Unseen { since: now, pass })
            .since;
        now.since(since) >= Duration::from_secs(self.limits.payment_unseen_secs.into())
            || planted!(UnseenIsDeclined)
    }

    fn patience(&self) -> Duration {
        runtime::millis(self.limits.payment_timeout_ms)
    }
}

/// What a buyer is told of her reservation once the provider's verdict on her attempt is in.
fn told(
    settled: Arc<Reservation>,
    payment: PaymentId,
    verdict: Verdict,
) -> Result<Arc<Reservation>, PayError> {
    let boxed = |reservation: &Reservation| Box::new(reservation.clone());
    match (&settled.state, verdict) {
        (ReservationState::Confirmed { .. }, _) => Ok(settled),
        // Paid for after all, the attempt had been given up: its money goes back.
        (_, Verdict::Declined) | (ReservationState::Held { .. }, Verdict::Paid) => {
            Err(PayError::Declined(boxed(&settled)))
        }
        (ReservationState::Cancelled { .. }, Verdict::Paid) => {
            Err(PayError::AlreadyCancelled(boxed(&settled)))
        }
        (ReservationState::Expired { .. }, Verdict::Paid) => Err(PayError::HoldExpired),
        (ReservationState::Paying { payment: other, .. }, Verdict::Paid) if other.id != payment => {
            Err(PayError::PaymentInProgress)
        }
        (ReservationState::Paying { .. }, Verdict::Paid) => Ok(settled),
    }
}

fn count(what: &'static str, answer: &'static str) {
    counter!("onsale_provider_answers_total", "asked" => what, "answer" => answer).increment(1);
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Paid => "paid",
        Verdict::Declined => "declined",
    }
}
