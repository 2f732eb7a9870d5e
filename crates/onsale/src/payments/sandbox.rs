//! A provider that takes no real money, for trying things out, tests and load.
//!
//! Its books are this process's memory. After a restart it has never seen the payments of before:
//! those under way then count as declined in time, and refunds of the others are granted.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use boxoffice::command::Verdict;
use boxoffice::ids::PaymentId;
use boxoffice::provider::{
    Charge, ChargeError, Payments, ProviderError, RefundOrder, Refunding, Standing,
};

/// A card that pays.
const TOKEN_OK: &str = "tok_ok";

/// A card that pays, but nobody says so at first.
const TOKEN_TIMEOUT: &str = "tok_timeout";

/// Payments that are remembered; the oldest are forgotten first.
const PAYMENTS_MAX: usize = 200_000;

/// How the sandbox behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SandboxLimits {
    /// How long each answer takes, in milliseconds.
    pub sandbox_latency_ms: u32,
    /// How many of a hundred charges of a good card are declined.
    pub sandbox_declined_percent: u32,
    /// How many of a hundred charges of a good card are not answered, and found paid later.
    pub sandbox_unknown_percent: u32,
    /// How long a charge that is not answered stays undecided, in milliseconds.
    pub sandbox_settle_ms: u32,
    /// Whether nothing is answered at all.
    pub sandbox_down: bool,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            sandbox_latency_ms: 0,
            sandbox_declined_percent: 0,
            sandbox_unknown_percent: 0,
            sandbox_settle_ms: 1_000,
            sandbox_down: false,
        }
    }
}

impl SandboxLimits {
    /// What is wrong with them, one line each.
    pub fn mistakes(&self) -> Vec<String> {
        let percent = self
            .sandbox_declined_percent
            .saturating_add(self.sandbox_unknown_percent);
        if percent > 100 {
            return vec![
                "sandbox_declined_percent and sandbox_unknown_percent must be at most 100 together"
                    .to_owned(),
            ];
        }
        Vec::new()
    }
}

/// Takes no real money.
#[derive(Debug)]
pub struct Sandbox {
    limits: SandboxLimits,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    payments: HashMap<PaymentId, Entry>,
    oldest: VecDeque<PaymentId>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    verdict: Verdict,
    /// From when on the sandbox tells; `None`: at once.
    told_from: Option<Instant>,
}

impl Entry {
    fn standing(self, now: Instant) -> Standing {
        match self.verdict {
            _ if self.told_from.is_some_and(|from| now < from) => Standing::Pending,
            Verdict::Paid => Standing::Paid,
            Verdict::Declined => Standing::Declined,
        }
    }
}

impl Sandbox {
    /// A sandbox that behaves like this.
    pub fn new(limits: SandboxLimits) -> Self {
        Self {
            limits,
            books: Mutex::default(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self) -> Result<(), ProviderError> {
        if self.limits.sandbox_latency_ms > 0 {
            let latency = Duration::from_millis(self.limits.sandbox_latency_ms.into());
            tokio::time::sleep(latency).await;
        }
        if self.limits.sandbox_down {
            return Err(ProviderError("the sandbox is down".to_owned()));
        }
        Ok(())
    }

    /// What becomes of a charge. Follows from its id, so that a retry meets the same fate.
    fn decide(&self, charge: &Charge) -> (Verdict, bool) {
        let [.., high, low] = *charge.payment.0.as_bytes();
        let lot = u32::from(u16::from_be_bytes([high, low])) % 100;
        let limits = &self.limits;
        let declined = limits.sandbox_declined_percent;
        match charge.token.expose() {
            TOKEN_TIMEOUT => (Verdict::Paid, true),
            TOKEN_OK if lot < declined => (Verdict::Declined, false),
            TOKEN_OK => (
                Verdict::Paid,
                lot < declined + limits.sandbox_unknown_percent,
            ),
            _ => (Verdict::Declined, false),
        }
    }

    fn enter(&self, charge: &Charge) -> Entry {
        let mut books = self.books();
        if let Some(entry) = books.payments.get(&charge.payment) {
            return *entry;
        }
        let (verdict, late) = self.decide(charge);
        let settle = Duration::from_millis(self.limits.sandbox_settle_ms.into());
        let entry = Entry {
            verdict,
            told_from: late.then(|| Instant::now() + settle),
        };
        if books.oldest.len() >= PAYMENTS_MAX
            && let Some(oldest) = books.oldest.pop_front()
        {
            books.payments.remove(&oldest);
        }
        books.oldest.push_back(charge.payment);
        books.payments.insert(charge.payment, entry);
        entry
    }
}

#[async_trait]
impl Payments for Sandbox {
    async fn charge(&self, charge: &Charge) -> Result<Verdict, ChargeError> {
        let asked = self.answer().await;
        asked.map_err(|error| ChargeError::NotAsked(error.0))?;
        let entry = self.enter(charge);
        match entry.standing(Instant::now()) {
            Standing::Pending => Err(ChargeError::Unknown("the sandbox is thinking".to_owned())),
            _ => Ok(entry.verdict),
        }
    }

    async fn find(&self, payment: PaymentId) -> Result<Standing, ProviderError> {
        self.answer().await?;
        let entry = self.books().payments.get(&payment).copied();
        Ok(entry.map_or(Standing::NeverSeen, |entry| entry.standing(Instant::now())))
    }

    async fn refund(&self, _order: &RefundOrder) -> Result<Refunding, ProviderError> {
        self.answer().await?;
        Ok(Refunding::Done)
    }
}

#[cfg(test)]
mod tests {
    use boxoffice::ids::{EventId, ReservationId};
    use boxoffice::money::{Currency, Money};

    use super::*;

    fn payment(number: u128) -> PaymentId {
        PaymentId::from_slice(&number.to_be_bytes()).expect("sixteen bytes")
    }

    fn charge(number: u128, token: &str) -> Charge {
        Charge {
            payment: payment(number),
            event: EventId(1),
            reservation: ReservationId::from_slice(&[1; 16]).expect("sixteen bytes"),
            amount: Money(50_000),
            currency: Currency::KRW,
            method: "CARD".parse().expect("a method"),
            token: token.parse().expect("a token"),
        }
    }

    fn sandbox(limits: SandboxLimits) -> Sandbox {
        Sandbox::new(limits)
    }

    #[tokio::test]
    async fn a_good_card_pays_and_any_other_is_declined() {
        let sandbox = sandbox(SandboxLimits::default());
        for (id, token, verdict, standing) in [
            (1, "tok_ok", Verdict::Paid, Standing::Paid),
            (2, "tok_declined", Verdict::Declined, Standing::Declined),
            (3, "tok_of_no_card", Verdict::Declined, Standing::Declined),
        ] {
            let charge = charge(id, token);
            assert_eq!(sandbox.charge(&charge).await, Ok(verdict), "{token}");
            assert_eq!(sandbox.find(charge.payment).await, Ok(standing), "{token}");
        }
    }

    #[tokio::test]
    async fn a_late_answer_is_unknown_at_first_and_paid_then() {
        let late = sandbox(SandboxLimits {
            sandbox_settle_ms: 3_600_000,
            ..SandboxLimits::default()
        });
        let charge = charge(1, "tok_timeout");
        let asked = late.charge(&charge).await;
        assert!(matches!(asked, Err(ChargeError::Unknown(_))), "{asked:?}");
        assert_eq!(late.find(charge.payment).await, Ok(Standing::Pending));

        let soon = sandbox(SandboxLimits {
            sandbox_settle_ms: 0,
            ..SandboxLimits::default()
        });
        let _told = soon.charge(&charge).await;
        assert_eq!(soon.find(charge.payment).await, Ok(Standing::Paid));
    }

    #[tokio::test]
    async fn the_same_payment_is_charged_once() {
        let sandbox = sandbox(SandboxLimits::default());
        assert_eq!(
            sandbox.charge(&charge(1, "tok_ok")).await,
            Ok(Verdict::Paid)
        );
        let again = sandbox.charge(&charge(1, "tok_declined")).await;
        assert_eq!(again, Ok(Verdict::Paid));
    }

    #[tokio::test]
    async fn shares_of_a_hundred_are_kept_to() {
        let sandbox = sandbox(SandboxLimits {
            sandbox_declined_percent: 20,
            sandbox_unknown_percent: 30,
            ..SandboxLimits::default()
        });
        let (mut declined, mut unknown) = (0, 0);
        for id in 0..100 {
            match sandbox.charge(&charge(id, "tok_ok")).await {
                Ok(Verdict::Declined) => declined += 1,
                Err(ChargeError::Unknown(_)) => unknown += 1,
                Ok(Verdict::Paid) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!((declined, unknown), (20, 30));
    }

    #[tokio::test]
    async fn a_provider_that_is_down_is_not_asked() {
        let sandbox = sandbox(SandboxLimits {
            sandbox_down: true,
            ..SandboxLimits::default()
        });
        let charge = charge(1, "tok_ok");
        let asked = sandbox.charge(&charge).await;
        assert!(matches!(asked, Err(ChargeError::NotAsked(_))), "{asked:?}");
        assert!(sandbox.find(charge.payment).await.is_err());
    }

    #[tokio::test]
    async fn what_it_never_saw_is_never_seen() {
        let sandbox = sandbox(SandboxLimits::default());
        assert_eq!(sandbox.find(payment(9)).await, Ok(Standing::NeverSeen));
    }
}
