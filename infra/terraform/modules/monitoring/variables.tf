variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "Encrypts the logs."
  type        = string
}

variable "log_retention_days" {
  description = "How long the application's logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731."
  }
}

variable "alarm_topic_arn" {
  description = "Where alarms are published."
  type        = string
}

variable "autoscaling_group_name" {
  description = "The group of instances."
  type        = string
}

variable "scale_out_policy_arns" {
  description = "What high CPU sets off."
  type        = list(string)
  default     = []
}

variable "scale_in_policy_arns" {
  description = "What low CPU sets off."
  type        = list(string)
  default     = []
}

variable "cpu_high" {
  description = "CPU above which instances are added: percent, for so many periods of so many seconds."
  type        = object({ percent = number, periods = number, period_secs = number })
  default     = { percent = 70, periods = 2, period_secs = 120 }

  validation {
    condition     = var.cpu_high.percent > 0 && var.cpu_high.percent < 100 && var.cpu_high.period_secs % 60 == 0
    error_message = "cpu_high needs a percentage below 100 and periods of whole minutes."
  }
}

variable "cpu_low" {
  description = "CPU below which an instance is removed: percent, for so many periods of so many seconds."
  type        = object({ percent = number, periods = number, period_secs = number })
  default     = { percent = 20, periods = 5, period_secs = 60 }

  validation {
    condition     = var.cpu_low.percent > 0 && var.cpu_low.percent <= var.cpu_high.percent / 2
    error_message = "cpu_low must be at most half of cpu_high, or removing one instance of two calls for it back."
  }
}

variable "alb_arn_suffix" {
  description = "The load balancer, as its metrics have it."
  type        = string
}

variable "target_group_arn_suffix" {
  description = "The target group, as its metrics have it."
  type        = string
}

variable "requests_per_minute_max" {
  description = "Requests a minute that the largest group is sized for."
  type        = number
  default     = 1200000
}

variable "target_p99_secs" {
  description = "99 of 100 requests are answered faster."
  type        = number
  default     = 1
}

variable "database_cluster_id" {
  description = "The database's cluster."
  type        = string
}

variable "database_connections_max" {
  description = "Connections that the database takes; the alarm rings at four fifths, which is 400 of 500."
  type        = number
  default     = 500
}

variable "redis_node_ids" {
  description = "The cache's nodes."
  type        = list(string)
}

variable "outbox_name" {
  description = "The outbox queue."
  type        = string
}

variable "dead_letters_name" {
  description = "The dead-letter queue."
  type        = string
}

variable "outbox_age_secs" {
  description = "How old the outbox's oldest message may get."
  type        = number
  default     = 300
}

variable "queue_length_max" {
  description = "Buyers waiting in one node's queue before somebody should look."
  type        = number
  default     = 5000
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
