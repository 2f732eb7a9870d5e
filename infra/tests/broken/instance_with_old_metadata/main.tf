# expect: checkov: CKV_AWS_79

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_launch_template" "this" {
  metadata_options {
    http_tokens = "optional"
  }
}
