//! Reading buyers' profiles and statistics.

use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::money::Money;
use boxoffice::store::StoreError;
use sqlx::SqliteConnection;

use super::columns::{BadColumn, Columns};
use super::failure::unavailable;
use super::statements::Values;

const SELECT_USER: &str =
    "SELECT username, email, phone_number, created_at FROM users WHERE user_id = ?";

const SELECT_STATISTICS: &str = "SELECT COUNT(*) AS reservations, \
    COALESCE(SUM(CASE status WHEN 'CONFIRMED' THEN total_price ELSE 0 END), 0) AS spent, \
    COALESCE(SUM(CASE status WHEN 'CANCELLED' THEN 1 ELSE 0 END), 0) AS cancelled \
    FROM reservations WHERE user_id = ?";

/// A buyer's profile.
pub(super) async fn user(
    connection: &mut SqliteConnection,
    id: &UserId,
) -> Result<Option<User>, StoreError> {
    let mut values = Values::default();
    values.text(id.as_str());
    let row = values
        .row(SELECT_USER, connection)
        .await
        .map_err(|error| unavailable(&error))?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::new(&row, "users", "");
    let read = || -> Result<User, BadColumn> {
        Ok(User {
            id: id.clone(),
            username: columns.get("username")?,
            email: columns.get("email")?,
            phone_number: columns.get("phone_number")?,
            created_at: columns.time("created_at")?,
        })
    };
    read().map(Some).map_err(|bad| bad.of(id))
}

/// What a buyer has done.
pub(super) async fn statistics(
    connection: &mut SqliteConnection,
    id: &UserId,
) -> Result<UserStatistics, StoreError> {
    let mut values = Values::default();
    values.text(id.as_str());
    let row = values.row(SELECT_STATISTICS, connection).await;
    let Some(row) = row.map_err(|error| unavailable(&error))? else {
        return Ok(UserStatistics::default());
    };
    let columns = Columns::new(&row, "reservations", "");
    let read = || -> Result<UserStatistics, BadColumn> {
        Ok(UserStatistics {
            total_reservations: columns.map("reservations", |n: i64| u64::try_from(n).ok())?,
            total_spent: Money(columns.get("spent")?),
            cancelled_reservations: columns.map("cancelled", |n: i64| u64::try_from(n).ok())?,
        })
    };
    read().map_err(|bad| bad.of(id))
}
