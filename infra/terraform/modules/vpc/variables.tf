variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,24}$", var.name))
    error_message = "name must be 3 to 25 lower-case letters, digits or hyphens and begin with a letter."
  }
}

variable "cidr" {
  description = "The network's addresses. Subnets are /24 below it, so it must be a /16."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && endswith(var.cidr, "/16")
    error_message = "cidr must be an IPv4 network with a /16 mask, like 10.0.0.0/16."
  }
}

variable "availability_zones" {
  description = "The zones to build in, two or three."
  type        = list(string)
  default     = ["ap-northeast-2a", "ap-northeast-2c"]

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 3
    error_message = "availability_zones must name two or three zones: one is no fail-over."
  }

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must not name a zone twice."
  }
}

variable "nat_mode" {
  description = "NAT gateways: per_zone (a lost zone takes only its own), single, or none."
  type        = string
  default     = "per_zone"

  validation {
    condition     = contains(["per_zone", "single", "none"], var.nat_mode)
    error_message = "nat_mode must be per_zone, single or none."
  }
}

variable "interface_endpoints" {
  description = "Services reached without NAT through interface endpoints, by short name."
  type        = list(string)
  default     = ["ecr.api", "ecr.dkr"]
}

variable "endpoint_security_group_ids" {
  description = "Security groups of the interface endpoints."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.interface_endpoints) == 0 || length(var.endpoint_security_group_ids) > 0
    error_message = "interface_endpoints need endpoint_security_group_ids, or they would use the closed default group."
  }
}

variable "flow_log_retention_days" {
  description = "How long flow logs are kept."
  type        = number
  default     = 365
}

variable "log_kms_key_arn" {
  description = "Key that encrypts the flow logs."
  type        = string
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
