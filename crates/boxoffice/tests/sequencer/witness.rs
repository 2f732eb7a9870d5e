//! A coordinator in memory that writes down what it is asked, and may be deaf or jealous.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use boxoffice::coordinator::{
    Cached, Coordinator, CoordinatorHealth, Lease, Load, NotAtHand, ViewKey,
};
use boxoffice::event::EventSnapshot;
use boxoffice::ids::{EventId, Version};
use boxoffice::runtime;
use boxoffice::store::StoreError;
use coordination::in_process::InProcess;
use coordination::limits::CacheLimits;
use tokio::sync::watch;

/// What a coordinator was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Acquire { given: bool },
    Release,
    Publish(Version),
    Forget,
}

pub(crate) struct Witness {
    inner: InProcess,
    asked: Mutex<Vec<Asked>>,
    /// No call that waits is ever answered.
    pub(crate) deaf: AtomicBool,
    /// Everybody gets a lease, whoever has it.
    pub(crate) generous: AtomicBool,
    /// Somebody else always waits for the lease.
    pub(crate) wanted: AtomicBool,
    /// Nobody gets a lease, and hears so at once.
    pub(crate) gone: AtomicBool,
    /// A lease takes its time, also where nobody has it.
    pub(crate) slow: AtomicBool,
}

impl Witness {
    pub(crate) fn new() -> Self {
        Self {
            inner: InProcess::new(CacheLimits::default()),
            asked: Mutex::default(),
            deaf: AtomicBool::new(false),
            generous: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            slow: AtomicBool::new(false),
        }
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().expect("a notebook").push(asked);
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a notebook").clone()
    }

    /// How often it was asked this.
    pub(crate) fn count(&self, asked: &Asked) -> usize {
        self.asked().iter().filter(|noted| *noted == asked).count()
    }

    /// The versions that were published, in order.
    pub(crate) fn published(&self) -> Vec<i64> {
        let version = |asked: &Asked| match asked {
            Asked::Publish(version) => Some(version.0),
            _ => None,
        };
        self.asked().iter().filter_map(version).collect()
    }

    async fn unless_deaf(&self) {
        if self.deaf.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Coordinator for Witness {
    async fn acquire(&self, event: EventId, wait_max: Duration) -> Option<Lease> {
        self.unless_deaf().await;
        if self.slow.load(Ordering::SeqCst) {
            runtime::sleep(Duration::from_millis(20)).await;
        }
        let lease = if self.gone.load(Ordering::SeqCst) {
            None
        } else if self.generous.load(Ordering::SeqCst) {
            Some(Lease {
                event,
                token: 0,
                was_waited_for: false,
            })
        } else {
            self.inner.acquire(event, wait_max).await
        };
        self.note(Asked::Acquire {
            given: lease.is_some(),
        });
        lease
    }

    async fn is_wanted(&self, lease: &Lease) -> bool {
        self.unless_deaf().await;
        self.wanted.load(Ordering::SeqCst) || self.inner.is_wanted(lease).await
    }

    async fn release(&self, lease: Lease) {
        self.unless_deaf().await;
        self.note(Asked::Release);
        self.inner.release(lease).await;
    }

    fn at_hand(&self, key: &ViewKey) -> Result<Option<Cached>, NotAtHand> {
        self.inner.at_hand(key)
    }

    async fn view(&self, key: ViewKey, load: Load) -> Result<Option<Cached>, StoreError> {
        self.inner.view(key, load).await
    }

    fn publish(&self, snapshot: Arc<EventSnapshot>) {
        self.note(Asked::Publish(snapshot.version));
        self.inner.publish(snapshot);
    }

    fn forget(&self, event: EventId) {
        self.note(Asked::Forget);
        self.inner.forget(event);
    }

    fn watch(&self, event: EventId) -> watch::Receiver<Option<Arc<EventSnapshot>>> {
        self.inner.watch(event)
    }

    async fn health(&self) -> CoordinatorHealth {
        self.inner.health().await
    }
}
