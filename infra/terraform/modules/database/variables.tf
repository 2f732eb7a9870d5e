variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string
}

variable "engine_version" {
  description = "Aurora MySQL 3, which is MySQL 8.0; 3.10 is its long-term line."
  type        = string
  default     = "8.0.mysql_aurora.3.10.0"

  validation {
    condition     = startswith(var.engine_version, "8.0.mysql_aurora.3.")
    error_message = "engine_version must be Aurora MySQL 3: 8.0.mysql_aurora.3.x.y."
  }
}

variable "instance_class" {
  description = "Class of writer and reader; db.serverless for Serverless v2."
  type        = string
  default     = "db.t3.medium"

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance_class must begin with db., like db.t3.medium or db.serverless."
  }
}

variable "serverless_capacity" {
  description = "Least and most Aurora capacity units, of 2 GiB each, where instance_class is db.serverless."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 32 }

  validation {
    condition     = var.serverless_capacity.min >= 0.5 && var.serverless_capacity.max <= 256 && var.serverless_capacity.min < var.serverless_capacity.max
    error_message = "serverless_capacity must go from at least 0.5 to at most 256."
  }
}

variable "availability_zones" {
  description = "One instance in each: the first is born the writer."
  type        = list(string)
  default     = ["ap-northeast-2a", "ap-northeast-2c"]

  validation {
    condition     = length(var.availability_zones) >= 2
    error_message = "availability_zones must name at least two: a writer and a reader elsewhere."
  }
}

variable "subnet_group_name" {
  description = "Where the instances stand."
  type        = string
}

variable "security_group_ids" {
  description = "Who may connect."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Encrypts the storage, the backups, the master password and Performance Insights."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "Encrypts the slow and error logs."
  type        = string
}

variable "database_name" {
  description = "The application's database."
  type        = string
  default     = "onsale"
}

variable "max_connections" {
  description = "Connections the server takes; the alarm rings at four fifths."
  type        = number
  default     = 500

  validation {
    condition     = var.max_connections >= 50 && var.max_connections <= 16000
    error_message = "max_connections must be 50 to 16000."
  }
}

variable "time_zone" {
  description = "The server's time zone. The application stores UTC and does not depend on it."
  type        = string
  default     = "Asia/Seoul"
}

variable "slow_query_seconds" {
  description = "From when on a query is logged as slow."
  type        = number
  default     = 0.5
}

variable "backup_retention_days" {
  description = "How far back the database can be restored, to the second."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be 1 to 35."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the cluster."
  type        = bool
  default     = true
}

variable "final_snapshot" {
  description = "Take a last snapshot before the cluster is deleted."
  type        = bool
  default     = true
}

variable "performance_insights" {
  description = "Performance Insights, where the class has it: db.t3 has not."
  type        = bool
  default     = true
}

variable "password_rotation" {
  description = "When the master password is changed: a quiet hour, in UTC. Open connections stay."
  type        = string
  default     = "cron(0 19 ? * SUN *)"
}

variable "log_retention_days" {
  description = "How long the logs are kept."
  type        = number
  default     = 365
}

variable "alarm_topic_arns" {
  description = "Topics that are told of failovers and failures."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
