//! Reading buyers' profiles and statistics.

use boxoffice::buyer::{User, UserId, UserStatistics};
use boxoffice::store::StoreError;
use sqlx::SqliteConnection;

use super::failure::unavailable;
use super::statements::Values;
use crate::rows::users::{SELECT_STATISTICS, SELECT_USER, done, profile};

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
    profile(id, &row).map(Some)
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
    done(id, &row)
}
