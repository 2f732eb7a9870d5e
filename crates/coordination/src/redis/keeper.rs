//! Keeps the link: connects, makes sure of the connection, listens, and connects again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::aio::PubSubStream;
use ::redis::{RedisError, RedisResult};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::dial::Dialled;
use super::fault::Fault;
use super::inbox::Inbox;
use super::keys::Keys;
use super::link::{Link, Session};
use super::place::Place;
use super::scripts::PULSE;
use crate::limits::{RedisLimits, millis};

/// Pulses that may be missed before the connection is given up.
const STRIKES_MAX: u32 = 2;

/// Pause after the first attempt that failed; each next one is twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(25);

/// Keeps one node's link, until it is dropped.
pub(super) struct Keeper {
    pub(super) place: Place,
    pub(super) link: Arc<Link>,
    pub(super) inbox: Inbox,
    pub(super) keys: Keys,
    pub(super) node: u64,
    pub(super) limits: RedisLimits,
}

impl Keeper {
    /// Goes on for ever.
    pub(super) async fn run(self) {
        let mut pause = PAUSE_MIN;
        let mut told = String::new();
        for number in 0.. {
            let was_up = AtomicBool::new(false);
            let why = self.session(number, &was_up).await;
            self.inbox.lost();
            self.link.cut(number, &why);
            if was_up.into_inner() {
                pause = PAUSE_MIN;
                told.clear();
            } else if told != why {
                // Once for each reason, however often it is tried.
                tracing::warn!(place = %self.place, why, "redis cannot be used");
                told.clone_from(&why);
            }
            sleep(pause).await;
            pause = (pause * 2).min(millis(self.limits.redis_retry_ms_max));
        }
    }

    /// One connection, from its beginning to its end; says why it ended.
    async fn session(&self, number: u64, was_up: &AtomicBool) -> String {
        let connect_max = millis(self.limits.redis_connect_timeout_ms);
        let connected = timeout(connect_max, self.connect(number, connect_max)).await;
        let (session, address, stream) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return format!("{}: {error}", Fault::of(&error).name()),
            Err(_) => return "no connection in time".to_owned(),
        };
        self.link.meters.connected();
        self.inbox.subscribed();
        tokio::select! {
            why = self.beat(&session, was_up) => format!("pulse: {why}"),
            () = self.listen(stream) => "the subscription ended".to_owned(),
            () = self.place.moved_from(&address) => "the sentinels name another".to_owned(),
        }
    }

    /// A connection that nobody uses yet, the address it leads to, and what is heard there.
    async fn connect(
        &self,
        number: u64,
        connect_max: Duration,
    ) -> RedisResult<(Session, String, PubSubStream)> {
        let turn = usize::try_from(number).unwrap_or_default();
        let Dialled {
            wire,
            mut ear,
            address,
        } = self.place.dial(turn, connect_max).await?;
        ear.subscribe(&[self.keys.news(), self.keys.node(self.node)])
            .await?;
        Ok((Session { wire, number }, address, ear.into_on_message()))
    }

    async fn listen(&self, mut stream: PubSubStream) {
        while let Some(message) = stream.next().await {
            self.inbox
                .hear(message.get_channel_name(), message.get_payload_bytes());
        }
    }

    /// Sends pulses, and cuts and mends the link by them; ends where the connection is of no use.
    async fn beat(&self, session: &Session, was_up: &AtomicBool) -> String {
        let mut strikes = 0;
        loop {
            match self.pulse(session).await {
                Ok(()) => {
                    strikes = 0;
                    self.link.mend(session);
                    if !was_up.swap(true, Ordering::Relaxed) {
                        self.inbox.catch_up();
                    }
                }
                Err(error) => {
                    let fault = error.as_ref().map_or(Fault::Timeout, Fault::of);
                    strikes += 1;
                    self.link.cut(session.number, fault.name());
                    if fault.ends_connection() || fault.is_loss() && strikes >= STRIKES_MAX {
                        return error.map_or_else(|| "timeout".to_owned(), |e| e.to_string());
                    }
                }
            }
            tokio::select! {
                () = sleep(millis(self.limits.redis_pulse_ms)) => {}
                () = self.link.alarm.notified() => {}
            }
        }
    }

    /// Writes and publishes, as everything else does; `Err(None)`: no answer in time.
    async fn pulse(&self, session: &Session) -> Result<(), Option<RedisError>> {
        let mut wire = session.wire.clone();
        let mut pulse = PULSE.key(self.keys.pulse(self.node));
        pulse
            .arg(self.inbox.pulse_number(Instant::now()))
            .arg(self.keys.node(self.node));
        let sent = pulse.invoke_async::<()>(&mut wire);
        match timeout(self.link.command_max, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Some(error)),
            Err(_) => Err(None),
        }
    }
}
