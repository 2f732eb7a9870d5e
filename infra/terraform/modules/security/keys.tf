# Two keys: what is stored, and what is logged. CloudWatch Logs may use only the second.

data "aws_iam_policy_document" "key_owner" {
  #checkov:skip=CKV_AWS_109:A key's policy speaks of that key only; "*" is the key itself, and the account must keep control of it
  #checkov:skip=CKV_AWS_111:A key's policy speaks of that key only; "*" is the key itself
  #checkov:skip=CKV_AWS_356:A key's policy speaks of that key only; "*" is the key itself
  statement {
    sid       = "AccountKeepsControl"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }
}

data "aws_iam_policy_document" "data_key" {
  #checkov:skip=CKV_AWS_109:A key's policy speaks of that key only; "*" is the key itself
  #checkov:skip=CKV_AWS_111:A key's policy speaks of that key only; "*" is the key itself
  #checkov:skip=CKV_AWS_356:A key's policy speaks of that key only; "*" is the key itself
  source_policy_documents = [data.aws_iam_policy_document.key_owner.json]

  # Alarms and events are published to an encrypted topic.
  statement {
    sid       = "AlarmsPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  # CloudFront reads the assets.
  statement {
    sid       = "AssetsAreServed"
    actions   = ["kms:Decrypt"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

data "aws_iam_policy_document" "logs_key" {
  #checkov:skip=CKV_AWS_109:A key's policy speaks of that key only; "*" is the key itself
  #checkov:skip=CKV_AWS_111:A key's policy speaks of that key only; "*" is the key itself
  #checkov:skip=CKV_AWS_356:A key's policy speaks of that key only; "*" is the key itself
  source_policy_documents = [data.aws_iam_policy_document.key_owner.json]

  statement {
    sid       = "LogsAreEncrypted"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*"]
    }
  }
}

resource "aws_kms_key" "data" {
  description             = "What ${var.name} stores: database, cache, secrets, objects, queues"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.data_key.json

  tags = var.tags
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}-data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_key" "logs" {
  description             = "What ${var.name} logs"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.logs_key.json

  tags = var.tags
}

resource "aws_kms_alias" "logs" {
  name          = "alias/${var.name}-logs"
  target_key_id = aws_kms_key.logs.key_id
}
