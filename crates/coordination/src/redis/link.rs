//! The link to Redis: used while it works, and let alone while it does not.
//!
//! The first command that fails for a reason that concerns others too cuts the link. From then on
//! nothing is sent and nobody waits, until the keeper's pulse has come through again.

use std::time::Duration;

use ::redis::{Cmd, FromRedisValue, RedisResult, ScriptInvocation};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, error::Elapsed, timeout};

use super::dial::Wire;
use super::fault::Fault;
use super::meters::Meters;

/// Redis did not do it, or did not say so. The sale goes on without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lost;

/// A connection that works, and the number of the session that made it.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) number: u64,
}

/// The link of one node.
pub(super) struct Link {
    session: watch::Sender<Option<Session>>,
    /// Wakes the keeper, so that it looks now what is wrong.
    pub(super) alarm: Notify,
    pub(super) meters: Meters,
    pub(super) command_max: Duration,
}

impl Link {
    /// Not connected. A command may take `command_max`.
    pub(super) fn new(command_max: Duration) -> Self {
        let meters = Meters::register();
        meters.up(false);
        Self {
            session: watch::Sender::new(None),
            alarm: Notify::new(),
            meters,
            command_max,
        }
    }

    /// Runs a script, if Redis is there.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Lost> {
        let mut session = self.session()?;
        let began = Instant::now();
        let asked = timeout(self.command_max, script.invoke_async(&mut session.wire)).await;
        self.settle(session.number, began, asked)
    }

    /// Runs a command, if Redis is there.
    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Lost> {
        let mut session = self.session()?;
        let began = Instant::now();
        let asked = timeout(self.command_max, command.query_async(&mut session.wire)).await;
        self.settle(session.number, began, asked)
    }

    /// Whether Redis is used.
    pub(super) fn is_up(&self) -> bool {
        self.session.borrow().is_some()
    }

    /// Waits until Redis is used.
    pub(super) async fn up(&self) {
        // The sender is part of this; the channel stays open.
        let _ = self.session.subscribe().wait_for(Option::is_some).await;
    }

    /// A pulse has come through: commands are sent by this connection from now on.
    pub(super) fn mend(&self, session: &Session) {
        let is_new = self.session.send_if_modified(|current| {
            let is_new = current.as_ref().is_none_or(|c| c.number != session.number);
            if is_new {
                *current = Some(session.clone());
            }
            is_new
        });
        if is_new {
            self.meters.up(true);
            tracing::info!("redis is used");
        }
    }

    /// Something is wrong with the connection of this session: nothing is sent any more.
    pub(super) fn cut(&self, number: u64, why: &str) {
        let was_up = self.session.send_if_modified(|current| {
            let is_this = current.as_ref().is_some_and(|c| c.number == number);
            if is_this {
                *current = None;
            }
            is_this
        });
        if was_up {
            self.meters.up(false);
            tracing::warn!(why, "redis is lost: the sale goes on without it");
        }
    }

    fn session(&self) -> Result<Session, Lost> {
        let session = self.session.borrow().clone();
        session.ok_or_else(|| {
            self.meters.skipped();
            Lost
        })
    }

    fn settle<T>(
        &self,
        number: u64,
        began: Instant,
        asked: Result<RedisResult<T>, Elapsed>,
    ) -> Result<T, Lost> {
        let fault = match asked {
            Ok(Ok(answer)) => {
                self.meters.answered(began.elapsed());
                return Ok(answer);
            }
            Ok(Err(error)) => {
                let fault = Fault::of(&error);
                tracing::debug!(%error, kind = fault.name(), "redis did not do it");
                fault
            }
            Err(_) => Fault::Timeout,
        };
        self.meters.fault(fault);
        if fault.is_loss() {
            self.cut(number, fault.name());
            self.alarm.notify_one();
        }
        Err(Lost)
    }
}
