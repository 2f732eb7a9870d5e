# expect: checkov: CKV_AWS_27

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_sqs_queue" "this" {
  name                    = "x"
  sqs_managed_sse_enabled = false
}
