output "assets_bucket" {
  description = "Bucket of the pages' assets."
  value       = aws_s3_bucket.this["assets"].id
}

output "access_logs_bucket" {
  description = "Bucket of access logs; the load balancer writes below alb/."
  value       = aws_s3_bucket.this["access-logs"].id

  # A balancer may log only once the bucket's policy lets it.
  depends_on = [aws_s3_bucket_policy.this]
}

output "exports_bucket" {
  description = "Bucket of exports."
  value       = aws_s3_bucket.this["exports"].id
}

output "exports_bucket_arn" {
  description = "Bucket of exports, for policies."
  value       = aws_s3_bucket.this["exports"].arn
}

output "cdn_domain_name" {
  description = "Where CloudFront answers; null without it."
  value       = try(aws_cloudfront_distribution.this[0].domain_name, null)
}
