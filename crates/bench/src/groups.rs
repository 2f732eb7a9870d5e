//! What the nodes themselves count: groups, commits, conflicts, leases.

use std::collections::BTreeMap;

use anyhow::ensure;
use load::client::Client;
use load::target::Target;
use serde::Serialize;

use crate::rounds::TIMEOUT;

/// Sums over several nodes, since their start or over a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Groups {
    /// Groups that were decided.
    count: f64,
    /// Commands in them.
    commands: f64,
    /// Commits.
    commits: f64,
    /// How long they took together, in seconds.
    commit_secs: f64,
    /// Groups that were decided again because another node was first.
    conflicts: f64,
    /// How often the lease was waited for in vain.
    leases_missed: f64,
}

impl Groups {
    /// What all these nodes have counted so far.
    pub(crate) async fn count(nodes: &[String]) -> anyhow::Result<Self> {
        let mut sum = Self::default();
        for node in nodes {
            let mut client = Client::new(Target::resolve(node).await?, TIMEOUT);
            let answer = client.get("/metrics").await?;
            ensure!(answer.status.is_success(), "reading metrics: {answer:?}");
            sum = sum.plus(&Self::read(&String::from_utf8_lossy(&answer.body)), 1.0);
        }
        Ok(sum)
    }

    fn read(text: &str) -> Self {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let name = name.split('{').next().unwrap_or_default();
            *sums.entry(name).or_default() += value.parse::<f64>().unwrap_or_default();
        }
        let of = |name: &str| sums.get(name).copied().unwrap_or_default();
        Self {
            count: of("onsale_group_size_count"),
            commands: of("onsale_group_size_sum"),
            commits: of("onsale_commit_seconds_count"),
            commit_secs: of("onsale_commit_seconds_sum"),
            conflicts: of("onsale_conflicts_total"),
            leases_missed: of("onsale_lease_missed_total"),
        }
    }

    /// What was counted between an earlier moment and this one.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        self.plus(earlier, -1.0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        *self = self.plus(other, 1.0);
    }

    fn plus(&self, other: &Self, times: f64) -> Self {
        Self {
            count: self.count + times * other.count,
            commands: self.commands + times * other.commands,
            commits: self.commits + times * other.commits,
            commit_secs: self.commit_secs + times * other.commit_secs,
            conflicts: self.conflicts + times * other.conflicts,
            leases_missed: self.leases_missed + times * other.leases_missed,
        }
    }

    /// Group size, commit time and conflicts, for people.
    pub(crate) fn describe(&self) -> String {
        if self.count < 1.0 || self.commits < 1.0 {
            return String::new();
        }
        format!(
            "groups of {:.0}, commit {:.1} ms\n{:.1} % decided again",
            self.commands / self.count,
            self.commit_secs / self.commits * 1e3,
            self.conflicts / self.count * 100.0,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nodes_counters_are_added_up_over_their_labels() {
        let text = "# TYPE onsale_group_size summary\nonsale_group_size{quantile=\"0.5\"} 7\n\
                    onsale_group_size_sum 640\nonsale_group_size_count 10\n\
                    onsale_commit_seconds_sum{store=\"a\"} 0.5\nonsale_commit_seconds_sum{store=\"b\"} 0.5\n\
                    onsale_commit_seconds_count 100\nonsale_conflicts_total 1\n";

        let groups = Groups::read(text);

        assert_eq!(
            groups.describe(),
            "groups of 64, commit 10.0 ms\n10.0 % decided again"
        );
        assert_eq!(groups.since(&groups), Groups::default());
    }
}
