# expect: terraform: A managed resource "aws_vpc" "main" has not been declared

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_subnet" "this" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
