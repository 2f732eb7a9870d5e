provider "aws" {}

variables {
  name                    = "onsale-test"
  logs_kms_key_arn        = "arn:aws:kms:ap-northeast-2:123456789012:key/logs"
  alarm_topic_arn         = "arn:aws:sns:ap-northeast-2:123456789012:alarms"
  autoscaling_group_name  = "onsale-test"
  scale_out_policy_arns   = ["arn:out"]
  scale_in_policy_arns    = ["arn:in"]
  alb_arn_suffix          = "app/onsale-test/1"
  target_group_arn_suffix = "targetgroup/onsale-test/1"
  database_cluster_id     = "onsale-test"
  redis_node_ids          = ["onsale-test-001", "onsale-test-002"]
  outbox_name             = "onsale-test-outbox"
  dead_letters_name       = "onsale-test-outbox-dead-letters"
}

run "cpu_scales" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.cpu_high.threshold == 70 && aws_cloudwatch_metric_alarm.cpu_high.period == 120 && aws_cloudwatch_metric_alarm.cpu_high.evaluation_periods == 2 && aws_cloudwatch_metric_alarm.cpu_high.alarm_actions == toset(["arn:out"])
    error_message = "over 70 % for 2 x 120 s"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.cpu_low.threshold == 20 && aws_cloudwatch_metric_alarm.cpu_low.period * aws_cloudwatch_metric_alarm.cpu_low.evaluation_periods == 300 && aws_cloudwatch_metric_alarm.cpu_low.alarm_actions == toset(["arn:in"])
    error_message = "under 20 % for 5 min"
  }
}

run "every_alarm_is_there" {
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["http-5xx", "alb-5xx", "unhealthy-targets", "target-p99", "requests", "db-connections", "db-cpu", "db-replica-lag", "outbox-age", "dead-letters", "queue-length", "refusals", "invariant-violation", "silence", "disk"])
    error_message = "one of each"
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.redis) == 4 && aws_cloudwatch_metric_alarm.redis_failover.metric_name == "IsMaster"
    error_message = "memory and evictions of each node, and failover"
  }
}

run "thresholds" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["db-connections"].threshold == 400
    error_message = "400 of 500 connections"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["target-p99"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["dead-letters"].threshold == 0 && aws_cloudwatch_metric_alarm.this["invariant-violation"].threshold == 0 && aws_cloudwatch_metric_alarm.this["db-replica-lag"].threshold == 1000
    error_message = "p99, no dead letter, no violation, a second of lag"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["silence"].treat_missing_data == "breaching"
    error_message = "silence is no good news"
  }
}

run "people_are_told_once" {
  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.page.alarm_rule, "ALARM(\"onsale-test-invariant-violation\")") && strcontains(aws_cloudwatch_composite_alarm.page.alarm_rule, "onsale-test-redis-failover") && !strcontains(aws_cloudwatch_composite_alarm.page.alarm_rule, "disk")
    error_message = "the composite alarm holds what pages"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 0 || alarm.alarm_actions == toset(["arn:aws:sns:ap-northeast-2:123456789012:alarms"])])
    error_message = "the others tell by themselves"
  }
}

run "logs_are_encrypted_and_kept" {
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.logs_kms_key_arn]) && aws_cloudwatch_log_group.this["app"].retention_in_days == 365
    error_message = "a year, under our key"
  }
}

run "the_dashboard" {
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 8
    error_message = "eight pictures"
  }
}

run "refuses_thresholds_that_flap" {
  command = plan

  variables {
    cpu_low = { percent = 60, periods = 5, period_secs = 60 }
  }

  expect_failures = [var.cpu_low]
}

run "refuses_a_retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 45
  }

  expect_failures = [var.log_retention_days]
}
