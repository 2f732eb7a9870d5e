//! Opens the store that the configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use boxoffice::store::Store;
use storage::{MySqlStore, OpenMode, SqliteStore};

use crate::config::{Config, Engine, engine, without_password};

/// Opens the database.
pub(crate) async fn open(config: &Config, mode: OpenMode) -> anyhow::Result<Arc<dyn Store>> {
    let url = &config.database_url;
    match engine(url) {
        Some(Engine::Sqlite) => Ok(Arc::new(SqliteStore::open(url, mode).await?)),
        Some(Engine::MySql) => {
            let reader = config.database_reader_url.as_deref();
            let store = MySqlStore::open(url, reader, config.database, mode).await?;
            Ok(Arc::new(store))
        }
        None => bail!("{} is no database", without_password(url)),
    }
}

/// The folder whose disk has to have room: a file's own, or where this process works.
pub(crate) fn folder(config: &Config) -> PathBuf {
    let path = config
        .database_url
        .strip_prefix("sqlite:")
        .map_or("", |path| path.trim_start_matches("//"));
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
