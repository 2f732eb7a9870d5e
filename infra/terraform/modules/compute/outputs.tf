output "alb_dns_name" {
  description = "Where the load balancer answers."
  value       = aws_lb.this.dns_name
}

output "alb_arn_suffix" {
  description = "The load balancer, as its metrics have it."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn_suffix" {
  description = "The target group, as its metrics have it."
  value       = aws_lb_target_group.this.arn_suffix
}

output "target_group_arn" {
  description = "The target group, to ask for its targets' health."
  value       = aws_lb_target_group.this.arn
}

output "url" {
  description = "Where buyers go."
  value       = local.with_tls ? "https://${var.domain_name}" : "http://${aws_lb.this.dns_name}"
}

output "autoscaling_group_name" {
  description = "The group of instances."
  value       = aws_autoscaling_group.this.name
}

output "scale_out_policy_arns" {
  description = "What the alarm of high CPU does."
  value       = aws_autoscaling_policy.cpu_high[*].arn
}

output "scale_in_policy_arns" {
  description = "What the alarm of low CPU does."
  value       = aws_autoscaling_policy.cpu_low[*].arn
}

output "ecr_repository_url" {
  description = "Where images are pushed."
  value       = aws_ecr_repository.this.repository_url
}

output "ecr_repository_arn" {
  description = "Where images are pushed, for policies."
  value       = aws_ecr_repository.this.arn
}

output "ecr_repository_name" {
  description = "Where images are pushed, for the command line."
  value       = aws_ecr_repository.this.name
}

output "user_data" {
  description = "The start script as rendered, without secrets: tests run it."
  value       = local.user_data
}
