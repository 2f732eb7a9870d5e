provider "aws" {}

variables {
  name                = "onsale-test"
  vpc_id              = "vpc-1"
  database_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:rds"
  repository_arn      = "arn:aws:ecr:ap-northeast-2:123456789012:repository/onsale"
  queue_arn           = "arn:aws:sqs:ap-northeast-2:123456789012:outbox"
  exports_bucket_arn  = "arn:aws:s3:::exports"
}

run "only_the_balancer_is_open_to_the_world" {
  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.alb : rule.from_port]) == toset([80, 443]) && alltrue([for rule in aws_vpc_security_group_ingress_rule.alb : rule.cidr_ipv4 == "0.0.0.0/0"])
    error_message = "the balancer takes 80 and 443 from anywhere"
  }

  assert {
    condition = alltrue([
      for rule in [aws_vpc_security_group_ingress_rule.app_from_alb, aws_vpc_security_group_ingress_rule.database_from_app, aws_vpc_security_group_ingress_rule.cache_from_app, aws_vpc_security_group_ingress_rule.endpoints_from_app] :
      rule.cidr_ipv4 == null && rule.referenced_security_group_id != null
    ])
    error_message = "everything else is let in by security group, never by address"
  }
}

run "ports" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.app_from_alb.from_port == 8080 && aws_vpc_security_group_ingress_rule.app_from_alb.referenced_security_group_id == aws_security_group.alb.id
    error_message = "the application takes 8080 from the balancer"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_from_app.to_port == 3306 && aws_vpc_security_group_ingress_rule.cache_from_app.to_port == 6379
    error_message = "the database takes 3306 and the cache 6379"
  }
}

run "no_open_egress" {
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.app_https : rule.ip_protocol == "tcp" && rule.from_port == 443 && rule.to_port == 443])
    error_message = "to the world the application speaks HTTPS only"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_egress_rule.app_to : rule.from_port]) == toset([3306, 6379]) && aws_vpc_security_group_egress_rule.alb_to_app.to_port == 8080
    error_message = "inside, each goes only where it must"
  }
}

run "secrets_are_written_only" {
  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.this : version.secret_string == null && version.secret_string_wo_version == 1])
    error_message = "no secret is in the state"
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == aws_kms_key.data.arn])
    error_message = "secrets are under our key"
  }
}

run "a_new_generation_writes_new_secrets" {
  variables {
    secret_generation = 2
  }

  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.this : version.secret_string_wo_version == 2])
    error_message = "the generation is the secrets' version"
  }
}

run "keys_rotate" {
  assert {
    condition     = aws_kms_key.data.enable_key_rotation && aws_kms_key.logs.enable_key_rotation
    error_message = "both keys rotate"
  }
}

run "the_role_is_of_least_privilege" {
  assert {
    condition = alltrue([
      for statement in jsondecode(data.aws_iam_policy_document.instance.json).Statement :
      contains(["LogInToRegistry", "WriteOurMetrics", "TellMetricsApart"], statement.Sid) || !contains(statement.Resource, "*")
    ])
    error_message = "only what knows no resource may name all"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(data.aws_iam_policy_document.instance.json).Statement : alltrue([for action in statement.Action : !endswith(action, "*")])])
    error_message = "every action is named"
  }
}

run "the_firewall" {
  assert {
    condition     = toset([for rule in aws_wafv2_web_acl.this.rule : rule.name]) == toset(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet", "rate-limit", "sale-path-rate", "sale-path-bots"])
    error_message = "managed rules, a rate limit, and two rules for the sale path"
  }
}

run "bots_may_be_left_to_the_rate_rule" {
  command = plan

  variables {
    bot_control = false
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this.rule) == 6
    error_message = "without bot control six rules remain"
  }
}

run "refuses_a_sale_limit_above_the_general_one" {
  command = plan

  variables {
    sale_rate_limit_per_5_minutes = 5000
  }

  expect_failures = [var.sale_rate_limit_per_5_minutes]
}

run "refuses_a_privileged_port" {
  command = plan

  variables {
    app_port = 80
  }

  expect_failures = [var.app_port]
}
