# CloudFront, if asked for: assets from the bucket, the waiting page kept at the edge for a moment, so
# that a hundred thousand who reload it cost the application one request every few seconds and city.

locals {
  cdn = var.cdn == null ? [] : [var.cdn]
}

data "aws_cloudfront_cache_policy" "optimized" {
  count = length(local.cdn)
  name  = "Managed-CachingOptimized"
}

data "aws_cloudfront_cache_policy" "disabled" {
  count = length(local.cdn)
  name  = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "all_viewer" {
  count = length(local.cdn)
  name  = "Managed-AllViewerExceptHostHeader"
}

resource "aws_cloudfront_cache_policy" "waiting" {
  count = length(local.cdn)

  name        = "${var.name}-waiting"
  comment     = "The waiting page: the same for all, by language"
  min_ttl     = 1
  default_ttl = var.waiting_page_ttl_seconds
  max_ttl     = var.waiting_page_ttl_seconds

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Accept-Language"]
      }
    }

    query_strings_config {
      query_string_behavior = "whitelist"

      query_strings {
        items = ["event"]
      }
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "this" {
  count = length(local.cdn)

  name    = "${var.name}-security"
  comment = "What browsers are told about ${var.name}"

  security_headers_config {
    content_type_options {
      override = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "same-origin"
      override        = true
    }
  }
}

resource "aws_cloudfront_origin_access_control" "assets" {
  count = length(local.cdn)

  name                              = "${var.name}-assets"
  description                       = "The distribution reads the assets in its own name"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_305:The application answers "/" itself
  #checkov:skip=CKV_AWS_310:A second origin would be a second stack; the balancer fails over between zones by itself
  #checkov:skip=CKV_AWS_374:Tickets are sold to the whole world; refusing countries is the organizer's business
  #checkov:skip=CKV_AWS_86:The balancer behind logs every request that reaches us; what the edge answers holds nothing to audit
  #checkov:skip=CKV_AWS_68:A firewall for CloudFront must be made in us-east-1 and is taken as cdn.web_acl_arn; the balancer's own stands behind in any case
  #checkov:skip=CKV2_AWS_47:As CKV_AWS_68; known bad inputs are refused at the balancer
  #checkov:skip=CKV_AWS_174:TLSv1.2_2021 is set; where there is no certificate of ours, CloudFront's own name knows no other setting
  #checkov:skip=CKV2_AWS_42:A certificate is given with the aliases; without aliases there is nothing to certify
  count = length(local.cdn)

  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  comment         = var.name
  price_class     = var.cdn.price_class
  aliases         = var.cdn.aliases
  web_acl_id      = var.cdn.web_acl_arn

  origin {
    origin_id   = "application"
    domain_name = var.cdn.origin_domain

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = "https-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_keepalive_timeout = 60
      origin_read_timeout      = 60
    }
  }

  origin {
    origin_id                = "assets"
    domain_name              = aws_s3_bucket.this["assets"].bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.assets[0].id
  }

  default_cache_behavior {
    target_origin_id           = "application"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.disabled[0].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.all_viewer[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this[0].id
  }

  ordered_cache_behavior {
    path_pattern               = "/assets/*"
    target_origin_id           = "assets"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this[0].id
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.waiting_page_paths

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = "application"
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = ["GET", "HEAD"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = aws_cloudfront_cache_policy.waiting[0].id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this[0].id
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.cdn.certificate_arn == null
    acm_certificate_arn            = var.cdn.certificate_arn
    minimum_protocol_version       = var.cdn.certificate_arn == null ? null : "TLSv1.2_2021"
    ssl_support_method             = var.cdn.certificate_arn == null ? null : "sni-only"
  }

  tags = var.tags
}
