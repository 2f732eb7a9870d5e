# expect: checkov: CKV_AWS_53

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket            = "x"
  block_public_acls = false
}
