output "endpoint" {
  description = "Where the primary is (in cluster mode, the configuration endpoint); follows it."
  value       = var.cluster_mode == null ? aws_elasticache_replication_group.this.primary_endpoint_address : aws_elasticache_replication_group.this.configuration_endpoint_address
}

output "reader_endpoint" {
  description = "Where the replicas are; null in cluster mode."
  value       = var.cluster_mode == null ? aws_elasticache_replication_group.this.reader_endpoint_address : null
}

output "port" {
  description = "The port, TLS only."
  value       = aws_elasticache_replication_group.this.port
}

output "replication_group_id" {
  description = "The group's name."
  value       = aws_elasticache_replication_group.this.replication_group_id
}

output "node_ids" {
  description = "The nodes' names, as their metrics have them."
  value       = var.cluster_mode == null ? [for index in range(var.nodes) : format("%s-%03d", var.name, index + 1)] : []
}
