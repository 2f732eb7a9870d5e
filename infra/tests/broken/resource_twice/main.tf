# expect: terraform: Duplicate resource "aws_vpc" configuration

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

resource "aws_vpc" "this" {
  cidr_block = "10.1.0.0/16"
}
