provider "aws" {}

variables {
  name        = "onsale-test"
  kms_key_arn = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
}

run "three_private_versioned_buckets" {
  assert {
    condition     = toset(keys(aws_s3_bucket.this)) == toset(["assets", "access-logs", "exports"])
    error_message = "assets, access logs, exports"
  }

  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets]) && length(aws_s3_bucket_public_access_block.this) == 3
    error_message = "nothing is public"
  }

  assert {
    condition     = alltrue([for versioning in aws_s3_bucket_versioning.this : one(versioning.versioning_configuration).status == "Enabled"]) && length(aws_s3_bucket_versioning.this) == 3
    error_message = "all are versioned"
  }
}

run "encrypted" {
  assert {
    condition     = alltrue([for name in ["assets", "exports"] : one(one(aws_s3_bucket_server_side_encryption_configuration.this[name].rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn])
    error_message = "assets and exports are under our key"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this["access-logs"].rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "access logs are under S3's key: balancers can write no other"
  }
}

run "logs_and_exports_expire" {
  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this["access-logs"].rule).expiration).days == 90
    error_message = "access logs are kept for 90 days"
  }

  assert {
    condition     = length(one(aws_s3_bucket_lifecycle_configuration.this["assets"].rule).expiration) == 0
    error_message = "assets stay"
  }
}

run "only_tls_and_only_the_balancer_writes_logs" {
  assert {
    condition     = toset([for statement in jsondecode(aws_s3_bucket_policy.this["access-logs"].policy).Statement : statement.Sid]) == toset(["TlsOnly", "LoadBalancerLogs", "BucketLogs"])
    error_message = "the log bucket takes logs of the balancer and of S3"
  }
}

run "no_cdn_by_default" {
  assert {
    condition     = length(aws_cloudfront_distribution.this) == 0 && output.cdn_domain_name == null
    error_message = "CloudFront is optional"
  }
}

run "the_waiting_page_is_kept_at_the_edge" {
  variables {
    cdn = { origin_domain = "origin.tickets.example.com" }
  }

  assert {
    condition     = aws_cloudfront_cache_policy.waiting[0].max_ttl == 5 && contains([for behavior in aws_cloudfront_distribution.this[0].ordered_cache_behavior : behavior.path_pattern], "/waiting")
    error_message = "the waiting page is cached for five seconds"
  }

  assert {
    condition     = alltrue([for behavior in aws_cloudfront_distribution.this[0].ordered_cache_behavior : behavior.viewer_protocol_policy == "redirect-to-https"])
    error_message = "HTTPS only"
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_s3_bucket_policy.this["assets"].policy).Statement : statement.Sid], "OurDistributionReads")
    error_message = "only our distribution reads the assets"
  }
}

run "refuses_aliases_without_a_certificate" {
  command = plan

  variables {
    cdn = { origin_domain = "origin.example.com", aliases = ["tickets.example.com"] }
  }

  expect_failures = [var.cdn]
}
