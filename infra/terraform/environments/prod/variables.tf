variable "region" {
  description = "Where everything stands."
  type        = string
  default     = "ap-northeast-2"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, like ap-northeast-2."
  }
}

variable "availability_zones" {
  description = "The zones to build in; all of the region."
  type        = list(string)
  default     = ["ap-northeast-2a", "ap-northeast-2c"]

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "availability_zones must be zones of the region."
  }
}

variable "domain_name" {
  description = "The platform's name: tickets.example.com. Production needs one: without it there is no certificate."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be a host name, like tickets.example.com."
  }
}

variable "zone_name" {
  description = "The Route 53 zone that holds it: example.com."
  type        = string

  validation {
    condition     = endswith(var.domain_name, var.zone_name)
    error_message = "domain_name must lie in zone_name."
  }
}

variable "image_tag" {
  description = "Which image runs; deploy.sh sets it."
  type        = string
}

variable "alarm_emails" {
  description = "Who is told of alarms."
  type        = list(string)

  validation {
    condition     = length(var.alarm_emails) > 0
    error_message = "alarm_emails must name at least one address: an alarm that nobody hears is none."
  }
}

variable "database_instance_class" {
  description = "Class of the database's instances; db.serverless for Serverless v2."
  type        = string
  default     = "db.r6g.large"
}

variable "openings" {
  description = "Ticket openings to be warm for."
  type = list(object({
    name         = string
    opens_at     = string
    instances    = number
    warm_minutes = optional(number, 15)
    hold_minutes = optional(number, 60)
  }))
  default = []
}

variable "cdn" {
  description = "CloudFront before pages and assets; null for none."
  type = object({
    origin_domain   = string
    aliases         = optional(list(string), [])
    certificate_arn = optional(string)
    web_acl_arn     = optional(string)
  })
  default = null
}

variable "secret_generation" {
  description = "Raise it by one to change the admin token and the Redis token."
  type        = number
  default     = 1
}

variable "protected" {
  description = "Refuse to delete the database and the load balancer. destroy.sh lifts it, after asking."
  type        = bool
  default     = true
}
