# expect: terraform: At least 1 "visibility_config" blocks are required

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_wafv2_web_acl" "this" {
  name  = "x"
  scope = "REGIONAL"

  default_action {
    allow {}
  }
}
