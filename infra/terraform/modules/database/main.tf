# Aurora MySQL: a writer, and a reader in another zone that takes over.

locals {
  serverless = var.instance_class == "db.serverless"

  # The smallest classes have no Performance Insights: asking for it there would fail at apply.
  performance_insights = var.performance_insights && !can(regex("^db\\.(t2|t3|t4g\\.(micro|small))", var.instance_class))

  # An acknowledged reservation is on disk, whatever the load: never relaxed for speed.
  durable_parameters = {
    innodb_flush_log_at_trx_commit = "1"
    sync_binlog                    = "1"
  }

  cluster_parameters = merge(local.durable_parameters, {
    character_set_server     = "utf8mb4"
    character_set_database   = "utf8mb4"
    character_set_connection = "utf8mb4"
    character_set_client     = "utf8mb4"
    character_set_results    = "utf8mb4"
    collation_server         = "utf8mb4_0900_ai_ci"
    collation_connection     = "utf8mb4_0900_ai_ci"
    time_zone                = var.time_zone
    require_secure_transport = "ON"
    tls_version              = "TLSv1.2,TLSv1.3"
    server_audit_logging     = "1"
    server_audit_events      = "CONNECT,QUERY_DCL,QUERY_DDL"
  })

  instance_parameters = {
    max_connections = tostring(var.max_connections)
    slow_query_log  = "1"
    long_query_time = tostring(var.slow_query_seconds)
    log_output      = "FILE"
  }

  # These take effect at the next restart only.
  static_parameters = ["sync_binlog", "tls_version"]
}

resource "aws_rds_cluster_parameter_group" "this" {
  name_prefix = "${var.name}-"
  description = "Cluster of ${var.name}"
  family      = "aurora-mysql8.0"

  dynamic "parameter" {
    for_each = local.cluster_parameters

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = contains(local.static_parameters, parameter.key) ? "pending-reboot" : "immediate"
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  description = "Instances of ${var.name}"
  family      = "aurora-mysql8.0"

  dynamic "parameter" {
    for_each = local.instance_parameters

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "immediate"
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV_AWS_162:Signing in by IAM costs a token every 15 minutes and connections a second at a sale's start; the password is managed, rotated and encrypted
  #checkov:skip=CKV2_AWS_8:Aurora backs itself up continuously, with restore to the second; a second plan in AWS Backup would keep the same again
  #checkov:skip=CKV_AWS_326:Backtrack rewinds every event's sales at once and cannot be used beside binary logs; restore to a point in time is the way back
  cluster_identifier = var.name
  engine             = "aurora-mysql"
  engine_version     = var.engine_version
  database_name      = var.database_name
  port               = 3306

  master_username               = "onsale"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn

  db_subnet_group_name             = var.subnet_group_name
  vpc_security_group_ids           = var.security_group_ids
  db_cluster_parameter_group_name  = aws_rds_cluster_parameter_group.this.name
  db_instance_parameter_group_name = aws_db_parameter_group.this.name

  storage_encrypted = true
  kms_key_id        = var.kms_key_arn

  # Restore to any second of the last days comes with this.
  backup_retention_period      = var.backup_retention_days
  preferred_backup_window      = "18:00-18:30"
  preferred_maintenance_window = "sun:19:00-sun:20:00"
  copy_tags_to_snapshot        = true

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.final_snapshot
  final_snapshot_identifier = var.final_snapshot ? "${var.name}-final" : null

  enabled_cloudwatch_logs_exports = ["error", "slowquery", "audit"]

  dynamic "serverlessv2_scaling_configuration" {
    for_each = local.serverless ? [var.serverless_capacity] : []

    content {
      min_capacity = serverlessv2_scaling_configuration.value.min
      max_capacity = serverlessv2_scaling_configuration.value.max
    }
  }

  tags = var.tags

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_rds_cluster_instance" "this" {
  for_each = { for index, zone in var.availability_zones : zone => index }

  identifier              = "${var.name}-${each.key}"
  cluster_identifier      = aws_rds_cluster.this.id
  engine                  = aws_rds_cluster.this.engine
  engine_version          = aws_rds_cluster.this.engine_version
  instance_class          = var.instance_class
  availability_zone       = each.key
  promotion_tier          = each.value
  db_parameter_group_name = aws_db_parameter_group.this.name
  publicly_accessible     = false
  ca_cert_identifier      = "rds-ca-rsa2048-g1"

  performance_insights_enabled    = local.performance_insights
  performance_insights_kms_key_id = local.performance_insights ? var.kms_key_arn : null

  monitoring_interval = 60
  monitoring_role_arn = aws_iam_role.monitoring.arn

  auto_minor_version_upgrade = true

  tags = var.tags
}

resource "aws_secretsmanager_secret_rotation" "master" {
  secret_id = aws_rds_cluster.this.master_user_secret[0].secret_arn

  rotation_rules {
    schedule_expression = var.password_rotation
    duration            = "2h"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["error", "slowquery", "audit"])

  name              = "/aws/rds/cluster/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_kms_key_arn

  tags = var.tags
}

resource "aws_db_event_subscription" "this" {
  count = length(var.alarm_topic_arns)

  name_prefix      = "${var.name}-"
  sns_topic        = var.alarm_topic_arns[count.index]
  source_type      = "db-cluster"
  source_ids       = [aws_rds_cluster.this.id]
  event_categories = ["failover", "failure", "notification"]

  tags = var.tags
}

data "aws_iam_policy_document" "monitoring_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name_prefix        = "${var.name}-db-"
  description        = "Writes the database's operating system metrics"
  assume_role_policy = data.aws_iam_policy_document.monitoring_assume.json

  tags = var.tags
}

data "aws_partition" "current" {}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
