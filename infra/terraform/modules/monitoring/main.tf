# What is logged, what rings, and one alarm above all that goes to people.

data "aws_region" "current" {}

locals {
  own_namespace = "Onsale/${var.name}"

  asg_dimensions   = { AutoScalingGroupName = var.autoscaling_group_name }
  alb_dimensions   = { LoadBalancer = var.alb_arn_suffix }
  group_dimensions = { LoadBalancer = var.alb_arn_suffix, TargetGroup = var.target_group_arn_suffix }
  own_dimensions   = { environment = var.name }

  # Every alarm but those on CPU and those of each Redis node, by name. `missing` says what silence
  # means; `page` whether people are told.
  alarms = {
    http-5xx = {
      description = "The application answers with errors of its own"
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = local.alb_dimensions
      statistic   = "Sum", threshold = 50, period_secs = 60, periods = 3, missing = "notBreaching", page = true
    }
    alb-5xx = {
      description = "The load balancer finds nobody to answer"
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = local.alb_dimensions
      statistic   = "Sum", threshold = 50, period_secs = 60, periods = 3, missing = "notBreaching", page = true
    }
    unhealthy-targets = {
      description = "Instances fail their health check"
      namespace   = "AWS/ApplicationELB", metric = "UnHealthyHostCount", dimensions = local.group_dimensions
      statistic   = "Maximum", threshold = 0, period_secs = 60, periods = 3, missing = "notBreaching", page = true
    }
    target-p99 = {
      description = "One request in a hundred is slow"
      namespace   = "AWS/ApplicationELB", metric = "TargetResponseTime", dimensions = local.alb_dimensions
      statistic   = "p99", threshold = var.target_p99_secs, period_secs = 60, periods = 3, missing = "notBreaching", page = true
    }
    requests = {
      description = "More requests than the largest group is sized for"
      namespace   = "AWS/ApplicationELB", metric = "RequestCount", dimensions = local.alb_dimensions
      statistic   = "Sum", threshold = var.requests_per_minute_max, period_secs = 60, periods = 2, missing = "notBreaching", page = false
    }
    db-connections = {
      description = "Four fifths of the database's connections are taken"
      namespace   = "AWS/RDS", metric = "DatabaseConnections", dimensions = { DBClusterIdentifier = var.database_cluster_id }
      statistic   = "Maximum", threshold = var.database_connections_max * 4 / 5, period_secs = 60, periods = 3, missing = "missing", page = true
    }
    db-cpu = {
      description = "The database is at its limit"
      namespace   = "AWS/RDS", metric = "CPUUtilization", dimensions = { DBClusterIdentifier = var.database_cluster_id, Role = "WRITER" }
      statistic   = "Average", threshold = 80, period_secs = 60, periods = 5, missing = "missing", page = true
    }
    db-replica-lag = {
      description = "The reader is a second or more behind"
      namespace   = "AWS/RDS", metric = "AuroraReplicaLag", dimensions = { DBClusterIdentifier = var.database_cluster_id, Role = "READER" }
      statistic   = "Maximum", threshold = 1000, period_secs = 60, periods = 3, missing = "notBreaching", page = false
    }
    outbox-age = {
      description = "The outbox is not being emptied"
      namespace   = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = var.outbox_name }
      statistic   = "Maximum", threshold = var.outbox_age_secs, period_secs = 60, periods = 3, missing = "notBreaching", page = false
    }
    dead-letters = {
      description = "A message could not be handled three times"
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.dead_letters_name }
      statistic   = "Maximum", threshold = 0, period_secs = 60, periods = 1, missing = "notBreaching", page = true
    }
    queue-length = {
      description = "Buyers pile up before an event's sequencer"
      namespace   = local.own_namespace, metric = "onsale_queue_length", dimensions = local.own_dimensions
      statistic   = "Maximum", threshold = var.queue_length_max, period_secs = 60, periods = 2, missing = "notBreaching", page = false
    }
    refusals = {
      description = "Buyers are turned away for want of capacity"
      namespace   = local.own_namespace, metric = "onsale_shed_total", dimensions = local.own_dimensions
      statistic   = "Sum", threshold = 0, period_secs = 60, periods = 2, missing = "notBreaching", page = true
    }
    invariant-violation = {
      description = "The books do not balance: available + held + sold is not the total"
      namespace   = local.own_namespace, metric = "onsale_invariant_violations", dimensions = local.own_dimensions
      statistic   = "Maximum", threshold = 0, period_secs = 60, periods = 1, missing = "notBreaching", page = true
    }
    silence = {
      description = "No instance reports its own figures"
      namespace   = local.own_namespace, metric = "mem_used_percent", dimensions = local.asg_dimensions
      statistic   = "Maximum", threshold = 90, period_secs = 60, periods = 5, missing = "breaching", page = true
    }
    disk = {
      description = "An instance's disk fills up"
      namespace   = local.own_namespace, metric = "disk_used_percent", dimensions = local.asg_dimensions
      statistic   = "Maximum", threshold = 85, period_secs = 60, periods = 5, missing = "notBreaching", page = false
    }
  }

  redis_alarms = merge([
    for node in var.redis_node_ids : {
      "redis-memory-${node}" = {
        description = "Redis fills up: eviction is near"
        metric      = "DatabaseMemoryUsagePercentage", statistic = "Maximum", threshold = 80, periods = 3, node = node, page = false
      }
      "redis-evictions-${node}" = {
        description = "Redis evicts: cached entries are lost before their time"
        metric      = "Evictions", statistic = "Sum", threshold = 0, periods = 3, node = node, page = false
      }
    }
  ]...)

  paging = [for name, alarm in local.alarms : name if alarm.page]
}

################################################################################
# Logs
################################################################################

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["app", "metrics"])

  name              = "/onsale/${var.name}/${each.key}"
  retention_in_days = each.key == "app" ? var.log_retention_days : min(30, var.log_retention_days)
  kms_key_id        = var.logs_kms_key_arn

  tags = var.tags
}

################################################################################
# CPU: these act first, by scaling
################################################################################

resource "aws_cloudwatch_metric_alarm" "cpu_high" {
  alarm_name          = "${var.name}-cpu-high"
  alarm_description   = "The instances are busy: more of them"
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = local.asg_dimensions
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.cpu_high.percent
  period              = var.cpu_high.period_secs
  evaluation_periods  = var.cpu_high.periods
  treat_missing_data  = "missing"
  alarm_actions       = var.scale_out_policy_arns

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "cpu_low" {
  alarm_name          = "${var.name}-cpu-low"
  alarm_description   = "The instances are idle: fewer of them"
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = local.asg_dimensions
  statistic           = "Average"
  comparison_operator = "LessThanThreshold"
  threshold           = var.cpu_low.percent
  period              = var.cpu_low.period_secs
  evaluation_periods  = var.cpu_low.periods
  treat_missing_data  = "missing"
  alarm_actions       = var.scale_in_policy_arns

  tags = var.tags
}

################################################################################
# Everything else
################################################################################

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.period_secs
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing

  # People are told once, by the composite alarm; the others tell by themselves.
  alarm_actions = each.value.page ? [] : [var.alarm_topic_arn]
  ok_actions    = each.value.page ? [] : [var.alarm_topic_arn]

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "redis" {
  for_each = local.redis_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/ElastiCache"
  metric_name         = each.value.metric
  dimensions          = { CacheClusterId = each.value.node }
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  tags = var.tags
}

# The first node is the primary until it fails over; then the alarm stays until somebody has looked
# and made it the primary again, or accepted the change by applying.
resource "aws_cloudwatch_metric_alarm" "redis_failover" {
  alarm_name          = "${var.name}-redis-failover"
  alarm_description   = "The cache's primary has changed"
  namespace           = "AWS/ElastiCache"
  metric_name         = "IsMaster"
  dimensions          = { CacheClusterId = try(var.redis_node_ids[0], "none") }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  tags = var.tags
}

resource "aws_cloudwatch_composite_alarm" "page" {
  alarm_name        = "${var.name}-page"
  alarm_description = "Somebody should look at ${var.name} now; the alarms below say at what"
  alarm_rule = join(" OR ", concat(
    [for name in local.paging : "ALARM(\"${aws_cloudwatch_metric_alarm.this[name].alarm_name}\")"],
    ["ALARM(\"${aws_cloudwatch_metric_alarm.redis_failover.alarm_name}\")"],
  ))
  alarm_actions = [var.alarm_topic_arn]
  ok_actions    = [var.alarm_topic_arn]

  tags = var.tags
}
