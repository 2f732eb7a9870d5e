# expect: terraform: No more than 1 "metadata_options" blocks are allowed

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
    http_tokens = "required"
  }

  metadata_options {
    http_tokens = "required"
  }
}
