//! The API's description in OpenAPI 3.1.

use serde_json::{Value, json};

/// The document.
pub(crate) fn document(_body_bytes_max: u32) -> Value {
    json!({ "openapi": "3.1.0" })
}
