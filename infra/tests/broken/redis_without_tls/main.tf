# expect: checkov: CKV_AWS_30

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = "x"
  description                = "x"
  transit_encryption_enabled = false
}
