# expect: checkov: CKV_AWS_2

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = "x"
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = "x"
  }
}
