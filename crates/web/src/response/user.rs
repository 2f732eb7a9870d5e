//! Buyers' profiles, as they are told.

use boxoffice::buyer::{User, UserStatistics};
use serde::Serialize;
use utoipa::ToSchema;

use crate::zone::{Moment, Zone};

/// A buyer's profile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserBody<'a> {
    user_id: &'a str,
    username: &'a str,
    #[schema(required)]
    email: Option<&'a str>,
    #[schema(required)]
    phone_number: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    statistics: StatisticsBody,
}

/// What a buyer has done so far.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserStatistics)]
pub(crate) struct StatisticsBody {
    total_reservations: u64,
    /// What her confirmed reservations cost together, in minor units.
    total_spent: i64,
    cancelled_reservations: u64,
}

impl<'a> UserBody<'a> {
    /// The profile, its times told in `zone`.
    pub(crate) fn tell(user: &'a User, statistics: &UserStatistics, zone: &Zone) -> Self {
        Self {
            user_id: user.id.as_str(),
            username: &user.username,
            email: user.email.as_deref(),
            phone_number: user.phone_number.as_deref(),
            created_at: zone.tell(user.created_at),
            statistics: StatisticsBody {
                total_reservations: statistics.total_reservations,
                total_spent: statistics.total_spent.0,
                cancelled_reservations: statistics.cancelled_reservations,
            },
        }
    }
}
