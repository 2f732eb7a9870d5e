//! The configuration file, as a source for figment: figment's own reader of TOML drags in an editor
//! of TOML, which takes longer to build than everything else about the configuration.

use std::path::{Path, PathBuf};

use figment::value::{Dict, Map};
use figment::{Error, Metadata, Profile, Provider};

/// Settings written in TOML.
pub(super) struct Toml {
    file: Option<PathBuf>,
    text: Result<String, std::io::Error>,
}

impl Toml {
    /// What a file holds; that it cannot be read is told when it is asked for its settings.
    pub(super) fn file(path: &Path) -> Self {
        Self {
            file: Some(path.to_owned()),
            text: std::fs::read_to_string(path),
        }
    }

    /// What a text holds.
    pub(super) fn text(text: &str) -> Self {
        Self {
            file: None,
            text: Ok(text.to_owned()),
        }
    }
}

impl Provider for Toml {
    fn metadata(&self) -> Metadata {
        match &self.file {
            Some(path) => Metadata::from("TOML file", path.as_path()),
            None => Metadata::named("TOML text"),
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let text = match &self.text {
            Ok(text) => text,
            Err(error) => return Err(Error::from(error.to_string())),
        };
        let settings: Dict =
            toml::from_str(text).map_err(|error| Error::from(error.to_string()))?;
        Ok(Profile::Default.collect(settings))
    }
}
