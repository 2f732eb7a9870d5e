# expect: terraform: An argument named "nat" is not expected here

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

module "vpc" {
  source          = "../../../terraform/modules/vpc"
  name            = "onsale-test"
  log_kms_key_arn = "arn:aws:kms:ap-northeast-2:123456789012:key/logs"
  nat             = "single"
}
