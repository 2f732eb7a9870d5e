//! What everything is called in Redis.

use boxoffice::buyer::UserId;
use boxoffice::ids::EventId;

use super::codec::FORMAT;

/// Names of keys and channels below one prefix.
///
/// What belongs to one event has its number in braces, so that a cluster keeps it in one place.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    pub(super) fn lease(&self, event: EventId) -> String {
        format!("{}:{{{event}}}:lease", self.prefix)
    }

    pub(super) fn line(&self, event: EventId) -> String {
        format!("{}:{{{event}}}:line", self.prefix)
    }

    pub(super) fn details(&self, event: EventId) -> String {
        format!("{}:{{{event}}}:event:{FORMAT}", self.prefix)
    }

    pub(super) fn seats(&self, event: EventId) -> String {
        format!("{}:{{{event}}}:seats:{FORMAT}", self.prefix)
    }

    pub(super) fn user(&self, user: &UserId) -> String {
        format!("{}:user:{FORMAT}:{user}", self.prefix)
    }

    pub(super) fn pulse(&self, node: u64) -> String {
        format!("{}:pulse:{node:016x}", self.prefix)
    }

    /// The channel of what happens to events.
    pub(super) fn news(&self) -> String {
        format!("{}:news:{FORMAT}", self.prefix)
    }

    /// Before the name of a node in the name of its own channel.
    pub(super) fn nodes(&self) -> String {
        format!("{}:node:", self.prefix)
    }

    /// The channel of what concerns one node.
    pub(super) fn node(&self, node: u64) -> String {
        format!("{}{node:016x}", self.nodes())
    }
}
