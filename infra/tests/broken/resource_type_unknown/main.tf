# expect: terraform: The provider hashicorp/aws does not support resource type

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_redis_cluster" "this" {
  name = "x"
}
