variable "name" {
  description = "Prefix of every name: onsale-prod."
  type        = string
}

variable "engine_version" {
  description = "Redis 7."
  type        = string
  default     = "7.1"

  validation {
    condition     = startswith(var.engine_version, "7.")
    error_message = "engine_version must be Redis 7: 7.0 or 7.1."
  }
}

variable "node_type" {
  description = "Size of each node."
  type        = string
  default     = "cache.t3.micro"
}

variable "nodes" {
  description = "Nodes in all, outside cluster mode: a primary and its replicas."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 2 && var.nodes <= 6
    error_message = "nodes must be 2 to 6: one node cannot fail over."
  }
}

variable "cluster_mode" {
  description = "Shards and replicas of each; null keeps one shard. The application needs one: it follows a single primary."
  type        = object({ shards = number, replicas = number })
  default     = null

  validation {
    condition     = var.cluster_mode == null || try(var.cluster_mode.shards >= 1 && var.cluster_mode.replicas >= 1, false)
    error_message = "cluster_mode needs at least one shard with at least one replica."
  }
}

variable "maxmemory_policy" {
  description = "What is evicted when the memory is full."
  type        = string
  default     = "volatile-lru"

  validation {
    condition     = contains(["volatile-lru", "volatile-lfu", "noeviction"], var.maxmemory_policy)
    error_message = "maxmemory_policy must be volatile-lru, volatile-lfu or noeviction: the allkeys policies may evict the waiting line, and volatile-ttl evicts leases first."
  }
}

variable "auth_token_secret_arn" {
  description = "Secret that holds the AUTH token."
  type        = string
}

variable "auth_token_generation" {
  description = "Changes whenever the token does."
  type        = number
  default     = 1
}

variable "subnet_group_name" {
  description = "Where the nodes stand."
  type        = string
}

variable "security_group_ids" {
  description = "Who may connect."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Encrypts what is on disk."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "Encrypts the slow log."
  type        = string
}

variable "snapshot_retention_days" {
  description = "Daily snapshots kept; 0 for none: nothing in Redis is the only copy."
  type        = number
  default     = 1
}

variable "log_retention_days" {
  description = "How long the slow log is kept."
  type        = number
  default     = 365
}

variable "notification_topic_arn" {
  description = "Topic that is told of failovers."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
