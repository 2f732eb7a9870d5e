//! Paying for a reservation, and holding it longer.

use std::sync::Arc;

use crate::command::{
    Answer, BeginPayment, Command, Extend, ExtendError, Outcome, PayError, Unserved, Verdict,
};
use crate::idempotency::KeyedRequest;
use crate::ids::{EventId, PaymentId, ReservationId};
use crate::provider::{Charge, PaymentMethod, PaymentToken};
use crate::reservation::{Reservation, ReservationState};
use crate::runtime;
use crate::time::Instant;

use super::BoxOffice;

/// What a buyer pays with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayRequest {
    /// For which reservation.
    pub reservation: ReservationId,
    /// How.
    pub method: PaymentMethod,
    /// What the provider gave her for her card.
    pub token: PaymentToken,
    /// The client's key, if it sent one.
    pub key: Option<KeyedRequest>,
}

impl BoxOffice {
    /// Pays for a held reservation.
    ///
    /// Gives it CONFIRMED, or PAYING where the provider's answer is not known yet; then it will be
    /// confirmed, held again or expired without anybody asking. Each call is a new attempt, unless
    /// its key says that it is the same; then it waits for the first one's answer.
    pub async fn pay(&self, request: PayRequest) -> Result<Answer<Arc<Reservation>>, PayError> {
        let clock = &self.ports.clock;
        let deadline = clock
            .instant()
            .plus(runtime::millis(self.limits.request_deadline_ms));
        let event = self.event_of(request.reservation).await?;
        let event = event.ok_or(PayError::NotFound)?;
        let snapshot = self.event(event).await.map_err(Unserved::from)?;
        let currency = snapshot.ok_or(PayError::NotFound)?.snapshot.event.currency;

        let payment = self.ports.ids.payment(self.now());
        let busy = self.cashier.begin(payment);
        let command = BeginPayment {
            reservation: request.reservation,
            payment,
            method: request.method.as_str().to_owned(),
            key: request.key,
        };
        let begun = match self
            .submit(event, Command::BeginPayment(command))
            .await
            .outcome
        {
            Outcome::BeginPayment(answer) => answer?,
            _ => return Err(Unserved::Internal.into()),
        };
        let ReservationState::Paying {
            payment: under_way, ..
        } = &begun.value.state
        else {
            return Ok(begun);
        };
        if under_way.id != payment {
            return self.outcome_of(under_way.id, begun.value, deadline).await;
        }
        let charge = Charge {
            payment,
            event,
            reservation: request.reservation,
            amount: under_way.amount,
            currency,
            method: request.method,
            token: request.token,
        };
        // In a task of its own: who hangs up has still paid.
        let pending = begun.value;
        let charged = self
            .cashier
            .clone()
            .charge(charge, Arc::clone(&pending), busy);
        let charged = runtime::spawn(charged);
        let value = match runtime::timeout(deadline.since(clock.instant()), charged).await {
            Ok(Ok(settled)) => settled?,
            Ok(Err(_)) | Err(_) => pending,
        };
        Ok(Answer {
            value,
            replayed: false,
        })
    }

    /// The answer to a retry of a payment that is under way already.
    async fn outcome_of(
        &self,
        payment: PaymentId,
        pending: Arc<Reservation>,
        deadline: Instant,
    ) -> Result<Answer<Arc<Reservation>>, PayError> {
        let left = deadline.since(self.ports.clock.instant());
        let _in_time = runtime::timeout(left, self.cashier.wait_for(payment)).await;
        let found = self.ports.store.reservation(pending.id).await;
        let value = found.map_err(Unserved::from)?.map_or(pending, Arc::new);
        match &value.state {
            ReservationState::Paying { .. } | ReservationState::Confirmed { .. } => Ok(Answer {
                value,
                replayed: true,
            }),
            ReservationState::Held { .. } => Err(PayError::Declined(Box::new((*value).clone()))),
            ReservationState::Expired { .. } => Err(PayError::HoldExpired),
            ReservationState::Cancelled { .. } => {
                Err(PayError::AlreadyCancelled(Box::new((*value).clone())))
            }
        }
    }

    /// Takes what a provider says by itself, as webhooks do. Saying it twice changes nothing.
    pub async fn provider_says(
        &self,
        event: EventId,
        reservation: ReservationId,
        payment: PaymentId,
        verdict: Verdict,
    ) -> Result<Arc<Reservation>, PayError> {
        self.cashier
            .settle(event, reservation, payment, verdict)
            .await
    }

    /// Holds a reservation longer, once.
    pub async fn extend(
        &self,
        id: ReservationId,
        key: Option<KeyedRequest>,
    ) -> Result<Answer<Arc<Reservation>>, ExtendError> {
        let event = self.event_of(id).await?.ok_or(ExtendError::NotFound)?;
        let extend = Extend {
            reservation: id,
            key,
        };
        match self.submit(event, Command::Extend(extend)).await.outcome {
            Outcome::Extend(result) => result,
            _ => Err(Unserved::Internal.into()),
        }
    }
}
