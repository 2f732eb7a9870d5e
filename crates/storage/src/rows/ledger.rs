//! An event's books: the statements that add them up, and what they found.
//!
//! Times and amounts are cast to whole numbers: `MySQL` adds up in decimals.

use boxoffice::ids::{EventId, Version};
use boxoffice::invariants::{GradeLedger, Ledger};
use boxoffice::money::Money;
use boxoffice::store::StoreError;
use boxoffice::time::Timestamp;

use super::columns::{BadColumn, Cells, Columns};

pub(crate) const EVENT: &str = "SELECT version, last_now FROM events WHERE id = ?";

pub(crate) const LOG: &str = "SELECT COUNT(*) AS log_len, COALESCE(MAX(version), 0) AS version_max, \
    COALESCE(MAX(logged_at), 0) AS last_now, \
    CAST(COALESCE(SUM(CASE WHEN logged_at < before_at THEN 1 ELSE 0 END), 0) AS SIGNED) \
        AS backwards \
    FROM (SELECT version, logged_at, LAG(logged_at) OVER (ORDER BY version) AS before_at \
        FROM event_log WHERE event_id = ?) steps";

pub(crate) const GRADES: &str = "SELECT seat_type, total, available, held, sold FROM grades \
    WHERE event_id = ? ORDER BY ordering";

/// One look at each reservation, and one at its tickets. A ticket that is counted at the door and
/// not used, or the other way round, admits nobody here, and so is found wrong.
pub(crate) const RESERVATIONS: &str = "SELECT seat_type, COUNT(*) AS reservations, \
    CAST(SUM(CASE WHEN status IN ('HELD', 'PAYING') THEN quantity ELSE 0 END) AS SIGNED) AS held, \
    CAST(SUM(CASE WHEN status = 'CONFIRMED' THEN quantity ELSE 0 END) AS SIGNED) AS sold, \
    CAST(SUM(admitting) AS SIGNED) AS tickets, \
    CAST(SUM(CASE WHEN admitting = CASE WHEN status = 'CONFIRMED' THEN quantity ELSE 0 END \
        THEN 0 ELSE 1 END) AS SIGNED) AS ticketed_wrong, \
    CAST(SUM(CASE WHEN status = 'HELD' THEN due_at IS NULL OR expires_at IS NULL \
        OR due_at <> expires_at ELSE due_at IS NOT NULL END) AS SIGNED) AS due_wrong \
    FROM (SELECT r.seat_type, r.status, r.quantity, r.due_at, r.expires_at, \
        (SELECT COUNT(*) FROM tickets t WHERE t.reservation_id = r.reservation_id \
            AND t.state IN ('VALID', 'USED') AND COALESCE(t.used_event_id, 0) = \
            CASE t.state WHEN 'USED' THEN r.event_id ELSE 0 END) AS admitting \
        FROM reservations r WHERE r.event_id = ?) each_one \
    GROUP BY seat_type";

pub(crate) const KEYS: &str = "SELECT COUNT(*) AS astray FROM idempotency i WHERE i.event_id = ? AND NOT EXISTS \
    (SELECT 1 FROM reservations r WHERE r.reservation_id = i.reservation_id \
    AND r.event_id = i.event_id)";

/// Claims that no live reservation with that seat has made.
pub(crate) const CLAIMS_ASTRAY: &str = "SELECT COUNT(*) AS astray FROM seat_claims c WHERE c.event_id = ? \
    AND NOT EXISTS (SELECT 1 FROM reservations r WHERE r.reservation_id = c.reservation_id \
    AND r.event_id = c.event_id AND r.status IN ('HELD', 'PAYING', 'CONFIRMED') \
    AND INSTR(CONCAT(',', r.seats, ','), CONCAT(',', c.seat, ',')) > 0)";

/// Live reservations of numbered seats that have not claimed as many seats as they have tickets.
pub(crate) const CLAIMS_MISSING: &str = "SELECT COUNT(*) AS missing FROM reservations r \
    LEFT JOIN (SELECT reservation_id, COUNT(*) AS claimed FROM seat_claims \
        WHERE event_id = ? GROUP BY reservation_id) c ON c.reservation_id = r.reservation_id \
    WHERE r.event_id = ? AND r.status IN ('HELD', 'PAYING', 'CONFIRMED') \
    AND (r.seats IS NOT NULL OR EXISTS (SELECT 1 FROM grades g WHERE g.event_id = r.event_id \
        AND g.seat_type = r.seat_type AND g.seating = 'ASSIGNED')) \
    AND COALESCE(c.claimed, 0) <> r.quantity";

pub(crate) const MONEY: &str = "SELECT \
    CAST(COALESCE(SUM(CASE WHEN p.state IN ('PAID', 'REFUNDED') THEN p.amount ELSE 0 END), 0) \
        AS SIGNED) AS money_in, \
    CAST(COALESCE(SUM(CASE WHEN p.state = 'PAID' AND r.status = 'CONFIRMED' \
        AND r.payment_id = p.payment_id THEN p.amount ELSE 0 END), 0) AS SIGNED) AS ticketed, \
    CAST(COALESCE(SUM(f.amount), 0) AS SIGNED) AS refunded \
    FROM payments p LEFT JOIN reservations r ON r.reservation_id = p.reservation_id \
    LEFT JOIN refunds f ON f.payment_id = p.payment_id WHERE p.event_id = ?";

/// Everything that the statements above found.
pub(crate) struct Sums<R> {
    pub(crate) event: R,
    pub(crate) log: R,
    pub(crate) grades: Vec<R>,
    pub(crate) reservations: Vec<R>,
    pub(crate) keys_astray: R,
    pub(crate) claims_astray: R,
    pub(crate) claims_missing: R,
    pub(crate) money: R,
}

/// The books, from everything that was found.
pub(crate) fn assemble<R: Cells>(event: EventId, sums: &Sums<R>) -> Result<Ledger, StoreError> {
    added_up(event, sums).map_err(|bad| bad.of(event))
}

fn added_up<R: Cells>(event: EventId, sums: &Sums<R>) -> Result<Ledger, BadColumn> {
    let row = Columns::new(&sums.event, "events", "");
    let log = Columns::new(&sums.log, "event_log", "");
    let keys = Columns::new(&sums.keys_astray, "idempotency", "");
    let astray = Columns::new(&sums.claims_astray, "seat_claims", "");
    let missing = Columns::new(&sums.claims_missing, "seat_claims", "");
    let money = Columns::new(&sums.money, "payments", "");
    let mut ledger = Ledger {
        event,
        version: Version(row.get("version")?),
        last_now: row.time("last_now")?,
        log_len: log.get("log_len")?,
        log_version_max: Version(log.get("version_max")?),
        log_backwards: log.get("backwards")?,
        log_last_now: Timestamp::from_micros(log.get("last_now")?),
        grades: sums
            .grades
            .iter()
            .map(|row| grade(row))
            .collect::<Result<_, _>>()?,
        reservations_astray: 0,
        reservations_ticketed_wrong: 0,
        reservations_due_wrong: 0,
        keys_astray: keys.get("astray")?,
        claims_wrong: astray.get::<i64>("astray")? + missing.get::<i64>("missing")?,
        money_in: Money(money.get("money_in")?),
        money_ticketed: Money(money.get("ticketed")?),
        money_refunded: Money(money.get("refunded")?),
    };
    for row in &sums.reservations {
        count_reservations(&mut ledger, Columns::new(row, "reservations", ""))?;
    }
    Ok(ledger)
}

fn grade(row: &dyn Cells) -> Result<GradeLedger, BadColumn> {
    let columns = Columns::new(row, "grades", "");
    Ok(GradeLedger {
        seat_type: Some(columns.parse("seat_type")?),
        total: columns.get("total")?,
        available: columns.get("available")?,
        held: columns.get("held")?,
        sold: columns.get("sold")?,
        ..GradeLedger::default()
    })
}

/// Adds what the reservations of one grade come to.
fn count_reservations(ledger: &mut Ledger, columns: Columns<'_>) -> Result<(), BadColumn> {
    ledger.reservations_ticketed_wrong += columns.get::<i64>("ticketed_wrong")?;
    ledger.reservations_due_wrong += columns.get::<i64>("due_wrong")?;
    let name: &str = columns.get("seat_type")?;
    let of_name = |grade: &&mut GradeLedger| {
        grade
            .seat_type
            .as_ref()
            .is_some_and(|seat_type| seat_type.as_str() == name)
    };
    match ledger.grades.iter_mut().find(of_name) {
        Some(grade) => {
            grade.reserved_held = columns.get("held")?;
            grade.reserved_sold = columns.get("sold")?;
            grade.tickets_live = columns.get("tickets")?;
        }
        None => ledger.reservations_astray += columns.get::<i64>("reservations")?,
    }
    Ok(())
}
