//! What happened, counted: a fault that never comes up tests nothing.

use std::ops::AddAssign;

/// Declares the kinds of what is counted, each with its words, in the order of the table.
macro_rules! kinds {
    ($($part:ident { $($kind:ident: $words:literal,)+ })+) => {
        /// Something that is counted.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Kind {
            $($(#[doc = $words] $kind,)+)+
        }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: [Self; [$($(Self::$kind,)+)+].len()] = [$($(Self::$kind,)+)+];

            /// What it is, in words.
            pub const fn words(self) -> &'static str {
                match self {
                    $($(Self::$kind => $words,)+)+
                }
            }

            /// Which part of the table it is in.
            pub const fn part(self) -> Part {
                match self {
                    $($(Self::$kind => Part::$part,)+)+
                }
            }
        }
    };
}

/// A part of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// What went wrong.
    Fault,
    /// What clients were told.
    Answer,
    /// What came of both.
    Turn,
}

impl Part {
    /// Every part, in order.
    pub const ALL: [Self; 3] = [Self::Fault, Self::Answer, Self::Turn];

    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Fault => "faults",
            Self::Answer => "answers",
            Self::Turn => "what came of them",
        }
    }
}

kinds! {
    Fault {
        ConnectionBroken: "a connection breaks before a statement",
        LockWait: "a lock is waited for in vain",
        Deadlock: "a deadlock's victim",
        Slow: "a slow statement",
        CommitNotDone: "a commit's answer is lost, and it is not done",
        CommitDone: "a commit's answer is lost, and it is done",
        CommitDoneLater: "a commit's answer is lost, and it is done later",
        Refused: "data that the database refuses",
        Failover: "the writer changes",
        ReaderLag: "the reader falls behind",
        LeaseLate: "a lease is heard of late",
        LeaseEvicted: "a lease is lost while it is held",
        LeaseTwice: "a lease is granted twice",
        LeasesDown: "leases are down",
        ReleaseLost: "a lease is given back, and nobody hears it",
        NewsLost: "news is lost",
        NewsLate: "news comes late",
        NewsTwice: "news comes twice",
        NewsDown: "no news travels",
        TillClosed: "the provider is out of reach",
        ChargeLost: "a charge is lost",
        ChargeLate: "a charge arrives late",
        ChargeUnheard: "the provider's answer is lost",
        Crash: "a node crashes, at a time",
        CrashAtWait: "a node crashes, at one of its waits",
        Drain: "a node shuts down under load",
        Pause: "a node stands still",
        ClockStep: "a clock steps",
    }
    Answer {
        Done: "done",
        Replayed: "done before, under the same key",
        TooFew: "too few seats",
        Taken: "seats taken",
        Limit: "the buyer's limit",
        KeyReused: "the key was used for another request",
        AlreadyCancelled: "cancelled before",
        HoldExpired: "the hold had ended",
        NotPaid: "not paid",
        AlreadyConfirmed: "confirmed, and held no longer",
        ExtensionUsed: "extended before",
        PaymentInProgress: "a payment is under way",
        TicketUsed: "the ticket was used",
        TicketNotUsed: "the ticket was not used",
        TicketCancelled: "the ticket was cancelled",
        EventOff: "the event was called off before",
        Overloaded: "overloaded, nothing done",
        Unavailable: "unavailable, nothing done",
        Internal: "an error of ours, nothing done",
        Unknown: "outcome not known",
        NoAnswer: "no answer",
        Shown: "a reservation as it is",
        Stock: "an event's stock",
        Profile: "a profile",
        Opened: "an event was put on sale",
        CalledOff: "an event was called off",
    }
    Turn {
        GaveUp: "a client went away without an answer",
        CrashInCommit: "a crash while a commit was under way",
        PaidTooLate: "paid after the hold had ended",
        MoneyReturned: "money went back",
        Reopened: "refused for want of seats, and sold afterwards",
        UnknownToReader: "an event that the reader had not heard of",
    }
}

/// How often each kind came up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Census([u64; Kind::ALL.len()]);

impl Default for Census {
    fn default() -> Self {
        Self([0; Kind::ALL.len()])
    }
}

impl Census {
    /// Counts one.
    pub(crate) fn count(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// How often this came up.
    pub fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// How much went wrong in all.
    pub fn faults(&self) -> u64 {
        let kinds = Kind::ALL.into_iter();
        let faults = kinds.filter(|kind| kind.part() == Part::Fault);
        faults.map(|kind| self.of(kind)).sum()
    }
}

impl AddAssign<&Self> for Census {
    fn add_assign(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }
}
