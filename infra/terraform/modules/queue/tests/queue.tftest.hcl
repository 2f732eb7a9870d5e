provider "aws" {}

variables {
  name        = "onsale-test"
  kms_key_arn = "arn:aws:kms:ap-northeast-2:123456789012:key/data"
}

run "the_outbox" {
  assert {
    condition     = aws_sqs_queue.outbox.visibility_timeout_seconds == 300 && aws_sqs_queue.outbox.receive_wait_time_seconds == 10 && aws_sqs_queue.outbox.message_retention_seconds == 86400
    error_message = "hidden for 300 s, polled for 10 s, kept for a day"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.outbox.redrive_policy).maxReceiveCount == 3 && jsondecode(aws_sqs_queue.outbox.redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead_letters.arn
    error_message = "after three receives it is a dead letter"
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "dead letters are kept for 14 days"
  }
}

run "encrypted" {
  assert {
    condition     = alltrue([for key in [aws_sqs_queue.outbox.kms_master_key_id, aws_sqs_queue.dead_letters.kms_master_key_id, aws_sns_topic.alarms.kms_master_key_id] : key == var.kms_key_arn])
    error_message = "queues and topic are under our key"
  }
}

run "alarms_go_by_mail" {
  variables {
    alarm_emails = ["oncall@example.com"]
  }

  assert {
    condition     = aws_sns_topic_subscription.email["oncall@example.com"].protocol == "email"
    error_message = "each address is subscribed"
  }
}

run "refuses_what_is_no_address" {
  command = plan

  variables {
    alarm_emails = ["oncall"]
  }

  expect_failures = [var.alarm_emails]
}

run "refuses_dead_letters_that_die_before_the_living" {
  command = plan

  variables {
    retention_days = { queue = 7, dead_letters = 4 }
  }

  expect_failures = [var.retention_days]
}
