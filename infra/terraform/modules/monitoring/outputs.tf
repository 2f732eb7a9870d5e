output "app_log_group_name" {
  description = "Where the application's log goes."
  value       = aws_cloudwatch_log_group.this["app"].name
}

output "metrics_log_group_name" {
  description = "Where the application's metrics go."
  value       = aws_cloudwatch_log_group.this["metrics"].name
}

output "rollback_alarm_names" {
  description = "Alarms that should stop a rollout."
  value       = ["${var.name}-http-5xx", "${var.name}-target-p99", "${var.name}-invariant-violation"]
}

output "dashboard_name" {
  description = "The dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
