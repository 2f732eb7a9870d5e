output "url" {
  description = "Where buyers go."
  value       = module.compute.url
}

output "alb_dns_name" {
  description = "Where the load balancer answers."
  value       = module.compute.alb_dns_name
}

output "ecr_repository_url" {
  description = "Where images are pushed."
  value       = module.compute.ecr_repository_url
}

output "ecr_repository_name" {
  description = "Where images are pushed, for the command line."
  value       = module.compute.ecr_repository_name
}

output "rds_endpoint" {
  description = "Where the database's writer is."
  value       = module.database.endpoint
}

output "rds_reader_endpoint" {
  description = "Where the database's readers are."
  value       = module.database.reader_endpoint
}

output "redis_endpoint" {
  description = "Where the cache's primary is."
  value       = module.cache.endpoint
}

output "autoscaling_group_name" {
  description = "The group of instances."
  value       = module.compute.autoscaling_group_name
}

output "target_group_arn" {
  description = "The target group, to ask for its targets' health."
  value       = module.compute.target_group_arn
}

output "admin_token_secret_arn" {
  description = "Where the admin token is."
  value       = module.security.admin_token_secret_arn
}

output "outbox_url" {
  description = "The outbox queue."
  value       = module.queue.outbox_url
}

output "alarm_topic_arn" {
  description = "Where alarms are published."
  value       = module.queue.alarm_topic_arn
}

output "app_log_group_name" {
  description = "Where the application's log is."
  value       = module.monitoring.app_log_group_name
}

output "dashboard_name" {
  description = "The dashboard."
  value       = module.monitoring.dashboard_name
}

output "cdn_domain_name" {
  description = "Where CloudFront answers; null without it."
  value       = module.storage.cdn_domain_name
}
