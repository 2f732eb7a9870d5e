output "cluster_id" {
  description = "The cluster's name."
  value       = aws_rds_cluster.this.id
}

output "instance_ids" {
  description = "The instances' names, by zone."
  value       = { for zone, instance in aws_rds_cluster_instance.this : zone => instance.identifier }
}

output "endpoint" {
  description = "Where the writer is; follows it."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_endpoint" {
  description = "Where the readers are."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "database_name" {
  description = "The application's database."
  value       = aws_rds_cluster.this.database_name
}

output "master_secret_arn" {
  description = "Where RDS keeps the master user's name and password."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "max_connections" {
  description = "Connections the server takes."
  value       = var.max_connections
}
