//! Reads one setting at a time, so that one mistake does not hide the next.

use std::collections::BTreeSet;

use figment::providers::Serialized;
use figment::value::Value;
use figment::{Figment, Metadata, Provider};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::database::without_password;

/// A setting in effect, and where its value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effective {
    /// Its name.
    pub name: &'static str,
    /// Its value in TOML; secrets are not shown.
    pub value: String,
    /// Where it comes from: `default`, a file, the environment, a flag.
    pub source: String,
}

/// Takes settings out of the merged sources, and collects what is wrong with them.
#[derive(Debug)]
pub struct Reader {
    figment: Figment,
    known: BTreeSet<&'static str>,
    effective: Vec<Effective>,
    mistakes: Vec<String>,
}

/// A value from the command line: a number or a truth value where it reads like one.
pub(super) fn flag(name: &str, value: &str) -> impl Provider + use<> {
    let value: Value = value.parse().unwrap_or_else(|never| match never {});
    Serialized::global(name, value)
}

impl Reader {
    /// A reader over merged sources; `mistakes` were found on the way.
    pub const fn new(figment: Figment, mistakes: Vec<String>) -> Self {
        Self {
            figment,
            known: BTreeSet::new(),
            effective: Vec::new(),
            mistakes,
        }
    }

    /// Reads a setting into its field, if it is set.
    pub fn set<T: DeserializeOwned + Serialize>(&mut self, name: &'static str, field: &mut T) {
        if let Some(value) = self.take(name) {
            *field = value;
        }
        let shown = Value::serialize(&*field).map_or_else(|_| "?".to_owned(), |value| toml(&value));
        self.note(name, shown);
    }

    /// Reads a URL, which is shown without its password.
    pub fn set_url(&mut self, name: &'static str, field: &mut String) {
        if let Some(value) = self.take(name) {
            *field = value;
        }
        self.note(name, format!("{:?}", without_password(field)));
    }

    /// Reads a URL that may be left out, which is shown without its password.
    pub fn set_optional_url(&mut self, name: &'static str, field: &mut Option<String>) {
        if let Some(value) = self.take::<String>(name) {
            *field = Some(value).filter(|value| !value.is_empty());
        }
        let shown = field.as_ref().map_or_else(
            || "(none)".to_owned(),
            |url| format!("{:?}", without_password(url)),
        );
        self.note(name, shown);
    }

    /// Reads a setting that is never shown. Digits alone are a token too.
    pub fn set_secret(&mut self, name: &'static str, field: &mut Option<SecretString>) {
        if let Some(value) = self.take::<Value>(name) {
            let text = value.as_str().map_or_else(|| toml(&value), str::to_owned);
            *field = Some(text)
                .filter(|text| !text.is_empty())
                .map(SecretString::from);
        }
        let shown = if field.is_some() {
            "(set, not shown)"
        } else {
            "(none)"
        };
        self.note(name, shown.to_owned());
    }

    /// Tells of settings that nobody asked for: a misspelt name would else be silence.
    pub fn expect_no_strangers(&mut self) {
        let data = match self.figment.data() {
            Ok(data) => data,
            Err(error) => {
                self.mistakes
                    .extend(error.into_iter().map(|error| error.to_string()));
                return;
            }
        };
        for name in data.values().flat_map(figment::value::Dict::keys) {
            if !self.known.contains(name.as_str()) {
                let source = self.source(name);
                self.mistakes
                    .push(format!("{name}: there is no such setting (from {source})"));
            }
        }
    }

    /// The settings in effect, and the mistakes.
    pub fn finish(self) -> (Vec<Effective>, Vec<String>) {
        (self.effective, self.mistakes)
    }

    fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        self.known.insert(name);
        if !self.figment.contains(name) {
            return None;
        }
        match self.figment.extract_inner(name) {
            Ok(value) => Some(value),
            Err(error) => {
                let source = self.source(name);
                let kinds: Vec<String> = error
                    .into_iter()
                    .map(|error| error.kind.to_string())
                    .collect();
                self.mistakes
                    .push(format!("{name}: {} (from {source})", kinds.join("; ")));
                None
            }
        }
    }

    fn note(&mut self, name: &'static str, value: String) {
        let source = self.source(name);
        self.effective.push(Effective {
            name,
            value,
            source,
        });
    }

    fn source(&self, name: &str) -> String {
        self.figment
            .find_metadata(name)
            .map_or_else(|| "default".to_owned(), describe)
    }
}

fn describe(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        _ if metadata.name.contains("environment") => "environment".to_owned(),
        _ => "flag".to_owned(),
    }
}

fn toml(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Num(_, number) => number
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| number.to_u128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string()))
            .unwrap_or_default(),
        other => format!("{other:?}"),
    }
}
