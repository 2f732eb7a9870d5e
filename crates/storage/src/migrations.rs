//! Migrations of any engine: what a list of them is, and how it is applied.

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One file: its number, its text and its name.
pub(crate) type File = (&'static str, &'static str, &'static str);

/// The files of an engine's folder, by number and name, in their order.
macro_rules! migrations {
    ($engine:literal: $($version:literal $name:literal),* $(,)?) => {
        &[$((
            $version,
            include_str!(concat!("../../migrations/", $engine, "/", $version, "_", $name, ".sql")),
            $name,
        )),*]
    };
}

pub(crate) use migrations;

/// The version that these files lead to.
pub(crate) const fn version(files: &[File]) -> i64 {
    // A handful, so that nothing can wrap.
    #[expect(clippy::cast_possible_wrap)]
    let version = files.len() as i64;
    version
}

/// Applies these files.
pub(crate) fn migrator(files: &'static [File]) -> Migrator {
    let migrations = files.iter().zip(1..).map(|((_, sql, name), version)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(version, (*name).into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// Whether the files are numbered from 1 without a gap.
#[cfg(test)]
pub(crate) fn are_numbered(files: &[File]) -> bool {
    let mut numbered = (1..).zip(files);
    numbered.all(|(number, (version, ..))| version.parse() == Ok(number))
}
