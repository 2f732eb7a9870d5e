provider "aws" {}

variables {
  name               = "onsale-test"
  subnet_group_name  = "onsale-test"
  security_group_ids = ["sg-database"]
  kms_key_arn        = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
  logs_kms_key_arn   = "arn:aws:kms:ap-northeast-2:123456789012:key/logs"
}

run "writer_and_reader_in_two_zones" {
  assert {
    condition     = toset(keys(aws_rds_cluster_instance.this)) == toset(["ap-northeast-2a", "ap-northeast-2c"]) && aws_rds_cluster_instance.this["ap-northeast-2a"].promotion_tier == 0
    error_message = "one instance in each zone, the first the writer"
  }

  assert {
    condition     = startswith(aws_rds_cluster.this.engine_version, "8.0.mysql_aurora.3") && alltrue([for instance in aws_rds_cluster_instance.this : instance.instance_class == "db.t3.medium" && !instance.publicly_accessible])
    error_message = "Aurora MySQL 3 on db.t3.medium, not public"
  }
}

run "parameters" {
  assert {
    condition     = one([for each in aws_db_parameter_group.this.parameter : each.value if each.name == "max_connections"]) == "500" && one([for each in aws_db_parameter_group.this.parameter : each.value if each.name == "slow_query_log"]) == "1"
    error_message = "500 connections, and slow queries are logged"
  }

  assert {
    condition = alltrue([
      for name, value in { character_set_server = "utf8mb4", time_zone = "Asia/Seoul", innodb_flush_log_at_trx_commit = "1", sync_binlog = "1", require_secure_transport = "ON" } :
      one([for each in aws_rds_cluster_parameter_group.this.parameter : each.value if each.name == name]) == value
    ])
    error_message = "utf8mb4, Asia/Seoul, durable commits, TLS only"
  }
}

run "the_password_is_managed" {
  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_password == null && aws_rds_cluster.this.master_user_secret_kms_key_id == var.kms_key_arn
    error_message = "RDS makes and keeps the password, under our key"
  }

  assert {
    condition     = one(aws_secretsmanager_secret_rotation.master.rotation_rules).schedule_expression == "cron(0 19 ? * SUN *)"
    error_message = "it is changed weekly, in a quiet hour"
  }
}

run "encrypted_and_backed_up" {
  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.kms_key_arn
    error_message = "the storage is encrypted under our key"
  }

  assert {
    condition     = aws_rds_cluster.this.backup_retention_period == 7 && aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot
    error_message = "seven days of backups, protection and a last snapshot"
  }
}

run "the_smallest_classes_have_no_performance_insights" {
  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : !instance.performance_insights_enabled])
    error_message = "db.t3 has no Performance Insights"
  }
}

run "larger_classes_have_performance_insights" {
  variables {
    instance_class = "db.r6g.large"
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.performance_insights_enabled && instance.performance_insights_kms_key_id == var.kms_key_arn])
    error_message = "Performance Insights, under our key"
  }

  assert {
    condition     = length(aws_rds_cluster.this.serverlessv2_scaling_configuration) == 0
    error_message = "a class of fixed size does not scale"
  }
}

run "serverless" {
  variables {
    instance_class = "db.serverless"
  }

  assert {
    condition     = one(aws_rds_cluster.this.serverlessv2_scaling_configuration).max_capacity == 32
    error_message = "Serverless v2 scales between its bounds"
  }
}

run "an_environment_that_comes_and_goes" {
  variables {
    deletion_protection = false
    final_snapshot      = false
  }

  assert {
    condition     = !aws_rds_cluster.this.deletion_protection && aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.final_snapshot_identifier == null
    error_message = "it can be deleted without a trace"
  }
}

run "refuses_another_engine" {
  command = plan

  variables {
    engine_version = "5.7.mysql_aurora.2.11.1"
  }

  expect_failures = [var.engine_version]
}

run "refuses_one_zone" {
  command = plan

  variables {
    availability_zones = ["ap-northeast-2a"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_no_backups" {
  command = plan

  variables {
    backup_retention_days = 0
  }

  expect_failures = [var.backup_retention_days]
}
