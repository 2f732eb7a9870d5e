//! Groups that wait to be written. Those of different events that wait at the same moment share a
//! transaction.
//!
//! A large group has little to gain and much to wait for: it is written at once, on its own.

use std::collections::VecDeque;
use std::sync::Arc;

use boxoffice::group::{Group, Touched};
use boxoffice::ids::GroupId;
use boxoffice::runtime::{self, oneshot};
use boxoffice::store::CommitError;
use tokio::time::Instant;

use super::commit;
use super::gathering::{self, Gathering, Unanswered};
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
    waiting: Arc<Gathering<Waiting>>,
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
        let waiters_max = limits.database_waiters_max as usize;
        Self {
            pool,
            limits,
            waiting: Arc::new(Gathering::new(limits.joiners(WRITERS_MAX), waiters_max)),
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
        match self.waiting.push(waiting) {
            Ok(()) => Handed::Over(id, answer),
            Err(_) => Handed::Back(CommitError::Unavailable("too many groups wait".to_owned())),
        }
    }

    /// Waits for the answer; not for longer than until `deadline` for somebody who begins to write.
    async fn answer(
        &self,
        id: GroupId,
        answer: oneshot::Receiver<Answer>,
        deadline: Instant,
    ) -> Answer {
        let is_it = |one: &Waiting| one.group.id == id;
        match self.waiting.answer(is_it, answer, deadline).await {
            Ok(answer) => answer,
            Err(Unanswered::NotBegun) => {
                let why = "nobody wrote the group in time".to_owned();
                Err(CommitError::Unavailable(why))
            }
            Err(Unanswered::Gone) => {
                let why = "whoever wrote the group is gone".to_owned();
                Err(CommitError::Unknown(why))
            }
        }
    }

    fn start_writer(self: &Arc<Self>) {
        let groups_max = self.limits.database_events_joined_max as usize;
        let line = Arc::clone(self);
        self.waiting.start(
            move |waiting| gather(waiting, groups_max),
            move |batch| {
                let line = Arc::clone(&line);
                async move { line.write(batch).await }
            },
        );
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
}

/// What is written next, by its events' ids: whoever joins the same events waits for another in the
/// same order.
fn gather(waiting: &mut VecDeque<Waiting>, groups_max: usize) -> Vec<Waiting> {
    let at_most = (groups_max, ROWS_MAX);
    let mut batch = gathering::gather(waiting, at_most, |one| (one.group.event, one.rows));
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
    use boxoffice::ids::{EventId, Version};
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
    fn whatever_may_join_fits() {
        const { assert!(ROWS_TO_JOIN_MAX <= ROWS_MAX) };
        assert!(rows(&waiting(1, 1, 0).group) <= ROWS_TO_JOIN_MAX);
    }
}
