//! Groups that wait to be written. Those of different events that wait at the same moment share a
//! transaction.
//!
//! A few tasks write, each as long as somebody waits; what comes while all of them write gathers for
//! the next. So a lone group waits for nobody, and the more events sell, the less a group costs. A
//! large group has little to gain and much to wait for: it is written at once, on its own.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use boxoffice::group::{Group, Touched};
use boxoffice::ids::{EventId, GroupId};
use boxoffice::runtime::{self, oneshot};
use boxoffice::store::CommitError;
use tokio::time::{Instant, timeout_at};

use super::commit;
use super::pool::Pool;
use crate::limits::DatabaseLimits;
use crate::shape::check_group;

/// Tasks that write what was gathered. One, two and four sold about as much, eight less: each finds less
/// to join. With four, one that waits for a row holds up fewer others.
const WRITERS_MAX: usize = 4;

/// Rows in one transaction of several groups. Each is a kilobyte of text at most: together they stay
/// below what the least patient server takes in one packet, 4 MiB.
const ROWS_MAX: usize = 2_048;

/// A group of more rows than this is written on its own.
const ROWS_TO_JOIN_MAX: usize = 128;

type Answer = Result<(), CommitError>;

/// See the module.
pub(super) struct Line {
    pool: Arc<Pool>,
    limits: DatabaseLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    writers: usize,
}

struct Waiting {
    group: Group,
    rows: usize,
    reply: oneshot::Sender<Answer>,
}

/// A group that was handed over, or why it was not.
enum Handed {
    /// Its answer is on the way.
    Over(GroupId, oneshot::Receiver<Answer>),
    /// Nothing was done.
    Back(CommitError),
}

impl Line {
    /// A line before `pool`.
    pub(super) fn new(pool: Arc<Pool>, limits: DatabaseLimits) -> Self {
        Self {
            pool,
            limits,
            state: Mutex::default(),
        }
    }

    /// Commits groups, each whole or not at all. They are handed over at the first poll: a caller
    /// that leaves after it stops nothing.
    pub(super) async fn commit(self: &Arc<Self>, groups: Vec<Group>) -> Vec<Answer> {
        let deadline = Instant::now() + self.limits.wait_max();
        let handed: Vec<Handed> = groups
            .into_iter()
            .map(|group| self.hand_over(group))
            .collect();
        self.start_writer();
        let mut answers = Vec::with_capacity(handed.len());
        for handed in handed {
            answers.push(match handed {
                Handed::Over(id, answer) => self.answer(id, answer, deadline).await,
                Handed::Back(error) => Err(error),
            });
        }
        answers
    }

    fn hand_over(self: &Arc<Self>, group: Group) -> Handed {
        if let Err(why) = check_group(&group) {
            return Handed::Back(CommitError::Refused(why));
        }
        let (id, rows) = (group.id, rows(&group));
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { group, rows, reply };
        if rows > ROWS_TO_JOIN_MAX {
            let line = Arc::clone(self);
            runtime::spawn(async move { line.write(vec![waiting]).await });
            return Handed::Over(id, answer);
        }
        let mut state = self.state();
        if state.waiting.len() >= self.limits.database_waiters_max as usize {
            metrics::counter!("onsale_database_shed_total").increment(1);
            return Handed::Back(CommitError::Unavailable("too many groups wait".to_owned()));
        }
        state.waiting.push_back(waiting);
        Handed::Over(id, answer)
    }

    /// Waits for the answer; not for longer than until `deadline` for somebody who begins to write.
    async fn answer(
        &self,
        id: GroupId,
        mut answer: oneshot::Receiver<Answer>,
        deadline: Instant,
    ) -> Answer {
        let answer = match timeout_at(deadline, &mut answer).await {
            Ok(answer) => answer,
            Err(_) if self.withdraw(id) => {
                let why = "nobody wrote the group in time".to_owned();
                return Err(CommitError::Unavailable(why));
            }
            Err(_) => answer.await,
        };
        answer.unwrap_or_else(|_| {
            let why = "whoever wrote the group is gone".to_owned();
            Err(CommitError::Unknown(why))
        })
    }

    /// Takes a group out of the line; `false` where it is being written.
    fn withdraw(&self, id: GroupId) -> bool {
        let mut state = self.state();
        let place = state.waiting.iter().position(|one| one.group.id == id);
        place.and_then(|at| state.waiting.remove(at)).is_some()
    }

    fn start_writer(self: &Arc<Self>) {
        let mut state = self.state();
        if state.waiting.is_empty() || state.writers == writers_max(&self.limits) {
            return;
        }
        state.writers += 1;
        drop(state);
        let line = Arc::clone(self);
        runtime::spawn(async move {
            while let Some(batch) = line.take() {
                let writing = Arc::clone(&line);
                // In a task of its own: should it panic, this one goes on.
                let _ = runtime::spawn(async move { writing.write(batch).await }).await;
            }
        });
    }

    /// What is written next, by its events' ids: whoever joins the same events waits for another
    /// in the same order. Where nobody waits, a writer ends.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut state = self.state();
        let groups_max = self.limits.database_events_joined_max as usize;
        let batch = gather(&mut state.waiting, groups_max);
        if batch.is_empty() {
            state.writers -= 1;
            return None;
        }
        Some(batch)
    }

    async fn write(&self, batch: Vec<Waiting>) {
        let began = Instant::now();
        let len = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let (groups, replies): (Vec<Group>, Vec<_>) =
            batch.into_iter().map(|one| (one.group, one.reply)).unzip();
        let answers = commit::commit(&self.pool, &groups).await;
        metrics::histogram!("onsale_commit_groups").record(f64::from(len));
        metrics::histogram!("onsale_commit_seconds").record(began.elapsed().as_secs_f64());
        for (reply, answer) in replies.into_iter().zip(answers) {
            let _ = reply.send(answer);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where nothing is joined, whoever waits can only be written beside the others.
const fn writers_max(limits: &DatabaseLimits) -> usize {
    match limits.database_events_joined_max {
        1 => limits.database_connections_max as usize,
        _ => WRITERS_MAX,
    }
}

/// The longest waiting groups, one an event at most, as many as may share a transaction.
fn gather(waiting: &mut VecDeque<Waiting>, groups_max: usize) -> Vec<Waiting> {
    let (mut batch, mut left) = (Vec::new(), VecDeque::new());
    let (mut events, mut rows): (HashSet<EventId>, usize) = (HashSet::new(), 0);
    while batch.len() < groups_max
        && let Some(next) = waiting.pop_front()
    {
        if rows + next.rows > ROWS_MAX {
            left.push_back(next);
            break;
        }
        if events.insert(next.group.event) {
            rows += next.rows;
            batch.push(next);
        } else {
            left.push_back(next);
        }
    }
    left.append(waiting);
    *waiting = left;
    batch.sort_unstable_by_key(|one| one.group.event);
    batch
}

/// How many rows a group writes. One that changes the event itself has texts of any length.
fn rows(group: &Group) -> usize {
    let changes = &group.changes;
    if changes.event.is_some() {
        return usize::MAX;
    }
    let of_reservation = |touched: &Touched| {
        let reservation = &touched.reservation;
        1 + reservation.seats.len() + reservation.tickets.len()
    };
    let reservations: usize = changes.reservations.iter().map(of_reservation).sum();
    let money = changes.payments.len() + changes.refunds.len();
    2 + changes.grades.len() + reservations + changes.keys.len() + money
}

#[cfg(test)]
mod tests {
    use boxoffice::group::Changes;
    use boxoffice::ids::Version;
    use boxoffice::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn waiting(event: i64, base: i64, rows: usize) -> Waiting {
        let group = Group {
            event: EventId(event),
            base: Version(base),
            id: GroupId(Uuid::nil()),
            now: Timestamp::from_micros(0),
            actor: String::new(),
            brief: "{}".to_owned(),
            changes: Changes::default(),
        };
        let (reply, _) = oneshot::channel();
        Waiting { group, rows, reply }
    }

    /// The events and versions of these groups.
    fn names<'w>(groups: impl IntoIterator<Item = &'w Waiting>) -> Vec<(i64, i64)> {
        let groups = groups.into_iter().map(|one| &one.group);
        groups.map(|group| (group.event.0, group.base.0)).collect()
    }

    #[test]
    fn groups_of_different_events_are_joined_in_the_order_of_their_ids() {
        let mut line = VecDeque::from([waiting(7, 1, 3), waiting(2, 1, 3), waiting(5, 4, 3)]);
        assert_eq!(names(&gather(&mut line, 256)), [(2, 1), (5, 4), (7, 1)]);
        assert!(gather(&mut line, 256).is_empty());
    }

    #[test]
    fn a_second_group_of_an_event_keeps_its_place() {
        let all = [(7, 1), (7, 2), (2, 1), (7, 3)];
        let mut line: VecDeque<Waiting> = all.map(|(event, base)| waiting(event, base, 3)).into();
        assert_eq!(names(&gather(&mut line, 256)), [(2, 1), (7, 1)]);
        assert_eq!(names(&gather(&mut line, 256)), [(7, 2)]);
        assert_eq!(names(&gather(&mut line, 256)), [(7, 3)]);
    }

    #[test]
    fn a_transaction_has_an_end() {
        let mut line: VecDeque<Waiting> = [5, 4, 3].map(|event| waiting(event, 1, 3)).into();
        assert_eq!(names(&gather(&mut line, 2)), [(4, 1), (5, 1)]);
        assert_eq!(names(&line), [(3, 1)]);

        let half = ROWS_MAX / 2;
        let mut line: VecDeque<Waiting> = [1, 2, 3].map(|event| waiting(event, 1, half)).into();
        assert_eq!(names(&gather(&mut line, 256)), [(1, 1), (2, 1)]);
        assert_eq!(names(&line), [(3, 1)]);
    }

    #[test]
    fn where_nothing_is_joined_every_connection_writes() {
        let mut limits = DatabaseLimits::default();
        assert_eq!(writers_max(&limits), WRITERS_MAX);
        limits.database_events_joined_max = 1;
        assert_eq!(writers_max(&limits), 20);
        let mut line: VecDeque<Waiting> = [2, 1].map(|event| waiting(event, 1, 3)).into();
        assert_eq!(names(&gather(&mut line, 1)), [(2, 1)]);
    }

    #[test]
    fn whatever_may_join_fits() {
        const { assert!(ROWS_TO_JOIN_MAX <= ROWS_MAX) };
        assert!(rows(&waiting(1, 1, 0).group) <= ROWS_TO_JOIN_MAX);
    }
}
