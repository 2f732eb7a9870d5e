# expect: terraform: This object has no argument, nested block, or exported attribute named

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
}

output "number" {
  value = aws_vpc.this.vpc_number
}
