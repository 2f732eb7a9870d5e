# The instances: what they are, how they start, how many there are.

data "aws_region" "current" {}

# The newest Amazon Linux 2023; AWS publishes its name here.
data "aws_ssm_parameter" "al2023" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

locals {
  region = data.aws_region.current.region

  # The balancer sends nothing new for this long, and then the instance has this long to stop: longer
  # than the application's own grace, so that nothing accepted is cut off.
  drain_secs = ceil(var.shutdown_grace_ms / 1000) + 5

  settings = merge(
    {
      ONSALE_LISTEN            = "0.0.0.0:${var.app_port}"
      ONSALE_LOG_FORMAT        = "json"
      ONSALE_SHUTDOWN_GRACE_MS = tostring(var.shutdown_grace_ms)
      # The balancer tells whom it answers; without this all buyers would count as one client.
      ONSALE_FORWARDED_HOPS = "1"
    },
    var.app_settings,
  )

  # What the script below is told. Names and places only: secrets are fetched by the instance itself.
  stack = {
    STACK_NAME           = var.name
    STACK_REGION         = local.region
    STACK_IMAGE          = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
    STACK_REGISTRY       = split("/", aws_ecr_repository.this.repository_url)[0]
    STACK_PORT           = tostring(var.app_port)
    STACK_DRAIN_SECS     = tostring(local.drain_secs)
    STACK_LOG_GROUP      = var.log_group_name
    STACK_METRICS_GROUP  = var.metrics_log_group_name
    STACK_LAUNCH_HOOK    = local.launch_hook
    STACK_DB_HOST        = var.database.endpoint
    STACK_DB_READER_HOST = var.database.reader_endpoint
    STACK_DB_NAME        = var.database.name
    STACK_DB_SECRET      = var.database.secret_arn
    STACK_REDIS_HOST     = var.redis.endpoint
    STACK_REDIS_PORT     = tostring(var.redis.port)
    STACK_REDIS_SECRET   = var.redis.secret_arn
    STACK_ADMIN_SECRET   = var.admin_token_secret_arn
  }

  launch_hook = "${var.name}-launch"

  # ONSALE_ROOT is set by tests only, which run this in a folder of their own.
  user_data = join("\n", concat(
    ["#!/bin/bash", "# What this instance is told; the rest is the same on every instance."],
    ["install -d -m 0755 \"$${ONSALE_ROOT:-}/etc/onsale\" \"$${ONSALE_ROOT:-}/usr/local/bin\""],
    ["cat >\"$${ONSALE_ROOT:-}/etc/onsale/stack.env\" <<'STACK'"],
    [for name, value in local.stack : "${name}='${value}'"],
    ["STACK", "cat >\"$${ONSALE_ROOT:-}/etc/onsale/settings.env\" <<'SETTINGS'"],
    [for name, value in local.settings : "${name}=${value}"],
    ["SETTINGS", "cat >\"$${ONSALE_ROOT:-}/usr/local/bin/onsale-env\" <<'ONSALE_ENV'"],
    [file("${path.module}/files/onsale-env.sh"), "ONSALE_ENV", "chmod 0755 \"$${ONSALE_ROOT:-}/usr/local/bin/onsale-env\""],
    [file("${path.module}/files/start.sh")],
  ))
}

resource "aws_launch_template" "this" {
  #checkov:skip=CKV_AWS_88:Instances have public addresses only where associate_public_ip says so, in development without NAT; the security group lets nobody in by them
  name_prefix = "${var.name}-"
  description = "Instances of ${var.name}"

  image_id               = data.aws_ssm_parameter.al2023.value
  instance_type          = var.instance_types[0]
  user_data              = base64gzip(local.user_data)
  update_default_version = true

  iam_instance_profile {
    arn = var.instance_profile_arn
  }

  network_interfaces {
    associate_public_ip_address = var.associate_public_ip
    delete_on_termination       = true
    security_groups             = [var.app_security_group_id]
  }

  # IMDSv2 only, and one hop: the container cannot ask for the instance's role.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.root_volume_gib
      encrypted             = "true"
      delete_on_termination = "true"
    }
  }

  # Figures each minute: scaling that looks every five minutes comes too late.
  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = var.name })
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_autoscaling_group" "this" {
  name                = var.name
  vpc_zone_identifier = var.instance_subnet_ids
  target_group_arns   = [aws_lb_target_group.this.arn]

  min_size         = var.min_size
  max_size         = var.max_size
  desired_capacity = var.desired_size

  health_check_type         = "ELB"
  health_check_grace_period = 300
  default_instance_warmup   = var.instance_warmup_secs
  default_cooldown          = var.step_scaling.cooldown_secs
  capacity_rebalance        = var.spot
  termination_policies      = ["OldestLaunchTemplate", "OldestInstance"]

  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity                  = 0
      on_demand_percentage_above_base_capacity = var.spot ? 0 : 100
      spot_allocation_strategy                 = "price-capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.this.id
        version            = aws_launch_template.this.latest_version
      }

      dynamic "override" {
        for_each = var.instance_types

        content {
          instance_type = override.value
        }
      }
    }
  }

  # An instance counts only once its start script says that the application is ready; one that fails
  # says so too, and is replaced.
  initial_lifecycle_hook {
    name                 = local.launch_hook
    lifecycle_transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
    heartbeat_timeout    = 600
    default_result       = "ABANDON"
  }

  # A new image or script: new instances first, old ones after, and back by itself if it goes wrong.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 150
      instance_warmup        = var.instance_warmup_secs
      auto_rollback          = true
      skip_matching          = true

      dynamic "alarm_specification" {
        for_each = length(var.rollback_alarm_names) == 0 ? [] : [var.rollback_alarm_names]

        content {
          alarms = alarm_specification.value
        }
      }
    }
  }

  metrics_granularity = "1Minute"
  enabled_metrics     = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances", "GroupTotalInstances"]

  dynamic "tag" {
    for_each = merge(var.tags, { Name = var.name })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false
    }
  }

  lifecycle {
    # The policies decide.
    ignore_changes = [desired_capacity]
  }
}
