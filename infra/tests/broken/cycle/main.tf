# expect: terraform: Cycle:

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_sqs_queue" "a" {
  name = aws_sqs_queue.b.name
}

resource "aws_sqs_queue" "b" {
  name = aws_sqs_queue.a.name
}
