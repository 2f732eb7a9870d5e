//! The ways in which a server can be wrong, each as a sentence.

use serde::Serialize;

use super::check::Stock;

/// One way in which the answers and the ledger contradict each other or themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[allow(missing_docs)] // The fields are the figures of the sentences.
pub enum Violation {
    /// More tickets are live in the ledger than there are.
    #[error("the ledger has {live} live tickets of {total}")]
    SoldBeyondStock { live: u64, total: u32 },

    /// More tickets were promised, and not given back, than there are.
    #[error("buyers were promised {promised} tickets of {total}")]
    PromisedBeyondStock { promised: u64, total: u32 },

    /// `available + held + sold` is not the total, or the total is not what was put on sale.
    #[error("the stock ({stock}) does not add up to the {total} put on sale")]
    StockDoesNotAddUp { stock: Stock, total: u32 },

    /// The event's own figures differ from its grade's.
    #[error("the event has {available} left of {total}, its grade: {stock}")]
    EventDiffersFromStock {
        total: u32,
        available: u32,
        stock: Stock,
    },

    /// The stock counts other tickets than the ledger lists: some were lost, or made up.
    #[error("the ledger has {live} live tickets, the stock: {stock}")]
    StockDiffersFromLedger { stock: Stock, live: u64 },

    /// Two buyers were given the same reservation.
    #[error("two buyers were given reservation {reservation_id}")]
    ToldTwice { reservation_id: String },

    /// The answer is about something else than what was asked for.
    #[error("{user_id} asked for {asked}; the answer is {answered} for {answered_user_id}")]
    AnswerDiffers {
        user_id: String,
        asked: u32,
        answered_user_id: String,
        answered: u32,
    },

    /// A buyer was told that she has tickets, and the ledger does not know her reservation.
    #[error("{user_id} was given reservation {reservation_id}, which the ledger does not have")]
    NotInLedger {
        reservation_id: String,
        user_id: String,
    },

    /// The ledger has a reservation more than once.
    #[error("the ledger has reservation {reservation_id} {times} times")]
    TwiceInLedger {
        reservation_id: String,
        times: usize,
    },

    /// The ledger has another user or quantity than the buyer was told.
    #[error("reservation {reservation_id} is {} for {}, the ledger has {} for {}",
            .told.1, .told.0, .listed.1, .listed.0)]
    LedgerDiffers {
        reservation_id: String,
        told: (String, u32),
        listed: (String, u32),
    },

    /// The ledger has a reservation that nobody was told of.
    #[error("nobody was told of reservation {reservation_id} of {user_id}")]
    NobodyWasTold {
        reservation_id: String,
        user_id: String,
    },

    /// A buyer who sent one request and heard nothing has several reservations.
    #[error("{user_id} asked once, heard nothing and has {times} reservations")]
    UnansweredTwice { user_id: String, times: usize },

    /// A reservation is in a state in which nobody put it.
    #[error("reservation {reservation_id} is {status} and should be {expected}")]
    WrongStatus {
        reservation_id: String,
        expected: &'static str,
        status: String,
    },

    /// A reservation has other seats than tickets, a seat twice, or one that is not there.
    #[error("reservation {reservation_id} of {quantity} has seats {}", .seats.join(", "))]
    SeatsUnfit {
        reservation_id: String,
        quantity: u32,
        seats: Vec<String>,
    },

    /// A seat has several owners.
    #[error("seat {seat} is sold in reservations {}", .reservations.join(" and "))]
    SeatSoldTwice {
        seat: String,
        reservations: Vec<String>,
    },

    /// The seat map contradicts the reservations.
    #[error("seat {seat} is {} on the map and not so in the ledger",
            if *.taken { "taken" } else { "free" })]
    MapDiffersFromLedger { seat: String, taken: bool },

    /// A buyer got, or has in the ledger, other seats than she asked for or was told.
    #[error("{user_id} asked for seats [{}], was told [{}], the ledger has [{}]",
            .asked.join(", "), .told.join(", "), .listed.join(", "))]
    SeatsDiffer {
        user_id: String,
        asked: Vec<String>,
        told: Vec<String>,
        listed: Vec<String>,
    },

    /// Somebody was refused a seat that nobody else ever had, or that she did not ask for.
    #[error("{user_id} was refused seats [{}] because of [{}]", .asked.join(", "), .taken.join(", "))]
    SeatsNotTaken {
        user_id: String,
        asked: Vec<String>,
        taken: Vec<String>,
    },

    /// A reservation's money is not what its state says.
    #[error("reservation {reservation_id} is {status} with {money}, and should have {expected}")]
    MoneyDiffers {
        reservation_id: String,
        status: String,
        expected: String,
        money: String,
    },

    /// Somebody was refused although as many as she asked for were left all the time.
    #[error("{user_id} was refused {asked} while at least {left} were left")]
    RefusedTooEarly {
        user_id: String,
        asked: u32,
        left: u64,
    },

    /// A refusal's own figures do not justify it.
    #[error("{user_id} was refused {asked} because {} were left of {} asked for",
            figure(*.available), figure(*.requested))]
    RefusalUnfounded {
        user_id: String,
        asked: u32,
        requested: Option<u32>,
        available: Option<u32>,
    },
}

fn figure(figure: Option<u32>) -> String {
    figure.map_or_else(|| "(not said)".to_owned(), |figure| figure.to_string())
}
