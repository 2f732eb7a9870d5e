variable "name" {
  description = "Prefix of every name: onsale-prod. The group itself has this name."
  type        = string

  validation {
    condition     = length(var.name) <= 25
    error_message = "name must have at most 25 characters: load balancers take 32."
  }
}

################################################################################
# Network
################################################################################

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Where the load balancer stands."
  type        = list(string)
}

variable "instance_subnet_ids" {
  description = "Where the instances stand: private subnets, or public ones where there is no NAT."
  type        = list(string)
}

variable "associate_public_ip" {
  description = "Gives instances a public address: their way out where there is no NAT. Nobody gets in by it."
  type        = bool
  default     = false
}

variable "alb_security_group_id" {
  description = "The load balancer's security group."
  type        = string
}

variable "app_security_group_id" {
  description = "The instances' security group."
  type        = string
}

variable "web_acl_arn" {
  description = "The firewall before the load balancer."
  type        = string
}

variable "access_logs_bucket" {
  description = "Where the load balancer logs, below alb/."
  type        = string
}

variable "domain_name" {
  description = "The platform's name in the world: a certificate is made for it. Null: plain HTTP on the balancer's own name."
  type        = string
  default     = null
}

variable "zone_name" {
  description = "Route 53 zone that holds domain_name; null where domain_name is null."
  type        = string
  default     = null

  validation {
    condition     = (var.domain_name == null) == (var.zone_name == null)
    error_message = "domain_name and zone_name go together."
  }
}

variable "alb_deletion_protection" {
  description = "Refuse to delete the load balancer."
  type        = bool
  default     = true
}

################################################################################
# Instances
################################################################################

variable "instance_types" {
  description = "Types to choose from, the preferred first; all of one architecture and alike in size."
  type        = list(string)
  default     = ["t3.medium"]

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "instance_types must name at least one."
  }
}

variable "spot" {
  description = "Spot instances: two thirds cheaper, and taken away at two minutes' notice."
  type        = bool
  default     = false
}

variable "instance_profile_arn" {
  description = "What instances may do."
  type        = string
}

variable "min_size" {
  description = "Fewest instances."
  type        = number
  default     = 2

  validation {
    condition     = var.min_size >= 1 && var.min_size <= var.max_size
    error_message = "min_size must be at least 1 and at most max_size."
  }
}

variable "max_size" {
  description = "Most instances."
  type        = number
  default     = 20

  validation {
    condition     = var.max_size <= 20
    error_message = "max_size must be at most 20: beyond, the instances' database connections exceed the server's."
  }
}

variable "desired_size" {
  description = "Instances to begin with; afterwards the policies decide."
  type        = number
  default     = 2

  validation {
    condition     = var.desired_size >= var.min_size && var.desired_size <= var.max_size
    error_message = "desired_size must be from min_size to max_size."
  }
}

variable "root_volume_gib" {
  description = "Size of the instances' disk."
  type        = number
  default     = 20
}

variable "image_tag" {
  description = "Which image of the repository runs."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag must be a tag that names one build, not latest: rolling back needs to know which."
  }
}

variable "force_delete_repository" {
  description = "Delete the repository with the images in it."
  type        = bool
  default     = false
}

################################################################################
# Application
################################################################################

variable "app_port" {
  description = "Where the application listens."
  type        = number
  default     = 8080
}

variable "shutdown_grace_ms" {
  description = "How long the application finishes what it accepted. Deregistration and stopping wait longer by 5 s."
  type        = number
  default     = 25000

  validation {
    condition     = var.shutdown_grace_ms >= 1000 && var.shutdown_grace_ms <= 110000
    error_message = "shutdown_grace_ms must be 1000 to 110000: Spot gives two minutes."
  }
}

variable "database" {
  description = "Where the database is, and the secret with its user and password."
  type        = object({ endpoint = string, reader_endpoint = string, name = string, secret_arn = string })
}

variable "redis" {
  description = "Where the cache is, and the secret with its token."
  type        = object({ endpoint = string, port = number, secret_arn = string })
}

variable "admin_token_secret_arn" {
  description = "The secret with the admin token."
  type        = string
}

variable "app_settings" {
  description = "Further settings of the application, by their ONSALE_ name."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, value in var.app_settings : can(regex("^ONSALE_[A-Z0-9_]+$", name)) && !can(regex("\n", value))])
    error_message = "app_settings must be ONSALE_ names with values of one line."
  }
}

variable "log_group_name" {
  description = "Where the application's log goes."
  type        = string
}

variable "metrics_log_group_name" {
  description = "Where the application's metrics go, in CloudWatch's embedded format."
  type        = string
}

################################################################################
# Scaling
################################################################################

variable "step_scaling" {
  description = "Adds and removes instances by alarms on CPU. Steps: from how many points above the alarm's threshold, and how many instances."
  type = object({
    enabled       = optional(bool, true)
    add           = optional(list(object({ from = number, instances = number })), [{ from = 0, instances = 2 }, { from = 15, instances = 4 }])
    remove        = optional(number, 1)
    cooldown_secs = optional(number, 300)
  })
  default = {}

  validation {
    condition     = length(var.step_scaling.add) > 0 && try(var.step_scaling.add[0].from, -1) == 0 && alltrue([for step in var.step_scaling.add : step.instances > 0]) && var.step_scaling.remove > 0
    error_message = "step_scaling.add must begin at 0, and every step must change the number of instances."
  }
}

variable "target_tracking" {
  description = "Keeps the requests per instance and minute near a number; null for none."
  type        = object({ requests_per_minute = number })
  default     = { requests_per_minute = 60000 }
}

variable "instance_warmup_secs" {
  description = "From an instance's launch until its figures count."
  type        = number
  default     = 120
}

variable "openings" {
  description = "Ticket openings: instances are there before the buyers are. Times are RFC 3339."
  type = list(object({
    name         = string
    opens_at     = string
    instances    = number
    warm_minutes = optional(number, 15)
    hold_minutes = optional(number, 60)
  }))
  default = []

  validation {
    condition     = alltrue([for opening in var.openings : can(timeadd(opening.opens_at, "0s"))])
    error_message = "openings: opens_at must be an RFC 3339 time, like 2030-12-31T19:00:00+09:00."
  }

  validation {
    condition     = alltrue([for opening in var.openings : opening.instances >= var.min_size && opening.instances <= var.max_size])
    error_message = "openings: instances must be from min_size to max_size."
  }

  validation {
    condition     = alltrue([for opening in var.openings : opening.warm_minutes >= 5])
    error_message = "openings: warm_minutes must be at least 5: an instance takes two or three to serve."
  }
}

variable "rollback_alarm_names" {
  description = "Alarms that stop a rollout and undo it."
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "Encrypts the image repository."
  type        = string
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
