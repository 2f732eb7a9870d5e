variables {
  image_tag = "v1"
}

run "development_is_small_and_leaves_nothing" {
  assert {
    condition     = length(module.vpc.nat_public_ips) == 0
    error_message = "no NAT"
  }

  assert {
    condition     = startswith(output.url, "http://")
    error_message = "no domain, no certificate"
  }

  assert {
    condition     = length(output.rds_endpoint) > 0 && length(output.redis_endpoint) > 0
    error_message = "everything of production is there, smaller"
  }
}

