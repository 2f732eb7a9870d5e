# expect: terraform: The argument "vpc_id" is required

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_subnet" "this" {
  cidr_block = "10.0.1.0/24"
}
