# Redis: keeps the line orderly and the reads cheap. It decides nothing, so its loss costs speed only.

ephemeral "aws_secretsmanager_secret_version" "auth" {
  secret_id = var.auth_token_secret_arn
}

# volatile-lru, and why not allkeys-lru: the waiting line and its counters have no expiry and must not
# vanish, so only keys with one may go. Those are cache entries, which can be read again, and leases,
# which are always among the most recently used. noeviction would refuse new leases when full.
resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-redis7${var.cluster_mode == null ? "" : "-cluster"}"
  description = "Redis of ${var.name}"
  family      = "redis7"

  parameter {
    name  = "maxmemory-policy"
    value = var.maxmemory_policy
  }

  # Room for a snapshot's copy and the replica's backlog, so that eviction sets in before swapping.
  parameter {
    name  = "reserved-memory-percent"
    value = "25"
  }

  dynamic "parameter" {
    for_each = var.cluster_mode == null ? [] : ["yes"]

    content {
      name  = "cluster-enabled"
      value = parameter.value
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31:The AUTH token is set by auth_token_wo, a write-only argument that this check does not know
  replication_group_id = var.name
  description          = "Lease, line and shared cache of ${var.name}"
  engine               = "redis"
  engine_version       = var.engine_version
  node_type            = var.node_type
  port                 = 6379
  parameter_group_name = aws_elasticache_parameter_group.this.name

  num_cache_clusters      = var.cluster_mode == null ? var.nodes : null
  num_node_groups         = try(var.cluster_mode.shards, null)
  replicas_per_node_group = try(var.cluster_mode.replicas, null)

  automatic_failover_enabled = true
  multi_az_enabled           = true

  subnet_group_name  = var.subnet_group_name
  security_group_ids = var.security_group_ids

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"

  # Read from the secret at apply, written, and kept nowhere. ROTATE takes the old token too until the
  # next change, so that instances can follow one after the other.
  auth_token_wo              = ephemeral.aws_secretsmanager_secret_version.auth.secret_string
  auth_token_wo_version      = var.auth_token_generation
  auth_token_update_strategy = "ROTATE"

  snapshot_retention_limit   = var.snapshot_retention_days
  snapshot_window            = "18:30-19:30"
  maintenance_window         = "sun:20:00-sun:21:00"
  auto_minor_version_upgrade = true
  apply_immediately          = true
  notification_topic_arn     = var.notification_topic_arn

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_group" "slow" {
  name              = "/onsale/${var.name}/redis-slow"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_kms_key_arn

  tags = var.tags
}
