//! Rows of buyers' profiles, and what their reservations add up to.

use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::money::Money;
use boxoffice::store::StoreError;

use super::columns::{BadColumn, Cells, Columns};

pub(crate) const SELECT_USER: &str =
    "SELECT username, email, phone_number, created_at FROM users WHERE user_id = ?";

pub(crate) const SELECT_STATISTICS: &str = "SELECT COUNT(*) AS reservations, \
    CAST(COALESCE(SUM(CASE status WHEN 'CONFIRMED' THEN total_price ELSE 0 END), 0) AS SIGNED) \
        AS spent, \
    CAST(COALESCE(SUM(CASE status WHEN 'CANCELLED' THEN 1 ELSE 0 END), 0) AS SIGNED) AS cancelled \
    FROM reservations WHERE user_id = ?";

/// The profile in a row of [`SELECT_USER`].
pub(crate) fn profile(id: &UserId, row: &dyn Cells) -> Result<User, StoreError> {
    let columns = Columns::new(row, "users", "");
    let read = || -> Result<User, BadColumn> {
        Ok(User {
            id: id.clone(),
            username: columns.get("username")?,
            email: columns.get("email")?,
            phone_number: columns.get("phone_number")?,
            created_at: columns.time("created_at")?,
        })
    };
    read().map_err(|bad| bad.of(id))
}

/// What a buyer has done, in a row of [`SELECT_STATISTICS`].
pub(crate) fn done(id: &UserId, row: &dyn Cells) -> Result<UserStatistics, StoreError> {
    let columns = Columns::new(row, "reservations", "");
    let read = || -> Result<UserStatistics, BadColumn> {
        Ok(UserStatistics {
            total_reservations: columns.map("reservations", |n: i64| u64::try_from(n).ok())?,
            total_spent: Money(columns.get("spent")?),
            cancelled_reservations: columns.map("cancelled", |n: i64| u64::try_from(n).ok())?,
        })
    };
    read().map_err(|bad| bad.of(id))
}
