output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "The network's addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Public subnets, in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Private subnets, in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}

output "database_subnet_ids" {
  description = "Database subnets, in the order of the zones."
  value       = [for zone in var.availability_zones : aws_subnet.database[zone].id]
}

output "database_subnet_group_name" {
  description = "Subnet group for the database."
  value       = aws_db_subnet_group.this.name
}

output "cache_subnet_group_name" {
  description = "Subnet group for the cache."
  value       = aws_elasticache_subnet_group.this.name
}

output "s3_prefix_list_id" {
  description = "Addresses of S3 behind the gateway endpoint."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}

output "nat_public_ips" {
  description = "Addresses that the instances are seen as."
  value       = [for eip in aws_eip.nat : eip.public_ip]
}
