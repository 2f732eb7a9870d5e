//! The database of every drill: a primary that loses nothing, and the replica that takes its place.

use std::path::{Path, PathBuf};

use anyhow::Context;
use servers::{Server, mariadb};

/// Two servers, of which one is written to. Both end when this is dropped.
pub(crate) struct Databases {
    folder: PathBuf,
    primary: Server,
    /// None between a failover and [`Self::rebuild`].
    replica: Option<Server>,
    /// The number of the last server that was started; each is told apart from all before it.
    last_number: u16,
}

impl Databases {
    /// Starts both with their folders below `folder`.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let primary = mariadb::start_primary(folder, "drill-mariadb-1", 1)?.guarded();
        let replica = mariadb::start_replica(folder, "drill-mariadb-2", 2, &primary)?.guarded();
        Ok(Self {
            folder: folder.to_owned(),
            primary,
            replica: Some(replica),
            last_number: 2,
        })
    }

    /// Makes an empty database.
    pub(crate) fn create(&self, name: &str) -> anyhow::Result<()> {
        let create = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        self.query(&create).map(drop)
    }

    /// The port of the server that is written to.
    pub(crate) fn writer_port(&self) -> u16 {
        self.primary.port
    }

    /// The port of the server that may be read from: the writer where there is no other.
    pub(crate) fn reader_port(&self) -> u16 {
        self.replica.as_ref().unwrap_or(&self.primary).port
    }

    /// The URL of a database at the writer itself.
    pub(crate) fn writer_url(&self, name: &str) -> String {
        mariadb::url(&self.primary, name)
    }

    /// Asks the writer; a line for each row, with tabs between columns.
    pub(crate) fn query(&self, statement: &str) -> anyhow::Result<String> {
        mariadb::administer(&self.folder, &self.primary, statement)
    }

    /// The same of the replica.
    pub(crate) fn query_replica(&self, statement: &str) -> anyhow::Result<String> {
        let replica = self.replica.as_ref().context("there is no replica")?;
        mariadb::administer(&self.folder, replica, statement)
    }

    /// Ends the primary as a power cut would.
    pub(crate) fn kill_writer(&mut self) -> anyhow::Result<()> {
        self.primary.kill()
    }

    /// Makes the replica the primary.
    pub(crate) fn promote(&mut self) -> anyhow::Result<()> {
        let replica = self.replica.take().context("there is no replica")?;
        mariadb::promote(&self.folder, &replica)?;
        // What is left of the deposed one is of no use: it may have what nobody acknowledged.
        self.primary = replica;
        Ok(())
    }

    /// Makes a new replica where there is none, and has the primary wait for it; says whether it did.
    pub(crate) fn rebuild(&mut self) -> anyhow::Result<bool> {
        if self.replica.is_some() {
            return Ok(false);
        }
        self.last_number += 1;
        let number = self.last_number;
        let name = format!("drill-mariadb-{number}");
        let replica = mariadb::start_replica(&self.folder, &name, number, &self.primary)?;
        self.replica = Some(replica.guarded());
        Ok(true)
    }
}
