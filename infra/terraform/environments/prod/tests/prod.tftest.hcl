variables {
  domain_name  = "tickets.example.com"
  zone_name    = "example.com"
  alarm_emails = ["oncall@example.com"]
  image_tag    = "v1"
}

run "production_stands_and_says_where" {
  assert {
    condition     = output.url == "https://tickets.example.com"
    error_message = "buyers come by HTTPS"
  }

  assert {
    condition     = alltrue([for each in [output.alb_dns_name, output.ecr_repository_url, output.rds_endpoint, output.rds_reader_endpoint, output.redis_endpoint] : length(each) > 0])
    error_message = "the outputs that the guide uses are there"
  }

  assert {
    condition     = length(module.vpc.nat_public_ips) == 2
    error_message = "a NAT in each zone"
  }

  assert {
    condition     = strcontains(module.compute.user_data, "STACK_LOG_GROUP='/onsale/onsale-prod/app'") && strcontains(module.compute.user_data, "STACK_REDIS_PORT=")
    error_message = "the instances are told about the other modules"
  }
}

run "refuses_nobody_to_tell" {
  command = plan

  variables {
    alarm_emails = []
  }

  expect_failures = [var.alarm_emails]
}

run "refuses_a_domain_outside_its_zone" {
  command = plan

  variables {
    zone_name = "example.org"
  }

  expect_failures = [var.zone_name]
}

run "refuses_zones_of_elsewhere" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_no_region" {
  command = plan

  variables {
    region             = "Seoul"
    availability_zones = ["Seoul-a", "Seoul-b"]
  }

  expect_failures = [var.region]
}
