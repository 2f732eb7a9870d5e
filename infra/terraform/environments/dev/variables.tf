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
  description = "A name with a certificate, if wanted; null for plain HTTP on the balancer's own name."
  type        = string
  default     = null
}

variable "zone_name" {
  description = "The Route 53 zone that holds it."
  type        = string
  default     = null
}

variable "image_tag" {
  description = "Which image runs; deploy.sh sets it."
  type        = string
}

variable "alarm_emails" {
  description = "Who is told of alarms."
  type        = list(string)
  default     = []
}

variable "database_instance_class" {
  description = "Class of the database's instances; db.serverless for Serverless v2."
  type        = string
  default     = "db.t3.medium"
}
