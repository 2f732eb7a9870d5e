output "alb_security_group_id" {
  description = "The load balancer's security group."
  value       = aws_security_group.alb.id
}

output "app_security_group_id" {
  description = "The application's security group."
  value       = aws_security_group.app.id
}

output "database_security_group_id" {
  description = "The database's security group."
  value       = aws_security_group.database.id
}

output "cache_security_group_id" {
  description = "The cache's security group."
  value       = aws_security_group.cache.id
}

output "endpoints_security_group_id" {
  description = "The interface endpoints' security group."
  value       = aws_security_group.endpoints.id
}

output "instance_profile_arn" {
  description = "What instances may do."
  value       = aws_iam_instance_profile.instance.arn
}

output "data_key_arn" {
  description = "Key for what is stored."
  value       = aws_kms_key.data.arn
}

output "logs_key_arn" {
  description = "Key for what is logged."
  value       = aws_kms_key.logs.arn
}

output "admin_token_secret_arn" {
  description = "Where the admin token is."
  value       = aws_secretsmanager_secret.this["admin-token"].arn
}

output "redis_token_secret_arn" {
  description = "Where the cache's AUTH token is; known only once it has a value."
  value       = aws_secretsmanager_secret_version.this["redis-token"].secret_id
}

output "secret_generation" {
  description = "Which generation of the secrets is in force."
  value       = var.secret_generation
}

output "web_acl_arn" {
  description = "The firewall, for the load balancer."
  value       = aws_wafv2_web_acl.this.arn
}
