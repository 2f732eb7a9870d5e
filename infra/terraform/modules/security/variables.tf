variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,24}$", var.name))
    error_message = "name must be 3 to 25 lower-case letters, digits or hyphens and begin with a letter."
  }
}

variable "vpc_id" {
  description = "The network that the security groups belong to."
  type        = string
}

variable "app_port" {
  description = "Where the application listens."
  type        = number
  default     = 8080

  validation {
    condition     = var.app_port >= 1024 && var.app_port <= 65535
    error_message = "app_port must be 1024 to 65535: the application is not root."
  }
}

variable "app_https_egress_cidrs" {
  description = "Where the application may go by HTTPS: AWS's interfaces and the payment provider."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "secret_generation" {
  description = "Raise it by one to make a new admin token and a new Redis token at the next apply."
  type        = number
  default     = 1

  validation {
    condition     = var.secret_generation >= 1 && floor(var.secret_generation) == var.secret_generation
    error_message = "secret_generation must be a whole number from 1."
  }
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be had back; 0 deletes at once, for environments that come and go."
  type        = number
  default     = 30

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days must be 0 or 7 to 30."
  }
}

variable "database_secret_arn" {
  description = "The master password that the database module has RDS manage."
  type        = string
}

variable "repository_arn" {
  description = "The image repository that instances pull from."
  type        = string
}

variable "queue_arn" {
  description = "The outbox queue."
  type        = string
}

variable "exports_bucket_arn" {
  description = "The bucket that exports are written to."
  type        = string
}

variable "rate_limit_per_5_minutes" {
  description = "Requests from one address in five minutes before it is blocked."
  type        = number
  default     = 2000

  validation {
    condition     = var.rate_limit_per_5_minutes >= 100 && var.rate_limit_per_5_minutes <= 2000000000
    error_message = "rate_limit_per_5_minutes must be 100 to 2000000000."
  }
}

variable "sale_rate_limit_per_5_minutes" {
  description = "POSTs to the sale path from one address in five minutes before it is challenged."
  type        = number
  default     = 100

  validation {
    condition     = var.sale_rate_limit_per_5_minutes >= 10 && var.sale_rate_limit_per_5_minutes < var.rate_limit_per_5_minutes
    error_message = "sale_rate_limit_per_5_minutes must be at least 10 and below rate_limit_per_5_minutes."
  }
}

variable "sale_path" {
  description = "Where tickets are bought: the bot rule looks here."
  type        = string
  default     = "/api/reservations"
}

variable "bot_control" {
  description = "Adds AWS's managed bot rules on the sale path; billed by request."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long the firewall's log is kept."
  type        = number
  default     = 365
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
