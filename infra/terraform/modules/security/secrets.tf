# Generated in passing and handed on by write-only arguments: in no plan, no state and no file.
# A new generation makes new values; instances notice within a minute and restart gracefully.

locals {
  secrets = {
    admin-token = "Bearer token of organizers and of the metrics' collector"
    redis-token = "AUTH token of the cache"
  }
}

ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = local.secrets

  # ElastiCache takes 16 to 128 printable characters, and these need no escape in a URL.
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:Rotated by secret_generation, which changes the cache and the secret in one apply; a timed rotation would need a function in the network with rights over the cache
  for_each = local.secrets

  name_prefix             = "${var.name}/${each.key}-"
  description             = each.value
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.secret_recovery_days

  tags = var.tags
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = local.secrets

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.this[each.key].random_password
  secret_string_wo_version = var.secret_generation
}
