//! The API's description in OpenAPI 3.1, made from the types that answer and the limits that hold.

mod operation;
mod paths;
mod schemas;

use serde_json::{Value, json};

/// The document, for a server that takes bodies of at most this many bytes.
pub(crate) fn document(body_bytes_max: u32) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "onsale",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": format!(
                "Sells tickets when everybody comes at once. Bodies are JSON of at most \
                 {body_bytes_max} bytes; times are RFC 3339; money is in integer minor units of \
                 the event's currency. Any answer may also be 405, 431 or 503, in the envelope \
                 of `Error`."
            ),
        },
        "servers": [{ "url": "/api" }, { "url": "/api/v1" }],
        "tags": [
            { "name": "events", "description": "What is on sale." },
            { "name": "reservations", "description": "What was taken, and by whom." },
            { "name": "users", "description": "Buyers' profiles. A reservation needs none." },
            { "name": "health", "description": "How this node is doing." },
        ],
        "paths": paths::paths(),
        "components": {
            "schemas": schemas::schemas(),
            "securitySchemes": {
                "organizer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The organizer's token, where the server was given one.",
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use boxoffice::event::{GRADES_MAX, SEATS_MAX};
    use boxoffice::money::PRICE_MAX;
    use boxoffice::page::PAGE_SIZE_MAX;
    use boxoffice::reservation::QUANTITY_MAX;

    use super::*;
    use crate::api;
    use crate::errors::Code;

    fn told() -> Value {
        document(65_536)
    }

    /// Every `$ref` of a document.
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value.as_str() {
                        Some(target) if name == "$ref" => found.push(target),
                        _ => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        let of = |(path, item): (&String, &'_ Value)| {
            let item = item.as_object().expect("a path item").clone();
            item.into_iter()
                .map(|(method, _)| (path.clone(), method))
                .collect::<Vec<_>>()
        };
        let names: Vec<_> = paths
            .iter()
            .flat_map(|(path, item)| of((path, item)))
            .collect();
        let mut operations = Vec::new();
        for (path, method) in names {
            let (name, operation) = paths[&path]
                .as_object()
                .and_then(|item| item.get_key_value(&method))
                .expect("an operation");
            operations.push((path, name.as_str(), operation));
        }
        operations
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document = told();
        let mut found = Vec::new();
        references(&document, &mut found);
        let used: BTreeSet<_> = found
            .iter()
            .map(|target| {
                target
                    .strip_prefix("#/components/schemas/")
                    .expect("a schema")
            })
            .collect();
        let known: BTreeSet<_> = document["components"]["schemas"]
            .as_object()
            .expect("schemas")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(used, known);
    }

    #[test]
    fn every_path_of_the_api_is_described_and_no_other() {
        let served: BTreeSet<_> = api::routes()
            .into_iter()
            .map(|(path, _)| path)
            .filter(|path| !path.starts_with("/docs"))
            .collect();
        let document = told();
        let described: BTreeSet<_> = document["paths"]
            .as_object()
            .expect("paths")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(served, described);
    }

    #[test]
    fn every_parameter_of_a_path_is_described() {
        for (path, method, operation) in operations(&told()) {
            let open: BTreeSet<_> = path
                .split('/')
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none);
            let described: BTreeSet<_> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            assert_eq!(open, described, "{method} {path}");
        }
    }

    #[test]
    fn every_operation_has_its_own_name_and_tells_how_it_fails() {
        let document = told();
        let mut names = BTreeSet::new();
        for (path, method, operation) in operations(&document) {
            assert!(
                names.insert(operation["operationId"].to_string()),
                "{method} {path}"
            );
            let responses = operation["responses"].as_object().expect("responses");
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{method} {path}"
            );
            for (status, response) in responses {
                let is_error = status.starts_with(['4', '5']) && operation["tags"][0] != "health";
                if is_error {
                    let schema = &response["content"]["application/json"]["schema"]["$ref"];
                    assert_eq!(
                        schema, "#/components/schemas/Error",
                        "{method} {path} {status}"
                    );
                }
                assert_eq!(
                    response["headers"].get("Retry-After").is_some(),
                    status == "429" || status == "503",
                    "{method} {path} {status}"
                );
            }
        }
    }

    #[test]
    fn every_code_is_among_those_of_the_envelope() {
        let document = told();
        let codes = &document["components"]["schemas"]["Error"]["properties"]["error"]["properties"]
            ["code"]["enum"];
        for code in Code::ALL {
            assert!(
                codes
                    .as_array()
                    .expect("codes")
                    .contains(&json!(code.as_str())),
                "{code:?}"
            );
        }
    }

    #[test]
    fn the_limits_in_the_document_are_those_that_hold() {
        let document = told();
        let schemas = &document["components"]["schemas"];
        let reserve = &schemas["NewReservation"]["properties"];
        assert_eq!(reserve["quantity"]["maximum"], QUANTITY_MAX);
        assert_eq!(reserve["seats"]["maxItems"], QUANTITY_MAX);
        let event = &schemas["NewEvent"]["properties"];
        assert_eq!(event["totalSeats"]["maximum"], SEATS_MAX);
        assert_eq!(event["seatTypes"]["maxItems"], GRADES_MAX);
        let grade = &schemas["NewSeatType"]["properties"];
        assert_eq!(grade["price"]["maximum"], PRICE_MAX);
        let list = &document["paths"]["/events"]["get"]["parameters"];
        let size = list
            .as_array()
            .expect("parameters")
            .iter()
            .find(|p| p["name"] == "size");
        assert_eq!(size.expect("a size")["schema"]["maximum"], PAGE_SIZE_MAX);
    }
}
