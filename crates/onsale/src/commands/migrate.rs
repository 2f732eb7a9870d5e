//! `onsale migrate`.

use std::process::ExitCode;

use storage::{OpenMode, SqliteStore};

use crate::config::Config;
use crate::platform::runtime;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let store = SqliteStore::open(&config.database_url, OpenMode::Migrate).await?;
        boxoffice::store::Store::close(&store).await;
        println!("the tables of {} are up to date", config.database_url);
        Ok(ExitCode::SUCCESS)
    })
}
