//! Buyers' profiles. A reservation needs none.

use axum::http::StatusCode;
use boxoffice::buyer::UserStatistics;

use super::{Answer, created, json};
use crate::errors::Code;
use crate::request::{Asked, Faults, new_user, user_id_of};
use crate::response::UserBody;
use crate::visit::Host;

pub(super) async fn create(app: Host, mut asked: Asked) -> Answer {
    let body = asked.body(&app.limits).await?;
    let now = app.box_office.now();
    let (user, key) = {
        let faults = Faults::default();
        let key = asked.idempotency_key(&faults);
        app.read(&body, faults, |json, faults| {
            new_user(json, key, now, faults)
        })?
    };
    let made = app.box_office.create_user(user, key).await?;
    // She may have reserved before she made a profile. Without the figures it is made all the same.
    let found = app.box_office.user(&made.value.id).await.ok().flatten();
    let statistics = found.map_or_else(UserStatistics::default, |(_, statistics)| statistics);
    let location = format!("{}/users/{}", asked.base(), made.value.id);
    created(
        &UserBody::tell(&made.value, &statistics, &app.zone),
        location,
        made.replayed,
    )
}

pub(super) async fn detail(app: Host, asked: Asked) -> Answer {
    let id = asked.param("userId", user_id_of)?;
    let (user, statistics) = app.box_office.user(&id).await?.ok_or(Code::UserNotFound)?;
    json(
        StatusCode::OK,
        &UserBody::tell(&user, &statistics, &app.zone),
    )
}
