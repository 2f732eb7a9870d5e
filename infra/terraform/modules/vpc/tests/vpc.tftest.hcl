provider "aws" {}

variables {
  name                        = "onsale-test"
  log_kms_key_arn             = "arn:aws:kms:ap-northeast-2:123456789012:key/logs"
  endpoint_security_group_ids = ["sg-endpoints"]
}

run "three_tiers_in_each_zone" {
  assert {
    condition     = length(aws_subnet.public) == 2 && length(aws_subnet.private) == 2 && length(aws_subnet.database) == 2
    error_message = "each of two zones has a public, a private and a database subnet"
  }

  assert {
    condition     = aws_subnet.public["ap-northeast-2a"].cidr_block == "10.0.1.0/24" && aws_subnet.private["ap-northeast-2c"].cidr_block == "10.0.12.0/24" && aws_subnet.database["ap-northeast-2c"].cidr_block == "10.0.22.0/24"
    error_message = "the subnets' addresses follow the plan"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "no subnet hands out public addresses by itself"
  }
}

run "nat_in_each_zone" {
  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(aws_route.private_nat) == 2
    error_message = "by default each zone has its own NAT"
  }
}

run "one_nat" {
  variables {
    nat_mode = "single"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.private_nat) == 2
    error_message = "one NAT serves both private subnets"
  }
}

run "no_nat" {
  variables {
    nat_mode = "none"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.private_nat) == 0
    error_message = "none costs nothing and routes nowhere"
  }
}

run "endpoints" {
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr"])
    error_message = "S3 has a gateway endpoint, ECR has interface endpoints"
  }
}

run "the_default_group_is_closed" {
  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "the default security group lets nothing in or out"
  }
}

run "flow_logs_are_kept_encrypted" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.log_kms_key_arn
    error_message = "all traffic is logged, under our key"
  }
}

run "refuses_one_zone" {
  command = plan

  variables {
    availability_zones = ["ap-northeast-2a"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_a_small_network" {
  command = plan

  variables {
    cidr = "10.0.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "refuses_an_unknown_nat_mode" {
  command = plan

  variables {
    nat_mode = "many"
  }

  expect_failures = [var.nat_mode]
}
