//! What makes development development and production production, by the figures.

use anyhow::ensure;
use serde_json::Value;

use super::state::State;

/// How many of a kind there are: (kind, dev, prod).
const COUNTS: [(&str, usize, usize); 6] = [
    ("aws_nat_gateway", 0, 2),
    ("aws_subnet", 6, 6),
    ("aws_rds_cluster_instance", 2, 2),
    ("aws_lb_listener", 1, 2),
    ("aws_autoscaling_schedule", 0, 2),
    ("aws_s3_bucket", 3, 3),
];

/// Values in JSON: (ending of the address, pointer, dev, prod).
const VALUES: [(&str, &str, &str, &str); 14] = [
    ("aws_autoscaling_group.this", "/min_size", "1", "2"),
    ("aws_autoscaling_group.this", "/max_size", "4", "20"),
    ("aws_autoscaling_group.this", "/desired_capacity", "1", "4"),
    (
        "aws_autoscaling_group.this",
        "/mixed_instances_policy/0/instances_distribution/0/on_demand_percentage_above_base_capacity",
        "0",
        "100",
    ),
    (
        "aws_launch_template.this",
        "/instance_type",
        r#""t3.small""#,
        r#""t3.medium""#,
    ),
    (
        "aws_launch_template.this",
        "/network_interfaces/0/associate_public_ip_address",
        r#""true""#,
        r#""false""#,
    ),
    (
        "aws_rds_cluster.this",
        "/deletion_protection",
        "false",
        "true",
    ),
    (
        "aws_rds_cluster.this",
        "/skip_final_snapshot",
        "true",
        "false",
    ),
    ("aws_rds_cluster.this", "/backup_retention_period", "7", "7"),
    (
        r#"aws_rds_cluster_instance.this["ap-northeast-2a"]"#,
        "/instance_class",
        r#""db.t3.medium""#,
        r#""db.r6g.large""#,
    ),
    (
        "aws_lb.this",
        "/enable_deletion_protection",
        "false",
        "true",
    ),
    (
        "aws_elasticache_replication_group.this",
        "/num_cache_clusters",
        "2",
        "2",
    ),
    (
        r#"aws_cloudwatch_log_group.this["app"]"#,
        "/retention_in_days",
        "7",
        "365",
    ),
    (
        r#"aws_secretsmanager_secret.this["admin-token"]"#,
        "/recovery_window_in_days",
        "0",
        "30",
    ),
];

/// Fails where an environment is not what its table says.
pub(super) fn check(state: &State) -> anyhow::Result<()> {
    let prod = state.environment == "prod";
    for (kind, dev_count, prod_count) in COUNTS {
        let expected = if prod { prod_count } else { dev_count };
        let found = state.of_kind(kind).count();
        ensure!(
            found == expected,
            "{}: {found} {kind}, not {expected}",
            state.environment
        );
    }
    for (address, pointer, dev_value, prod_value) in VALUES {
        let expected: Value = serde_json::from_str(if prod { prod_value } else { dev_value })?;
        let resource = state.one(address)?;
        let found = resource.values.pointer(pointer).unwrap_or(&Value::Null);
        ensure!(
            *found == expected,
            "{}: {address}{pointer} is {found}, not {expected}",
            state.environment
        );
    }
    println!(
        "{}: sizes and protection are as its table says",
        state.environment
    );
    Ok(())
}
