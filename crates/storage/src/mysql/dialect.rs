//! That our statements stay within what `MySQL` 8.0, Aurora `MySQL` 3 and `MariaDB` 10.11 all take.
//!
//! Tests run them on `MariaDB`; this looks for what only one of the others would refuse.

use std::path::Path;

/// Words that one of them does not know, or understands differently, and who.
const FORBIDDEN: [(&str, &str); 26] = [
    ("RETURNING", "MySQL has none"),
    (" UUID", "MySQL has no such type"),
    ("INET6", "MySQL has no such type"),
    ("SEQUENCE", "MySQL has none"),
    ("NEXTVAL", "MySQL has none"),
    ("CREATE OR REPLACE TABLE", "MariaDB only"),
    ("SYSTEM VERSIONING", "MariaDB only"),
    ("ADD COLUMN IF NOT EXISTS", "MariaDB only"),
    ("DROP COLUMN IF EXISTS", "MariaDB only"),
    ("CREATE INDEX IF NOT EXISTS", "MariaDB only"),
    ("BEGIN NOT ATOMIC", "MariaDB only"),
    ("EXECUTE IMMEDIATE", "MariaDB only"),
    ("SET STATEMENT", "MariaDB only"),
    ("uca1400", "MariaDB's collation"),
    ("utf8mb4_0900", "MySQL's collation"),
    ("utf8mb4_nopad", "MariaDB's collation"),
    ("LATERAL", "MariaDB 10.11 has none"),
    ("VALUES ROW", "MySQL's way to write it"),
    ("INTERSECT", "MySQL before 8.0.31 has none"),
    ("EXCEPT ", "MySQL before 8.0.31 has none"),
    ("FETCH FIRST", "MySQL has none"),
    ("ON CONFLICT", "SQLite's"),
    ("JSON_TABLE", "they differ"),
    ("MEMBER OF", "MariaDB has none"),
    ("||", "a disjunction, unless the mode says otherwise"),
    ("INVISIBLE", "they differ"),
];

/// Every text that is sent: string literals of these folders' sources, and the migrations.
fn statements() -> Vec<(String, String)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src/mysql", "src/rows", "migrations/mysql"] {
        for entry in std::fs::read_dir(here.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            if name == "dialect.rs" {
                continue;
            }
            let code = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default();
            let sql = if is(&name, "rs") {
                literals(code).join("\n")
            } else {
                without_comments(code)
            };
            found.push((name, sql));
        }
    }
    found
}

fn is(file: &str, kind: &str) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|extension| extension == kind)
}

fn without_comments(sql: &str) -> String {
    let lines = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The string literals of a Rust source without its comments.
fn literals(code: &str) -> Vec<String> {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace("\\\"", "");
    let pieces = code.split('"').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}

#[test]
fn no_statement_is_for_one_server_only() {
    let statements = statements();
    assert!(statements.len() > 25, "the statements were not found");
    let mut bad = Vec::new();
    for (file, sql) in &statements {
        let upper = sql.to_uppercase();
        for (word, why) in FORBIDDEN {
            if upper.contains(&word.to_uppercase()) {
                bad.push(format!("{file}: {word}: {why}"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn migrations_are_one_statement_each_and_name_their_engine() {
    for (file, sql) in statements() {
        if !is(&file, "sql") {
            continue;
        }
        assert!(!sql.contains(';'), "{file} has more than one statement");
        if sql.contains("CREATE TABLE") {
            let end = "ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
            assert!(
                sql.trim_end().ends_with(end),
                "{file} does not end in {end}"
            );
        }
    }
}

#[test]
fn the_words_that_are_looked_for_are_found() {
    let bad = literals("let a = \"INSERT INTO t VALUES (1) RETURNING id\"; // \"UUID\"\n// \"x\"");
    assert!(bad.iter().any(|sql| sql.contains("RETURNING")), "{bad:?}");
    assert!(!bad.iter().any(|sql| sql.contains('x')), "{bad:?}");
}
