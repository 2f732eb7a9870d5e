//! Where contenders keep what they sell: files, or databases on one server, as durable as each other.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use servers::{Server, mariadb, redis, running};

/// A kind of database to sell from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// `SQLite` with a write-ahead log, synced at every commit.
    Sqlite,
    /// A private `MariaDB`, its log and its binary log synced at every commit, and a private Redis.
    Mysql,
}

impl Store {
    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Mysql => "MariaDB",
        }
    }
}

/// Databases of one kind.
pub(crate) enum Databases {
    /// Files in this folder.
    Files(PathBuf),
    /// On these servers, which end with us.
    OnServers { mariadb: Server, redis: Server },
}

impl Databases {
    /// Starts what is needed; files go to `directory`.
    pub(crate) fn open(store: Store, directory: &Path) -> anyhow::Result<Self> {
        match store {
            Store::Sqlite => Ok(Self::Files(directory.to_owned())),
            Store::Mysql => {
                let (folder, own) = (running::folder(), std::process::id());
                let mariadb = mariadb::start_durable(&folder, &format!("mariadb-bench-{own}"))?;
                let mariadb = mariadb.guarded();
                let redis = redis::start(&folder, &format!("redis-bench-{own}"), &[])?;
                Ok(Self::OnServers {
                    mariadb,
                    redis: redis.guarded(),
                })
            }
        }
    }

    /// The URL of a new, empty database.
    pub(crate) fn create(&self, name: &str) -> anyhow::Result<String> {
        match self {
            Self::Files(folder) => Ok(format!(
                "sqlite:{}",
                folder.join(name).with_extension("db").display()
            )),
            Self::OnServers { mariadb, .. } => {
                let name = format!("onsale_{name}");
                let create =
                    format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
                mariadb::administer(&running::folder(), mariadb, &create)?;
                Ok(mariadb::url(mariadb, &name))
            }
        }
    }

    /// The URL of the Redis beside the database server.
    pub(crate) fn redis_url(&self) -> Option<String> {
        match self {
            Self::Files(_) => None,
            Self::OnServers { redis, .. } => Some(redis::url(redis)),
        }
    }

    /// A counter of the database server since its start, by its name in `SHOW GLOBAL STATUS`.
    pub(crate) fn counter(&self, name: &str) -> anyhow::Result<u64> {
        let Self::OnServers { mariadb, .. } = self else {
            return Ok(0);
        };
        let query = format!("SHOW GLOBAL STATUS LIKE '{name}'");
        let line = mariadb::administer(&running::folder(), mariadb, &query)?;
        let value = line.split_whitespace().last().unwrap_or_default();
        Ok(value.parse()?)
    }

    /// The process id of the database server.
    pub(crate) fn pid(&self) -> Option<i32> {
        match self {
            Self::Files(_) => None,
            Self::OnServers { mariadb, .. } => Some(mariadb.pid()),
        }
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        if let Self::OnServers { mariadb, redis } = self {
            for server in [mariadb, redis] {
                // Gigabytes, after a long load. What is left behind is made anew next time.
                let _ = server.kill();
                let _ = std::fs::remove_dir_all(&server.folder);
            }
        }
    }
}
