# expect: checkov: CKV_AWS_139

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_rds_cluster" "this" {
  engine              = "aurora-mysql"
  deletion_protection = false
}
