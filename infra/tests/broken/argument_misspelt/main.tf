# expect: terraform: An argument named "cidr_blok" is not expected here

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_vpc" "this" {
  cidr_blok = "10.0.0.0/16"
}
