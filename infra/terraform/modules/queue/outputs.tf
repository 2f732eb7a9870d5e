output "outbox_url" {
  description = "The outbox queue."
  value       = aws_sqs_queue.outbox.id
}

output "outbox_arn" {
  description = "The outbox queue, for policies."
  value       = aws_sqs_queue.outbox.arn
}

output "outbox_name" {
  description = "The outbox queue, for metrics."
  value       = aws_sqs_queue.outbox.name
}

output "dead_letters_name" {
  description = "The dead-letter queue, for metrics."
  value       = aws_sqs_queue.dead_letters.name
}

output "alarm_topic_arn" {
  description = "Where alarms are published."
  value       = aws_sns_topic.alarms.arn
}
