# expect: checkov: CKV_AWS_96

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_rds_cluster" "this" {
  engine            = "aurora-mysql"
  storage_encrypted = false
}
