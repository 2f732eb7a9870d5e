//! What waits to be done together.
//!
//! A few tasks do it, each as long as somebody waits; what comes while all of them are at work gathers
//! for the next. So who comes alone waits for nobody, and the more come, the less each of them costs.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use boxoffice::ids::EventId;
use boxoffice::runtime::{self, oneshot};
use tokio::time::{Instant, timeout_at};

/// See the module.
pub(super) struct Gathering<T> {
    state: Mutex<State<T>>,
    tasks_max: usize,
    waiting_max: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    tasks: usize,
}

/// Why there is no answer.
pub(super) enum Unanswered {
    /// Nothing was begun in time, and nothing will be.
    NotBegun,
    /// Whoever worked at it is gone; what became of it is not known.
    Gone,
}

impl<T: Send + 'static> Gathering<T> {
    /// Nothing waits. At most `tasks_max` tasks will work, and `waiting_max` wait.
    pub(super) fn new(tasks_max: usize, waiting_max: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            tasks: 0,
        };
        Self {
            state: Mutex::new(state),
            tasks_max,
            waiting_max,
        }
    }

    /// Lets it wait; gives it back where too many do.
    pub(super) fn push(&self, one: T) -> Result<(), T> {
        let mut state = self.state();
        if state.waiting.len() >= self.waiting_max {
            metrics::counter!("onsale_database_shed_total").increment(1);
            return Err(one);
        }
        state.waiting.push_back(one);
        Ok(())
    }

    /// Begins a task where somebody waits and one more may work: it does `work` with what `gather`
    /// takes out of the line, until nobody waits.
    pub(super) fn start<F>(
        self: &Arc<Self>,
        gather: impl Fn(&mut VecDeque<T>) -> Vec<T> + Send + 'static,
        work: impl Fn(Vec<T>) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut state = self.state();
        if state.waiting.is_empty() || state.tasks == self.tasks_max {
            return;
        }
        state.tasks += 1;
        drop(state);
        let gathering = Arc::clone(self);
        runtime::spawn(async move {
            while let Some(batch) = gathering.take(&gather) {
                // In a task of its own: should it panic, this one goes on.
                let _ = runtime::spawn(work(batch)).await;
            }
        });
    }

    /// Waits for an answer; for the beginning of the work no longer than until `deadline`. `is_it`
    /// tells in the line what the answer is waited for.
    pub(super) async fn answer<A>(
        &self,
        is_it: impl Fn(&T) -> bool,
        mut answer: oneshot::Receiver<A>,
        deadline: Instant,
    ) -> Result<A, Unanswered> {
        let answer = match timeout_at(deadline, &mut answer).await {
            Ok(answer) => answer,
            Err(_) if self.withdraw(is_it) => return Err(Unanswered::NotBegun),
            Err(_) => answer.await,
        };
        answer.map_err(|_| Unanswered::Gone)
    }

    /// Takes it out of the line; `false` where it is being worked at.
    fn withdraw(&self, is_it: impl Fn(&T) -> bool) -> bool {
        let mut state = self.state();
        let place = state.waiting.iter().position(is_it);
        place.and_then(|at| state.waiting.remove(at)).is_some()
    }

    /// What is done next. Where nobody waits, a task ends.
    fn take(&self, gather: impl Fn(&mut VecDeque<T>) -> Vec<T>) -> Option<Vec<T>> {
        let mut state = self.state();
        let batch = gather(&mut state.waiting);
        if batch.is_empty() {
            state.tasks -= 1;
            return None;
        }
        Some(batch)
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest waiting, one an event at most, as many as may be joined: `len_max` with `weight_max`
/// together.
pub(super) fn gather<T>(
    waiting: &mut VecDeque<T>,
    (len_max, weight_max): (usize, usize),
    event_and_weight: impl Fn(&T) -> (EventId, usize),
) -> Vec<T> {
    let (mut batch, mut left) = (Vec::new(), VecDeque::new());
    let (mut events, mut total) = (HashSet::new(), 0);
    while batch.len() < len_max
        && let Some(next) = waiting.pop_front()
    {
        let (event, weight) = event_and_weight(&next);
        if total + weight > weight_max {
            left.push_back(next);
            break;
        }
        if events.insert(event) {
            total += weight;
            batch.push(next);
        } else {
            left.push_back(next);
        }
    }
    left.append(waiting);
    *waiting = left;
    batch
}
