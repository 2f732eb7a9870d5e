variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string
}

variable "kms_key_arn" {
  description = "Encrypts queues and topic."
  type        = string
}

variable "visibility_timeout_seconds" {
  description = "How long a received message is hidden: longer than its handling may take."
  type        = number
  default     = 300
}

variable "long_polling_seconds" {
  description = "How long a receive waits for a message."
  type        = number
  default     = 10

  validation {
    condition     = var.long_polling_seconds >= 0 && var.long_polling_seconds <= 20
    error_message = "long_polling_seconds must be 0 to 20."
  }
}

variable "retention_days" {
  description = "How long a message is kept: in the queue, and in the dead-letter queue."
  type        = object({ queue = number, dead_letters = number })
  default     = { queue = 1, dead_letters = 14 }

  validation {
    condition     = var.retention_days.queue >= 1 && var.retention_days.dead_letters <= 14 && var.retention_days.queue < var.retention_days.dead_letters
    error_message = "retention_days must be 1 to 14, and longer for dead letters: their age counts from the first sending."
  }
}

variable "receives_max" {
  description = "Receives after which a message is a dead letter."
  type        = number
  default     = 3

  validation {
    condition     = var.receives_max >= 1 && var.receives_max <= 1000
    error_message = "receives_max must be 1 to 1000."
  }
}

variable "alarm_emails" {
  description = "Addresses that alarms are sent to; each confirms by a link."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "alarm_emails must be e-mail addresses."
  }
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
