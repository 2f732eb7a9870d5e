# Production: a NAT in each zone, protected against deletion, four instances to begin with.

locals {
  name = "onsale-prod"
  tags = { Project = "onsale", Environment = "prod", ManagedBy = "terraform" }
}

module "vpc" {
  source = "../../modules/vpc"

  name                        = local.name
  availability_zones          = var.availability_zones
  nat_mode                    = "per_zone"
  endpoint_security_group_ids = [module.security.endpoints_security_group_id]
  log_kms_key_arn             = module.security.logs_key_arn
}

module "security" {
  source = "../../modules/security"

  name                = local.name
  vpc_id              = module.vpc.vpc_id
  secret_generation   = var.secret_generation
  database_secret_arn = module.database.master_secret_arn
  repository_arn      = module.compute.ecr_repository_arn
  queue_arn           = module.queue.outbox_arn
  exports_bucket_arn  = module.storage.exports_bucket_arn
}

module "database" {
  source = "../../modules/database"

  name                = local.name
  instance_class      = var.database_instance_class
  availability_zones  = var.availability_zones
  subnet_group_name   = module.vpc.database_subnet_group_name
  security_group_ids  = [module.security.database_security_group_id]
  kms_key_arn         = module.security.data_key_arn
  logs_kms_key_arn    = module.security.logs_key_arn
  alarm_topic_arns    = [module.queue.alarm_topic_arn]
  deletion_protection = var.protected
}

module "cache" {
  source = "../../modules/cache"

  name                   = local.name
  auth_token_secret_arn  = module.security.redis_token_secret_arn
  auth_token_generation  = module.security.secret_generation
  subnet_group_name      = module.vpc.cache_subnet_group_name
  security_group_ids     = [module.security.cache_security_group_id]
  kms_key_arn            = module.security.data_key_arn
  logs_kms_key_arn       = module.security.logs_key_arn
  notification_topic_arn = module.queue.alarm_topic_arn
}

module "storage" {
  source = "../../modules/storage"

  name          = local.name
  kms_key_arn   = module.security.data_key_arn
  cdn           = var.cdn
  force_destroy = !var.protected
}

module "queue" {
  source = "../../modules/queue"

  name         = local.name
  kms_key_arn  = module.security.data_key_arn
  alarm_emails = var.alarm_emails
}

module "compute" {
  source = "../../modules/compute"

  name                    = local.name
  vpc_id                  = module.vpc.vpc_id
  public_subnet_ids       = module.vpc.public_subnet_ids
  instance_subnet_ids     = module.vpc.private_subnet_ids
  alb_security_group_id   = module.security.alb_security_group_id
  app_security_group_id   = module.security.app_security_group_id
  web_acl_arn             = module.security.web_acl_arn
  access_logs_bucket      = module.storage.access_logs_bucket
  domain_name             = var.domain_name
  zone_name               = var.zone_name
  alb_deletion_protection = var.protected

  instance_types       = ["t3.medium"]
  instance_profile_arn = module.security.instance_profile_arn
  min_size             = 2
  max_size             = 20
  desired_size         = 4
  openings             = var.openings
  rollback_alarm_names = module.monitoring.rollback_alarm_names

  image_tag               = var.image_tag
  force_delete_repository = !var.protected
  kms_key_arn             = module.security.data_key_arn
  database = {
    endpoint        = module.database.endpoint
    reader_endpoint = module.database.reader_endpoint
    name            = module.database.database_name
    secret_arn      = module.database.master_secret_arn
  }
  redis = {
    endpoint   = module.cache.endpoint
    port       = module.cache.port
    secret_arn = module.security.redis_token_secret_arn
  }
  admin_token_secret_arn = module.security.admin_token_secret_arn
  log_group_name         = module.monitoring.app_log_group_name
  metrics_log_group_name = module.monitoring.metrics_log_group_name
}

module "monitoring" {
  source = "../../modules/monitoring"

  name                     = local.name
  logs_kms_key_arn         = module.security.logs_key_arn
  log_retention_days       = 365
  alarm_topic_arn          = module.queue.alarm_topic_arn
  autoscaling_group_name   = module.compute.autoscaling_group_name
  scale_out_policy_arns    = module.compute.scale_out_policy_arns
  scale_in_policy_arns     = module.compute.scale_in_policy_arns
  alb_arn_suffix           = module.compute.alb_arn_suffix
  target_group_arn_suffix  = module.compute.target_group_arn_suffix
  database_cluster_id      = module.database.cluster_id
  database_connections_max = module.database.max_connections
  redis_node_ids           = module.cache.node_ids
  outbox_name              = module.queue.outbox_name
  dead_letters_name        = module.queue.dead_letters_name
}
