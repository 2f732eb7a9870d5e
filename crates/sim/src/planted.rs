//! The planted bugs: classic mistakes, each with the number of seeds that is enough to find it.
//!
//! Some are planted in the box office itself, behind its feature `planted-bugs`; some in the model
//! of what lies around it, where they would be made in a database's driver or in a lock's. Without
//! the feature there are none, and this list is only a list.

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
    /// Whoever has the lease writes, without a look at the version.
    StaleSnapshotWritten,
    /// The version is checked in one transaction, and the group written in another.
    CheckApartFromWrite,
    /// As `StaleSnapshotWritten`; the box office gives the lease back too early.
    LeaseTrusted,
    /// As `StaleSnapshotWritten`; and a lease is deleted without a look at whose it is.
    LeaseDeletedByAnybody,
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

    /// Fourteen times as many as any of them has needed so far.
    const MANY: u32 = 500;

    pub(super) const MISTAKES: [Mistake; 24] = [
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
            MANY,
            Slip::LeaseDeletedByAnybody,
            "the lock alone guards the stock, and is deleted without a look at whose it is",
        ),
        slip(
            "stale-snapshot-after-pause",
            MANY,
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
    ];
}
