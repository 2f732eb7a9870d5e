variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string
}

variable "kms_key_arn" {
  description = "Encrypts assets and exports."
  type        = string
}

variable "access_log_retention_days" {
  description = "How long access logs are kept."
  type        = number
  default     = 90
}

variable "export_retention_days" {
  description = "How long exports are kept: they may hold buyers' names."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Delete the buckets with what is in them."
  type        = bool
  default     = false
}

variable "cdn" {
  description = "Puts CloudFront before pages and assets. origin_domain is the load balancer's own name, with a certificate; aliases need certificate_arn in us-east-1."
  type = object({
    origin_domain   = string
    aliases         = optional(list(string), [])
    certificate_arn = optional(string)
    web_acl_arn     = optional(string)
    price_class     = optional(string, "PriceClass_200")
  })
  default = null

  validation {
    condition     = var.cdn == null || try(length(var.cdn.aliases) == 0 || var.cdn.certificate_arn != null, false)
    error_message = "cdn.aliases need cdn.certificate_arn."
  }
}

variable "waiting_page_paths" {
  description = "Pages that are the same for everybody who waits: the edge keeps them for a moment."
  type        = list(string)
  default     = ["/waiting", "/waiting/*"]
}

variable "waiting_page_ttl_seconds" {
  description = "How long the edge keeps a waiting page."
  type        = number
  default     = 5

  validation {
    condition     = var.waiting_page_ttl_seconds >= 1 && var.waiting_page_ttl_seconds <= 60
    error_message = "waiting_page_ttl_seconds must be 1 to 60: longer, and people see an old place in the line."
  }
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
