# expect: terraform: The argument "kms_key_arn" is required

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

module "queue" {
  source = "../../../terraform/modules/queue"
  name   = "onsale-test"
}
