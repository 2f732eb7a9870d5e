# How the number of instances follows the load. Three ways, which the group combines by taking the
# largest answer: alarms on CPU, requests per instance, and the calendar.

resource "aws_autoscaling_policy" "cpu_high" {
  count = var.step_scaling.enabled ? 1 : 0

  name                      = "${var.name}-cpu-high"
  autoscaling_group_name    = aws_autoscaling_group.this.name
  policy_type               = "StepScaling"
  adjustment_type           = "ChangeInCapacity"
  metric_aggregation_type   = "Average"
  estimated_instance_warmup = var.instance_warmup_secs

  dynamic "step_adjustment" {
    for_each = var.step_scaling.add

    content {
      metric_interval_lower_bound = tostring(step_adjustment.value.from)
      metric_interval_upper_bound = try(tostring(var.step_scaling.add[step_adjustment.key + 1].from), null)
      scaling_adjustment          = step_adjustment.value.instances
    }
  }
}

# Down by one and then a pause: a wrong step down costs buyers, a late one only cents.
resource "aws_autoscaling_policy" "cpu_low" {
  count = var.step_scaling.enabled ? 1 : 0

  name                   = "${var.name}-cpu-low"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "SimpleScaling"
  adjustment_type        = "ChangeInCapacity"
  scaling_adjustment     = -var.step_scaling.remove
  cooldown               = var.step_scaling.cooldown_secs
}

resource "aws_autoscaling_policy" "requests" {
  count = var.target_tracking == null ? 0 : 1

  name                      = "${var.name}-requests"
  autoscaling_group_name    = aws_autoscaling_group.this.name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = var.instance_warmup_secs

  target_tracking_configuration {
    target_value = var.target_tracking.requests_per_minute

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.this.arn_suffix}/${aws_lb_target_group.this.arn_suffix}"
    }
  }
}

resource "aws_autoscaling_schedule" "warm_up" {
  for_each = { for opening in var.openings : opening.name => opening }

  scheduled_action_name  = "${each.key}-warm-up"
  autoscaling_group_name = aws_autoscaling_group.this.name
  start_time             = timeadd(each.value.opens_at, "-${each.value.warm_minutes}m")
  min_size               = each.value.instances
  max_size               = -1
  desired_capacity       = each.value.instances
}

# Gives back the floor only; the policies take the instances away as the load falls.
resource "aws_autoscaling_schedule" "stand_down" {
  for_each = { for opening in var.openings : opening.name => opening }

  scheduled_action_name  = "${each.key}-stand-down"
  autoscaling_group_name = aws_autoscaling_group.this.name
  start_time             = timeadd(each.value.opens_at, "${each.value.hold_minutes}m")
  min_size               = var.min_size
  max_size               = -1
  desired_capacity       = -1
}
