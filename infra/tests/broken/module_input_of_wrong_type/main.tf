# expect: terraform: list of string required

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

module "queue" {
  source       = "../../../terraform/modules/queue"
  name         = "onsale-test"
  kms_key_arn  = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
  alarm_emails = "oncall@example.com"
}
