//! The planted bugs: classic mistakes, each with the number of seeds that is enough to find it.
//!
//! Some are planted in the box office itself, behind its feature `planted-bugs`; some in the model
//! of what lies around it, where they would be made in a database's driver or in a lock's. Without
//! the feature there are none, and this list is only a list.

use crate::scenario::{Scenario, What};

/// A mistake in what lies around the box office.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(
    not(feature = "planted-bugs"),
    allow(dead_code, reason = "planted only")
)]
pub(crate) enum Slip {
    /// A dropped future leaves its transaction open.
    TransactionLeftOpen,
    /// A page begins one row too late.
    PageSkipsARow,
    /// Whoever had the lease writes, without a look at the version or at the clock.
    StaleSnapshotWritten,
    /// The version is checked in one transaction, and the group written in another.
    CheckApartFromWrite,
    /// Whoever had the lease writes, without a look at the version; no lease is ever lost.
    LeaseTrusted,
    /// Whoever has the lease writes, without a look at the version, until the lease's time is up.
    LeaseTrustedInTime,
    /// As `LeaseTrustedInTime`; and a lease is deleted without a look at whose it is.
    LeaseDeletedByAnybody,
}

/// In place of a look at the version, what a write of the planted bugs relies on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trust {
    /// That whoever writes has had the lease.
    Always,
    /// That whoever writes has the lease, and that its time is not up.
    WhileLeased,
}

impl Slip {
    /// What a write relies on; `None`: on the version, as it should.
    pub(crate) const fn trust(self) -> Option<Trust> {
        match self {
            Self::TransactionLeftOpen | Self::PageSkipsARow => None,
            Self::StaleSnapshotWritten | Self::CheckApartFromWrite | Self::LeaseTrusted => {
                Some(Trust::Always)
            }
            Self::LeaseTrustedInTime | Self::LeaseDeletedByAnybody => Some(Trust::WhileLeased),
        }
    }

    /// Whether a lease lasts until it is given back.
    pub(crate) const fn never_loses_a_lease(self) -> bool {
        matches!(self, Self::LeaseTrusted)
    }

    /// Whether nothing but the lease guards the stock.
    pub(crate) const fn leaves_it_to_the_lease(self) -> bool {
        !matches!(self, Self::CheckApartFromWrite) && self.trust().is_some()
    }
}

/// A classic mistake.
#[derive(Clone, Copy, Debug)]
pub struct Mistake {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is wrong, in words.
    pub meaning: &'static str,
    /// So many seeds, from any first one, are enough to find it.
    pub seeds_max: u32,
    pub(crate) slip: Option<Slip>,
    #[cfg(feature = "planted-bugs")]
    pub(crate) bug: Option<boxoffice::planted::Bug>,
}

impl Mistake {
    /// The day to look for it on.
    ///
    /// Where nothing but the lease guards the stock, everything is left out that would let two
    /// decide at a time although the lease is right: what is found then is found for what is wrong
    /// with the lease. Beside the lease's own faults these are a group that goes on without it,
    /// and a commit that is carried out after whoever sent it has given up.
    pub(crate) fn prepare(&self, scenario: &Scenario) -> Scenario {
        let mut day = scenario.clone();
        if !self.slip.is_some_and(Slip::leaves_it_to_the_lease) {
            return day;
        }
        let rates = &mut day.rates;
        (rates.lease_late, rates.lease_lost, rates.lease_twice) = (0, 0, 0);
        rates.lost_late = 0;
        day.limits.lease_wait_ms_max = LEASE_WAIT_MS;
        day.troubles.retain(|trouble| {
            !matches!(
                trouble.what,
                What::LeasesDown { .. } | What::Crash { .. } | What::CrashAtWait { .. }
            )
        });
        day
    }
}

/// Longer than anybody has to wait for a lease, in milliseconds.
const LEASE_WAIT_MS: u32 = 100_000;

/// Plants a mistake on this thread until what is returned is dropped.
pub(crate) fn plant(mistake: Mistake) -> Planted {
    #[cfg(feature = "planted-bugs")]
    boxoffice::planted::plant(mistake.bug);
    Planted { name: mistake.name }
}

/// A mistake that is planted on this thread.
#[derive(Debug)]
pub(crate) struct Planted {
    /// Which one, for whoever debugs.
    #[expect(dead_code, reason = "read by Debug only")]
    name: &'static str,
}

impl Drop for Planted {
    fn drop(&mut self) {
        #[cfg(feature = "planted-bugs")]
        boxoffice::planted::plant(None);
    }
}

/// Every mistake that this build can make; none without the feature `planted-bugs`.
pub fn mistakes() -> &'static [Mistake] {
    #[cfg(feature = "planted-bugs")]
    return &list::MISTAKES;
    #[cfg(not(feature = "planted-bugs"))]
    return &[];
}

/// What is no mistake: nothing but the lease guards the stock, and the lease is right. None of these
/// may be found, or what is found with a mistake in the lease would not be found for that.
pub fn controls() -> &'static [Mistake] {
    #[cfg(feature = "planted-bugs")]
    return &list::CONTROLS;
    #[cfg(not(feature = "planted-bugs"))]
    return &[];
}

#[cfg(feature = "planted-bugs")]
mod list {
    use boxoffice::planted::Bug;

    use super::{Mistake, Slip};

    const fn bug(name: &'static str, seeds_max: u32, bug: Bug, meaning: &'static str) -> Mistake {
        Mistake {
            name,
            meaning,
            seeds_max,
            slip: None,
            bug: Some(bug),
        }
    }

    const fn slip(
        name: &'static str,
        seeds_max: u32,
        slip: Slip,
        meaning: &'static str,
    ) -> Mistake {
        Mistake {
            name,
            meaning,
            seeds_max,
            slip: Some(slip),
            bug: None,
        }
    }

    pub(super) const CONTROLS: [Mistake; 2] = [
        slip(
            "lease-trusted",
            MORE,
            Slip::LeaseTrusted,
            "the lock alone guards the stock, and is never lost",
        ),
        slip(
            "lease-trusted-in-time",
            MORE,
            Slip::LeaseTrustedInTime,
            "the lock alone guards the stock, until its time is up",
        ),
    ];

    /// Enough for what at least one day in eighteen shows: 500 in a row do not, once in 10^12.
    const MANY: u32 = 500;

    /// Enough for what one day in a hundred and fifty shows, because a pause or a wait has to outlast a
    /// lease, and another node has to be deciding when it is over: 2,000 in a row do not, once in 600,000.
    const MORE: u32 = 2_000;

    pub(super) const MISTAKES: [Mistake; 34] = [
        Mistake {
            slip: Some(Slip::LeaseTrusted),
            ..bug(
                "lease-released-before-commit",
                MANY,
                Bug::LeaseReleasedBeforeCommit,
                "the lock alone guards the stock, and is released before the commit",
            )
        },
        slip(
            "lease-deleted-without-token",
            MORE,
            Slip::LeaseDeletedByAnybody,
            "the lock alone guards the stock, and is deleted without a look at whose it is",
        ),
        slip(
            "stale-snapshot-after-pause",
            MORE,
            Slip::StaleSnapshotWritten,
            "whoever believes to have the lock writes, although a pause outlasted it",
        ),
        slip(
            "check-apart-from-decrement",
            MANY,
            Slip::CheckApartFromWrite,
            "the check is one transaction and the write another",
        ),
        bug(
            "unknown-commit-books-again",
            MANY,
            Bug::UnknownBooksAgain,
            "a commit whose answer was lost is done again as something new",
        ),
        bug(
            "unknown-commit-told-as-nothing",
            MANY,
            Bug::UnknownToldAsNothing,
            "a commit whose answer was lost is told as if nothing had been done",
        ),
        bug(
            "deadline-told-as-nothing",
            MANY,
            Bug::DeadlineToldAsNothing,
            "a deadline that passes during a commit is told as if nothing had been done",
        ),
        bug(
            "conflict-answered",
            MANY,
            Bug::ConflictAnswered,
            "another node was first, and the outcomes are answered all the same",
        ),
        bug(
            "seats-returned-twice",
            MANY,
            Bug::SeatsReturnedTwice,
            "a cancelled reservation gives its seats back again",
        ),
        bug(
            "sold-out-never-reopens",
            MANY,
            Bug::SoldOutForGood,
            "a refusal is answered from memory, however old",
        ),
        bug(
            "older-overwrites-newer",
            MANY,
            Bug::OlderOverwrites,
            "an older stock takes the place of a newer one in the cache",
        ),
        bug(
            "idempotency-answer-not-kept",
            MANY,
            Bug::KeyNotKept,
            "the answer to a keyed request is not kept",
        ),
        bug(
            "limit-outside-transaction",
            MANY,
            Bug::LimitBeforeGroup,
            "the limit per buyer is held against what was there before the group",
        ),
        bug(
            "poison-takes-batch",
            MANY,
            Bug::PoisonTakesAll,
            "a batch fails as a whole for one bad member",
        ),
        bug(
            "abort-leaks-seats",
            MANY,
            Bug::AbortLeaksSeats,
            "who goes away loses the reservation, and its seats stay taken",
        ),
        slip(
            "dropped-future-leaves-transaction",
            MANY,
            Slip::TransactionLeftOpen,
            "a dropped future leaves a transaction open, and what is written into it vanishes",
        ),
        bug(
            "version-read-after-facts",
            MANY,
            Bug::VersionAfterFacts,
            "the version is read after the facts that it guards",
        ),
        slip(
            "page-skips-a-row",
            MANY,
            Slip::PageSkipsARow,
            "every page of a list but the first begins one row too late",
        ),
        bug(
            "clock-believed",
            MANY,
            Bug::ClockBelieved,
            "a clock that stepped back takes the event's time with it",
        ),
        bug(
            "expiry-races-payment",
            MANY,
            Bug::ExpiryRacesPayment,
            "a hold ends although it is being paid for",
        ),
        bug(
            "lost-charge-counts-as-declined",
            MANY,
            Bug::UnknownChargeDeclined,
            "a charge whose answer was lost counts as declined",
        ),
        bug(
            "unseen-charge-counts-as-declined",
            MANY,
            Bug::UnseenIsDeclined,
            "a payment that the provider has not seen yet counts as declined at once",
        ),
        bug(
            "refund-forgotten",
            MANY,
            Bug::RefundForgotten,
            "what was paid for a cancelled reservation is kept",
        ),
        bug(
            "seat-not-looked-at",
            MANY,
            Bug::SeatNotLookedAt,
            "whether a named seat is somebody's is not looked at",
        ),
        bug(
            "lease-never-returned",
            MANY,
            Bug::LeaseNeverReturned,
            "a lease that was taken is never given back",
        ),
        bug(
            "stock-told-wrong",
            MANY,
            Bug::StockToldWrong,
            "what is published after a commit has its version, and the stock from before it",
        ),
        bug(
            "reader-believed",
            MANY,
            Bug::ReaderBelieved,
            "an event that the reader has not heard of yet is told not to be there",
        ),
        bug(
            "overcharged",
            MANY,
            Bug::Overcharged,
            "more is charged than the seats cost",
        ),
        bug(
            "extended-twice",
            MANY,
            Bug::ExtendedTwice,
            "a hold may be extended again and again",
        ),
        bug(
            "extension-key-not-kept",
            MANY,
            Bug::ExtensionKeyNotKept,
            "the key of an extension is not kept",
        ),
        bug(
            "sweeper-dies",
            MANY,
            Bug::SweeperDies,
            "the search for due holds ends with the first one that fails",
        ),
        bug(
            "ticket-admits-twice",
            MANY,
            Bug::TicketAdmitsTwice,
            "a ticket that was used admits once more",
        ),
        bug(
            "called-off-sells-on",
            MANY,
            Bug::CalledOffSells,
            "an event that was called off is sold all the same",
        ),
        bug(
            "answers-swapped",
            MANY,
            Bug::AnswersSwapped,
            "two of one group are told of each other's reservations",
        ),
    ];
}
