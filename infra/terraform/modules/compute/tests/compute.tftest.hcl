provider "aws" {}

variables {
  name                   = "onsale-test"
  vpc_id                 = "vpc-1"
  public_subnet_ids      = ["subnet-public-a", "subnet-public-c"]
  instance_subnet_ids    = ["subnet-private-a", "subnet-private-c"]
  alb_security_group_id  = "sg-alb"
  app_security_group_id  = "sg-app"
  web_acl_arn            = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/onsale"
  access_logs_bucket     = "onsale-test-access-logs"
  domain_name            = "tickets.example.com"
  zone_name              = "example.com"
  instance_profile_arn   = "arn:aws:iam::123456789012:instance-profile/onsale"
  image_tag              = "v1"
  database               = { endpoint = "writer.db", reader_endpoint = "reader.db", name = "onsale", secret_arn = "arn:db" }
  redis                  = { endpoint = "redis.cache", port = 6379, secret_arn = "arn:redis" }
  admin_token_secret_arn = "arn:admin"
  log_group_name         = "/onsale/onsale-test/app"
  metrics_log_group_name = "/onsale/onsale-test/metrics"
  kms_key_arn            = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
}

run "two_to_twenty_instances_over_both_zones" {
  assert {
    condition     = aws_autoscaling_group.this.min_size == 2 && aws_autoscaling_group.this.max_size == 20 && length(aws_autoscaling_group.this.vpc_zone_identifier) == 2
    error_message = "2 to 20 instances over both zones"
  }

  assert {
    condition     = aws_autoscaling_group.this.health_check_type == "ELB" && one(one(aws_autoscaling_group.this.instance_refresh).preferences).auto_rollback
    error_message = "health is the balancer's, and a failed refresh rolls back"
  }

  assert {
    condition     = one(aws_autoscaling_group.this.initial_lifecycle_hook).default_result == "ABANDON"
    error_message = "an instance that does not report is not used"
  }
}

run "instances_are_hardened" {
  assert {
    condition     = one(aws_launch_template.this.metadata_options).http_tokens == "required" && one(aws_launch_template.this.metadata_options).http_put_response_hop_limit == 1
    error_message = "IMDSv2 only, one hop"
  }

  assert {
    condition     = one(one(aws_launch_template.this.block_device_mappings).ebs).volume_type == "gp3" && one(one(aws_launch_template.this.block_device_mappings).ebs).encrypted == "true"
    error_message = "an encrypted gp3 disk"
  }

  assert {
    condition     = aws_launch_template.this.key_name == null || aws_launch_template.this.key_name == "" || !strcontains(output.user_data, "ssh")
    error_message = "no SSH"
  }
}

run "tls" {
  assert {
    condition     = aws_lb_listener.https[0].ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && one(aws_lb_listener.http.default_action).type == "redirect"
    error_message = "TLS 1.3, and HTTP redirects to it"
  }

  assert {
    condition     = aws_route53_record.alias[0].name == "tickets.example.com"
    error_message = "the name points to the balancer"
  }
}

run "without_a_domain_plain_http" {
  variables {
    domain_name = null
    zone_name   = null
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0 && one(aws_lb_listener.http.default_action).type == "forward" && startswith(output.url, "http://")
    error_message = "no certificate without a domain"
  }
}

run "health_and_draining" {
  assert {
    condition     = one(aws_lb_target_group.this.health_check).path == "/api/health/ready" && aws_lb_target_group.this.slow_start == 60
    error_message = "ready means ready, and new instances start slowly"
  }

  assert {
    condition     = aws_lb_target_group.this.deregistration_delay == "30" && strcontains(output.user_data, "ONSALE_SHUTDOWN_GRACE_MS=25000") && strcontains(output.user_data, "STACK_DRAIN_SECS='30'")
    error_message = "the balancer and the container wait 5 s longer than the application"
  }

  assert {
    condition     = one(aws_lb.this.access_logs).enabled && aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection
    error_message = "logged, strict and protected"
  }
}

run "step_scaling" {
  assert {
    condition     = tolist(aws_autoscaling_policy.cpu_high[0].step_adjustment[*].scaling_adjustment) == tolist([2, 4]) || toset(aws_autoscaling_policy.cpu_high[0].step_adjustment[*].scaling_adjustment) == toset([2, 4])
    error_message = "two more, and four where it is far too hot"
  }

  assert {
    condition     = aws_autoscaling_policy.cpu_low[0].scaling_adjustment == -1 && aws_autoscaling_policy.cpu_low[0].cooldown == 300
    error_message = "one less, and then 300 s of rest"
  }
}

run "target_tracking" {
  assert {
    condition     = one(aws_autoscaling_policy.requests[0].target_tracking_configuration).target_value == 60000 && one(one(aws_autoscaling_policy.requests[0].target_tracking_configuration).predefined_metric_specification).predefined_metric_type == "ALBRequestCountPerTarget"
    error_message = "1,000 requests a second and instance"
  }
}

run "warm_before_the_opening" {
  variables {
    openings = [{ name = "new-year", opens_at = "2030-12-31T19:00:00+09:00", instances = 8 }]
  }

  assert {
    condition     = aws_autoscaling_schedule.warm_up["new-year"].start_time == "2030-12-31T18:45:00+09:00" && aws_autoscaling_schedule.warm_up["new-year"].min_size == 8
    error_message = "eight instances a quarter of an hour before"
  }

  assert {
    condition     = aws_autoscaling_schedule.stand_down["new-year"].start_time == "2030-12-31T20:00:00+09:00" && aws_autoscaling_schedule.stand_down["new-year"].min_size == 2
    error_message = "the floor comes back an hour after"
  }
}

run "spot" {
  variables {
    instance_types = ["t3.small", "t3a.small"]
    spot           = true
    min_size       = 1
    desired_size   = 1
  }

  assert {
    condition     = one(one(aws_autoscaling_group.this.mixed_instances_policy).instances_distribution).on_demand_percentage_above_base_capacity == 0 && aws_autoscaling_group.this.capacity_rebalance
    error_message = "all Spot, replaced before they are taken"
  }
}

run "images_are_scanned_and_immutable" {
  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && one(aws_ecr_repository.this.image_scanning_configuration).scan_on_push && length(jsondecode(aws_ecr_lifecycle_policy.this.policy).rules) == 2
    error_message = "scanned, immutable, tidied up"
  }
}

run "user_data_tells_no_secret" {
  assert {
    condition     = strcontains(output.user_data, "STACK_DB_SECRET='arn:db'") && strcontains(output.user_data, "get-secret-value") && length(base64gzip(output.user_data)) < 16384
    error_message = "secrets are fetched by the instance, and the script fits"
  }
}

run "refuses_latest" {
  command = plan

  variables {
    image_tag = "latest"
  }

  expect_failures = [var.image_tag]
}

run "refuses_a_domain_without_a_zone" {
  command = plan

  variables {
    zone_name = null
  }

  expect_failures = [var.zone_name]
}

run "refuses_more_than_the_database_bears" {
  command = plan

  variables {
    max_size = 40
  }

  expect_failures = [var.max_size]
}

run "refuses_an_opening_at_no_time" {
  command = plan

  variables {
    openings = [{ name = "x", opens_at = "tomorrow", instances = 4 }]
  }

  expect_failures = [var.openings]
}

run "refuses_steps_that_do_nothing" {
  command = plan

  variables {
    step_scaling = { add = [{ from = 0, instances = 0 }] }
  }

  expect_failures = [var.step_scaling]
}
