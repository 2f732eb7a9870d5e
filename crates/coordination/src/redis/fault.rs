//! What can be wrong with Redis, and what follows from it.

use ::redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a command failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// No answer in time. The command may have been carried out.
    Timeout,
    /// The connection is broken. The command may have been carried out.
    Broken,
    /// It is a replica, or a primary that its replicas have left.
    Demoted,
    /// It is starting, or its cluster is being put in order.
    NotReady,
    /// It does not let us in, or not do this.
    Refused,
    /// It answers, and says no to this command: out of memory, a mistake of ours.
    Command,
}

impl Fault {
    /// Every one, in the order of their numbers.
    pub(super) const ALL: [Self; 6] = [
        Self::Timeout,
        Self::Broken,
        Self::Demoted,
        Self::NotReady,
        Self::Refused,
        Self::Command,
    ];

    /// Its name in metrics and logs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::Demoted => "demoted",
            Self::NotReady => "not_ready",
            Self::Refused => "refused",
            Self::Command => "command",
        }
    }

    /// What an error of the library means.
    pub(super) fn of(error: &RedisError) -> Self {
        // Before Redis 7, a script's error hides what its command said.
        let says = |code: &str| {
            error.code() == Some(code)
                || error.detail().is_some_and(|detail| {
                    detail.contains(&format!("-{code} ")) || detail.starts_with(code)
                })
        };
        match error.kind() {
            _ if says("READONLY") || says("NOREPLICAS") => Self::Demoted,
            _ if error.is_timeout() => Self::Timeout,
            ErrorKind::Io | ErrorKind::Parse => Self::Broken,
            ErrorKind::AuthenticationFailed
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Server(ServerErrorKind::NoPerm) => Self::Refused,
            _ if says("NOAUTH") || says("WRONGPASS") => Self::Refused,
            ErrorKind::ClusterConnectionNotFound
            | ErrorKind::MasterNameNotFoundBySentinel
            | ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask,
            ) => Self::NotReady,
            _ => Self::Command,
        }
    }

    /// Whether other commands would fail as well, so that none is sent until a pulse comes through.
    pub(super) const fn is_loss(self) -> bool {
        !matches!(self, Self::Command)
    }

    /// Whether this connection is of no use any more, so that the address is asked for again.
    pub(super) const fn ends_connection(self) -> bool {
        matches!(self, Self::Broken | Self::Demoted | Self::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, detail: &str) -> RedisError {
        ::redis::make_extension_error(code.to_owned(), Some(detail.to_owned()))
    }

    #[test]
    fn a_demoted_primary_is_recognised_also_through_a_script() {
        let told_by_script = RedisError::from((
            ErrorKind::Server(ServerErrorKind::ResponseError),
            "error",
            "Error running script: @user_script: 9: -READONLY You can't write".to_owned(),
        ));
        assert_eq!(Fault::of(&told_by_script), Fault::Demoted);
        let few = told("NOREPLICAS", "Not enough good replicas to write.");
        assert_eq!(Fault::of(&few), Fault::Demoted);
    }

    #[test]
    fn a_full_memory_loses_a_command_and_not_the_connection() {
        let full = told("OOM", "command not allowed when used memory > 'maxmemory'.");
        assert_eq!(Fault::of(&full), Fault::Command);
        assert!(!Fault::Command.is_loss());
    }

    #[test]
    fn each_fault_has_the_number_of_its_place() {
        for (number, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault as usize, number, "{fault:?}");
        }
    }
}
