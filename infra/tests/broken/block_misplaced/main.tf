# expect: terraform: Blocks of type "health_check" are not expected here

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_lb" "this" {
  health_check {
    path = "/"
  }
}
