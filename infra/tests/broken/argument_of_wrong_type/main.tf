# expect: terraform: Inappropriate value for attribute "port": a number is required

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_lb_target_group" "this" {
  port = "eighty"
}
