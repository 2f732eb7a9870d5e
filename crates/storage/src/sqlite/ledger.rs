//! An event's books, added up by the database in one read transaction.

use boxoffice::ids::EventId;
use boxoffice::invariants::Ledger;
use boxoffice::store::StoreError;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};

use super::failure::unavailable;
use super::statements::Values;
use crate::rows::ledger::{
    CLAIMS_ASTRAY, CLAIMS_MISSING, EVENT, GRADES, KEYS, LOG, MONEY, RESERVATIONS, Sums, assemble,
};

/// What the tables say of an event, deleted ones included.
pub(super) async fn ledger(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<Option<Ledger>, StoreError> {
    let sums = add_up(connection, event)
        .await
        .map_err(|error| unavailable(&error))?;
    let Some(sums) = sums else { return Ok(None) };
    assemble(event, &sums).map(Some)
}

async fn add_up(
    connection: &mut SqliteConnection,
    event: EventId,
) -> Result<Option<Sums<SqliteRow>>, sqlx::Error> {
    let of_event = || {
        let mut values = Values::default();
        values.int(event.0);
        values
    };
    let mut transaction = connection.begin().await?;
    let Some(row) = of_event().row(EVENT, &mut transaction).await? else {
        return Ok(None);
    };
    let mut both = of_event();
    both.int(event.0);
    let sums = Sums {
        event: row,
        log: one(of_event(), LOG, &mut transaction).await?,
        grades: of_event().rows(GRADES, &mut transaction).await?,
        reservations: of_event().rows(RESERVATIONS, &mut transaction).await?,
        keys_astray: one(of_event(), KEYS, &mut transaction).await?,
        claims_astray: one(of_event(), CLAIMS_ASTRAY, &mut transaction).await?,
        claims_missing: one(both, CLAIMS_MISSING, &mut transaction).await?,
        money: one(of_event(), MONEY, &mut transaction).await?,
    };
    transaction.commit().await?;
    Ok(Some(sums))
}

async fn one(
    values: Values,
    sql: &'static str,
    connection: &mut SqliteConnection,
) -> Result<SqliteRow, sqlx::Error> {
    values
        .row(sql, connection)
        .await?
        .ok_or(sqlx::Error::RowNotFound)
}
