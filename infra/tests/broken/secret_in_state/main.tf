# expect: terraform: Ephemeral values are not valid

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

ephemeral "aws_secretsmanager_random_password" "this" {}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = "x"
  secret_string = ephemeral.aws_secretsmanager_random_password.this.random_password
}
