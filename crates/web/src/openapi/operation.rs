//! One operation: what it takes, what it answers, and how it fails.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::errors::Code;

/// An operation on its way into the document.
pub(super) struct Operation {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<&'static str>,
    is_organizers: bool,
    responses: Map<String, Value>,
    codes: Vec<Code>,
}

impl Operation {
    /// An operation that may fail as every one may.
    pub(super) fn new(tag: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            tag,
            summary,
            parameters: Vec::new(),
            body: None,
            is_organizers: false,
            responses: Map::new(),
            codes: vec![
                Code::RateLimited,
                Code::Internal,
                Code::Overloaded,
                Code::ServiceUnavailable,
            ],
        }
    }

    /// With parameters, which may be bad.
    pub(super) fn takes(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self.fails_with(&[Code::InvalidRequest])
    }

    /// With a body of this schema, which may be late, large, of another type, or bad.
    pub(super) fn reads(mut self, schema: &'static str) -> Self {
        self.body = Some(schema);
        self.fails_with(&[
            Code::InvalidRequest,
            Code::RequestTimeout,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
        ])
    }

    /// Changes something, so that its outcome may be unknown.
    pub(super) fn writes(self) -> Self {
        self.fails_with(&[Code::OutcomeUnknown])
    }

    /// Takes a key, under which a retry counts once.
    pub(super) fn keyed(self) -> Self {
        let key = super::schemas::idempotency_key();
        self.takes([key]).fails_with(&[Code::IdempotencyKeyReused])
    }

    /// Only for organizers, where the server was given a token.
    pub(super) fn for_organizers(mut self) -> Self {
        self.is_organizers = true;
        self.fails_with(&[Code::Unauthorized, Code::Forbidden])
    }

    /// May fail with these codes too.
    pub(super) fn fails_with(mut self, codes: &[Code]) -> Self {
        self.codes.extend_from_slice(codes);
        self
    }

    /// Answers with this schema under this status.
    pub(super) fn answers(
        mut self,
        status: u16,
        description: &str,
        schema: Option<&str>,
        headers: &[&str],
    ) -> Self {
        let mut response = json!({ "description": description });
        if let Some(schema) = schema {
            response["content"] = content(&reference(schema));
        }
        for name in headers.iter().chain(&["X-Request-Id"]) {
            response["headers"][name] = json!({ "schema": { "type": "string" } });
        }
        if status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            response["headers"]["Retry-After"] = retry_after();
        }
        self.responses.insert(status.to_string(), response);
        self
    }

    /// Answers with server-sent events, whose data is of this schema.
    pub(super) fn streams(mut self, description: &str, schema: &str) -> Self {
        self = self.answers(200, description, None, &["Cache-Control"]);
        self.responses["200"]["content"] = json!({
            "text/event-stream": {
                "schema": { "type": "string", "contentSchema": reference(schema) },
            },
        });
        self
    }

    /// As it stands in the document.
    pub(super) fn describe(self) -> Value {
        let mut responses = self.responses;
        for (status, codes) in by_status(&self.codes) {
            // An answer that was described already is no failure: a health that is down.
            responses
                .entry(status.as_u16().to_string())
                .or_insert_with(|| failure(&codes));
        }
        let mut operation = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "responses": responses,
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        if let Some(schema) = self.body {
            operation["requestBody"] = json!({
                "required": true,
                "content": content(&reference(schema)),
            });
        }
        if self.is_organizers {
            operation["security"] = json!([{ "organizer": [] }]);
        }
        operation
    }
}

fn by_status(codes: &[Code]) -> BTreeMap<StatusCode, Vec<Code>> {
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    by_status
}

fn failure(codes: &[Code]) -> Value {
    let names: Vec<_> = codes
        .iter()
        .map(|code| format!("`{}`", code.as_str()))
        .collect();
    let mut response = json!({
        "description": names.join(", "),
        "content": content(&reference("Error")),
        "headers": { "X-Request-Id": { "schema": { "type": "string" } } },
    });
    if codes.iter().any(|code| code.retry_after_secs().is_some()) {
        response["headers"]["Retry-After"] = retry_after();
    }
    response
}

fn retry_after() -> Value {
    json!({ "schema": { "type": "integer" }, "description": "Seconds to wait." })
}

fn content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// A reference to a schema of the document.
pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
