# expect: terraform: This object does not have an attribute named "queue_url"

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

module "queue" {
  source      = "../../../terraform/modules/queue"
  name        = "onsale-test"
  kms_key_arn = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
}

output "queue" {
  value = module.queue.queue_url
}
