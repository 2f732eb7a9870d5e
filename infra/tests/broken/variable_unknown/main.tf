# expect: terraform: An input variable with the name "cidr" has not been declared

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr
}
