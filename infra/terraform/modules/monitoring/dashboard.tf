# One page that shows a sale from the door to the books.

locals {
  metric_widgets = {
    "Requests a minute, by answer" = [
      ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", var.alb_arn_suffix, { stat = "Sum" }],
      [".", "HTTPCode_Target_4XX_Count", ".", ".", { stat = "Sum" }],
      [".", "HTTPCode_Target_5XX_Count", ".", ".", { stat = "Sum" }],
    ]
    "Time to answer, seconds" = [
      ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", var.alb_arn_suffix, { stat = "p50" }],
      ["...", { stat = "p99" }],
    ]
    "Instances" = [
      ["AWS/AutoScaling", "GroupDesiredCapacity", "AutoScalingGroupName", var.autoscaling_group_name],
      [".", "GroupInServiceInstances", ".", "."],
      ["AWS/ApplicationELB", "UnHealthyHostCount", "TargetGroup", var.target_group_arn_suffix, "LoadBalancer", var.alb_arn_suffix],
    ]
    "CPU, memory and disk, percent" = [
      ["AWS/EC2", "CPUUtilization", "AutoScalingGroupName", var.autoscaling_group_name],
      [local.own_namespace, "mem_used_percent", "AutoScalingGroupName", var.autoscaling_group_name],
      [".", "disk_used_percent", ".", "."],
    ]
    "Buyers waiting, and turned away" = [
      [local.own_namespace, "onsale_queue_length", "environment", var.name, { stat = "Maximum" }],
      [".", "onsale_shed_total", ".", ".", { stat = "Sum" }],
      [".", "onsale_invariant_violations", ".", ".", { stat = "Maximum" }],
    ]
    "Database" = [
      ["AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", var.database_cluster_id, { stat = "Maximum" }],
      [".", "CPUUtilization", ".", "."],
      [".", "CommitLatency", ".", "."],
    ]
    "Redis" = concat([
      for node in var.redis_node_ids : ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", node]
      ], [
      for node in var.redis_node_ids : ["AWS/ElastiCache", "Evictions", "CacheClusterId", node, { stat = "Sum" }]
    ])
    "Outbox" = [
      ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.outbox_name, { stat = "Maximum" }],
      [".", "ApproximateNumberOfMessagesVisible", ".", var.dead_letters_name, { stat = "Maximum" }],
    ]
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for index, title in sort(keys(local.metric_widgets)) : {
        type   = "metric"
        x      = (index % 2) * 12
        y      = floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = title
          region  = data.aws_region.current.region
          period  = 60
          stat    = "Average"
          view    = "timeSeries"
          metrics = local.metric_widgets[title]
        }
      }
    ]
  })
}
