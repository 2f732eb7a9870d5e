# expect: terraform: Invalid single-argument block definition

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_vpc" "this" { cidr_block = "10.0.0.0/16" enable_dns_support = true }
