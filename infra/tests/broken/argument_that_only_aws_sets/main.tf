# expect: terraform: Value for unconfigurable attribute

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  arn        = "arn:aws:ec2:ap-northeast-2:123456789012:vpc/vpc-1"
}
