//! One task and one bounded queue for each event that sells on this node.
//!
//! While one group commits, the next gathers in the queue: the busier the event, the larger the
//! group, and the cost of a ticket falls.

mod attempt;
mod brief;
mod lease;
mod metrics;
mod queue;
mod task;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use crate::box_office::Ports;
use crate::command::{Command, Unserved};
use crate::ids::EventId;
use crate::limits::Limits;
use crate::planted::planted;
use crate::runtime::{self, JoinHandle, Mutex, MutexGuard, mpsc, oneshot};

#[cfg(feature = "planted-bugs")]
pub(crate) use queue::Batch;
pub use queue::Served;
use queue::{Caller, Claim, Envelope};
use task::Sequencer;

/// Every event's sequencer on this node.
pub struct Sequencers {
    ports: Arc<Ports>,
    limits: Arc<Limits>,
    metrics: Arc<metrics::Metrics>,
    active: Mutex<Active>,
}

#[derive(Default)]
struct Active {
    events: HashMap<EventId, Running>,
    shut_down: bool,
}

struct Running {
    queue: mpsc::Sender<Envelope>,
    task: JoinHandle<()>,
}

impl Sequencers {
    /// No sequencer yet; each begins with its event's first command.
    pub fn new(ports: Arc<Ports>, limits: Arc<Limits>) -> Self {
        Self {
            ports,
            limits,
            metrics: Arc::new(metrics::Metrics::new()),
            active: Mutex::new(Active::default()),
        }
    }

    /// Puts a command into its event's queue and waits for its outcome, within the deadline.
    ///
    /// Dropping the future gives the command up, unless a group has taken it.
    pub async fn submit(self: &Arc<Self>, event: EventId, command: Command) -> Served {
        let clock = &self.ports.clock;
        let wait = runtime::millis(self.limits.request_deadline_ms);
        let arrived = clock.instant();
        let (reply, answer) = oneshot::channel();
        let claim = Arc::new(Claim::default());
        let caller = Caller {
            claim: Arc::clone(&claim),
            reply,
            arrived,
            deadline: arrived.plus(wait),
        };
        let (kind, reservation) = (command.kind(), command.reservation());
        let envelope = Envelope {
            command,
            caller,
            waiting: self.metrics.waiting(),
        };
        if let Err(why) = self.enqueue(event, envelope) {
            self.metrics.shed();
            return Served::unserved(kind, why);
        }
        let why = match runtime::timeout(wait, answer).await {
            Ok(Ok(served)) => return served,
            Ok(Err(_task_died)) if claim.give_up() => Unserved::Internal,
            Err(_too_late) if claim.give_up() => {
                self.metrics.shed();
                Unserved::Overloaded
            }
            Ok(Err(_)) | Err(_) if planted!(DeadlineToldAsNothing) => Unserved::Overloaded,
            Ok(Err(_)) | Err(_) => Unserved::OutcomeUnknown { reservation },
        };
        Served::unserved(kind, why)
    }

    /// Hands a command to its event's task, which begins with it if there is none.
    fn enqueue(self: &Arc<Self>, event: EventId, envelope: Envelope) -> Result<(), Unserved> {
        let mut active = self.lock();
        if active.shut_down {
            return Err(Unserved::Unavailable);
        }
        let running = active
            .events
            .entry(event)
            .or_insert_with(|| self.begin(event));
        running
            .queue
            .try_send(envelope)
            .or_else(|refused| match refused {
                mpsc::error::TrySendError::Closed(envelope) => {
                    // Its task panicked. The next one starts from the database.
                    *running = self.begin(event);
                    running
                        .queue
                        .try_send(envelope)
                        .map_err(|_| Unserved::Internal)
                }
                mpsc::error::TrySendError::Full(_) => Err(Unserved::Overloaded),
            })
    }

    fn begin(self: &Arc<Self>, event: EventId) -> Running {
        let (queue, receiver) = mpsc::channel(self.limits.queue_len_max as usize);
        let sequencer = Sequencer::new(event, Arc::clone(self), receiver);
        let task = self.ports.tasks.spawn(sequencer.run());
        Running { queue, task }
    }

    /// Ends an event's task if nothing is in its queue. Nothing can arrive meanwhile.
    fn end_if_idle(&self, event: EventId, queue: &mpsc::Receiver<Envelope>) -> bool {
        let mut active = self.lock();
        let idle = queue.is_empty();
        if idle {
            active.events.remove(&event);
        }
        idle
    }

    /// Decides what was accepted, takes nothing new, and ends every event's task.
    pub async fn shutdown(&self) {
        let running = {
            let mut active = self.lock();
            active.shut_down = true;
            let mut running: Vec<(EventId, Running)> = active.events.drain().collect();
            running.sort_unstable_by_key(|(event, _)| *event);
            running
        };
        for (_, Running { queue, task }) in running {
            drop(queue);
            // A task that panicked has nothing left to decide.
            let _ended = task.await;
        }
    }

    /// Events that have a task on this node, in order.
    pub fn active_events(&self) -> Vec<EventId> {
        let mut events: Vec<EventId> = self.lock().events.keys().copied().collect();
        events.sort_unstable();
        events
    }

    fn lock(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
