provider "aws" {}

variables {
  name                  = "onsale-test"
  auth_token_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:redis"
  subnet_group_name     = "onsale-test"
  security_group_ids    = ["sg-cache"]
  kms_key_arn           = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
  logs_kms_key_arn      = "arn:aws:kms:ap-northeast-2:123456789012:key/logs"
}

run "two_nodes_that_fail_over" {
  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "two nodes in two zones, with automatic failover"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.node_type == "cache.t3.micro" && startswith(aws_elasticache_replication_group.this.engine_version, "7")
    error_message = "Redis 7 on cache.t3.micro"
  }

  assert {
    condition     = output.node_ids == tolist(["onsale-test-001", "onsale-test-002"])
    error_message = "the nodes' metrics are found by these names"
  }
}

run "encrypted_and_authenticated" {
  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "TLS only"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "encrypted at rest, under our key"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == null && aws_elasticache_replication_group.this.auth_token_wo_version == 1
    error_message = "there is a token, and it is not in the state"
  }
}

run "the_line_cannot_be_evicted" {
  assert {
    condition     = one([for each in aws_elasticache_parameter_group.this.parameter : each.value if each.name == "maxmemory-policy"]) == "volatile-lru"
    error_message = "only keys that expire may be evicted"
  }
}

run "cluster_mode" {
  variables {
    cluster_mode = { shards = 2, replicas = 1 }
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_node_groups == 2 && aws_elasticache_replication_group.this.replicas_per_node_group == 1 && contains([for each in aws_elasticache_parameter_group.this.parameter : each.name], "cluster-enabled")
    error_message = "two shards with a replica each"
  }
}

run "refuses_a_policy_that_may_evict_the_line" {
  command = plan

  variables {
    maxmemory_policy = "allkeys-lru"
  }

  expect_failures = [var.maxmemory_policy]
}

run "refuses_one_node" {
  command = plan

  variables {
    nodes = 1
  }

  expect_failures = [var.nodes]
}
