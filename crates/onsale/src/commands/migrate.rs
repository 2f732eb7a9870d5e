//! `onsale migrate`.

use std::process::ExitCode;

use storage::OpenMode;

use crate::config::{Config, without_password};
use crate::database;
use crate::platform::runtime;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        database::open(config, OpenMode::Migrate)
            .await?
            .close()
            .await;
        let url = without_password(&config.database_url);
        println!("the tables of {url} are up to date");
        Ok(ExitCode::SUCCESS)
    })
}
