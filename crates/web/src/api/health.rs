//! How this node is doing: for people, and for balancers.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::StatusCode;
use boxoffice::box_office::Health;
use boxoffice::coordinator::CoordinatorHealth;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Answer, App, json};
use crate::errors::{ApiError, Code};
use crate::request::Asked;
use crate::visit::Host;

/// How long the parts may take to say that they are well.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// How a node is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthBody {
    /// `UP`, `DEGRADED` (serves, but not as it should) or `DOWN`.
    status: &'static str,
    components: ComponentsBody,
}

/// How its parts are doing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HealthComponents)]
pub(crate) struct ComponentsBody {
    db: PartBody,
    redis: PartBody,
    disk_space: DiskBody,
}

/// How a part is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthPart)]
pub(crate) struct PartBody {
    status: &'static str,
    details: PartDetails,
}

/// What there is to say about a part.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthPartDetails)]
pub(crate) struct PartDetails {
    /// Of the shared part: `embedded` where this node is on its own by design, otherwise `shared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    /// What is wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// How the disk is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthDisk)]
pub(crate) struct DiskBody {
    status: &'static str,
    details: DiskDetails,
}

/// The disk in bytes.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthDiskDetails)]
pub(crate) struct DiskDetails {
    total: u64,
    free: u64,
    /// Below this many free bytes it is `DOWN`.
    threshold: u64,
}

pub(super) async fn health(app: Host, _: Asked) -> Answer {
    let parts = tokio::time::timeout(HEALTH_TIMEOUT, app.box_office.health())
        .await
        .ok();
    let disk = disk(app.disk_path.clone(), app.disk_free_bytes_min).await;
    let body = told(parts.as_ref(), disk);
    let is_up = body.components.db.status == "UP";
    let status = if is_up {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut response = json(status, &body)?;
    // The one answer other than 2xx whose body is the resource: the contract wants the components.
    response.extensions_mut().insert(ToldAsIs);
    Ok(response)
}

/// Marks an answer whose body stays as it is whatever its status says.
#[derive(Clone, Copy)]
pub(crate) struct ToldAsIs;

fn told(parts: Option<&Health>, disk: DiskBody) -> HealthBody {
    let db = match parts.map(|parts| &parts.database) {
        Some(Ok(())) => part("UP", None, None),
        Some(Err(_)) => part("DOWN", None, Some("the database does not answer")),
        None => part("DOWN", None, Some("the database does not answer in time")),
    };
    let redis = match parts.map(|parts| parts.coordinator) {
        Some(CoordinatorHealth::Alone) => part("UP", Some("embedded"), None),
        Some(CoordinatorHealth::Up) => part("UP", Some("shared"), None),
        Some(CoordinatorHealth::Degraded) | None => part(
            "DEGRADED",
            Some("shared"),
            Some("lost: serving from memory and database"),
        ),
    };
    let status = match (db.status, redis.status, disk.status) {
        ("UP", "UP", "UP") => "UP",
        ("UP", ..) => "DEGRADED",
        _ => "DOWN",
    };
    HealthBody {
        status,
        components: ComponentsBody {
            db,
            redis,
            disk_space: disk,
        },
    }
}

const fn part(
    status: &'static str,
    mode: Option<&'static str>,
    reason: Option<&'static str>,
) -> PartBody {
    PartBody {
        status,
        details: PartDetails { mode, reason },
    }
}

/// Asks the file system; on a thread that may block, because a lost network disk would.
async fn disk(path: PathBuf, threshold: u64) -> DiskBody {
    let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&path));
    match tokio::time::timeout(HEALTH_TIMEOUT, asked).await {
        Ok(Ok(Ok(found))) => {
            let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
            let (total, free) = (bytes(found.f_blocks), bytes(found.f_bavail));
            let status = if free >= threshold { "UP" } else { "DOWN" };
            DiskBody {
                status,
                details: DiskDetails {
                    total,
                    free,
                    threshold,
                },
            }
        }
        _ => DiskBody {
            status: "DOWN",
            details: DiskDetails {
                total: 0,
                free: 0,
                threshold,
            },
        },
    }
}

/// A node's answer to a balancer.
#[derive(Serialize, ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct LivenessBody {
    /// `UP`.
    status: &'static str,
}

/// Whether the process runs; nothing else is asked.
pub(super) async fn live(_: Asked) -> Answer {
    json(StatusCode::OK, &LivenessBody { status: "UP" })
}

/// Whether requests should be sent here.
pub(super) async fn ready(app: Host, _: Asked) -> Answer {
    is_ready(&app).await?;
    json(StatusCode::OK, &LivenessBody { status: "UP" })
}

async fn is_ready(app: &App) -> Result<(), ApiError> {
    if *app.closing.borrow() {
        return Err(ApiError::from(Code::ServiceUnavailable).because(&"shutting down"));
    }
    match tokio::time::timeout(HEALTH_TIMEOUT, app.box_office.health()).await {
        Ok(Health {
            database: Ok(()), ..
        }) => Ok(()),
        Ok(Health {
            database: Err(error),
            ..
        }) => Err(error.into()),
        Err(_) => Err(ApiError::from(Code::ServiceUnavailable).because(&"no answer in time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxoffice::store::StoreError;

    fn disk(status: &'static str) -> DiskBody {
        DiskBody {
            status,
            details: DiskDetails {
                total: 1,
                free: 1,
                threshold: 0,
            },
        }
    }

    fn status(
        database: Result<(), StoreError>,
        coordinator: CoordinatorHealth,
        disk_status: &'static str,
    ) -> &'static str {
        told(
            Some(&Health {
                database,
                coordinator,
            }),
            disk(disk_status),
        )
        .status
    }

    #[test]
    fn a_lost_redis_or_a_full_disk_degrades_and_a_lost_database_downs() {
        let lost = || Err(StoreError::Unavailable("gone".to_owned()));
        assert_eq!(status(Ok(()), CoordinatorHealth::Alone, "UP"), "UP");
        assert_eq!(status(Ok(()), CoordinatorHealth::Up, "UP"), "UP");
        assert_eq!(
            status(Ok(()), CoordinatorHealth::Degraded, "UP"),
            "DEGRADED"
        );
        assert_eq!(status(Ok(()), CoordinatorHealth::Alone, "DOWN"), "DEGRADED");
        assert_eq!(status(lost(), CoordinatorHealth::Up, "UP"), "DOWN");
        assert_eq!(told(None, disk("UP")).status, "DOWN");
    }

    #[test]
    fn health_says_nothing_of_what_the_database_said() {
        let parts = Health {
            database: Err(StoreError::Unavailable("10.0.0.7: refused".to_owned())),
            coordinator: CoordinatorHealth::Up,
        };
        let text = serde_json::to_string(&told(Some(&parts), disk("UP"))).expect("JSON");
        assert!(!text.contains("10.0.0.7"), "{text}");
    }
}
