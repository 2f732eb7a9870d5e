//! What a bench found out, for people: printed, and on request written into `docs/performance.md`.
//!
//! The page has a pair of markers for each bench; what stands between them is the bench's own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use comfy_table::{CellAlignment, Table, presets};
use load::machine::Machine;

/// The page that holds the results, from the workspace's root.
const PAGE: &str = "docs/performance.md";

/// The folder of its pictures.
const PICTURES: &str = "docs/performance";

/// One bench's part of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    /// The name of its markers and its pictures.
    pub(crate) name: String,
    /// The names of columns.
    pub(crate) header: Vec<String>,
    /// What was measured.
    pub(crate) rows: Vec<Vec<String>>,
    /// What must be known to read it, and what the limit is.
    pub(crate) words: String,
    /// Drawings with what they show.
    pub(crate) pictures: Vec<(String, String)>,
    /// What makes the figures worthless.
    pub(crate) problems: Vec<String>,
}

impl Section {
    pub(crate) fn new(name: &str, header: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            header: header.iter().map(|&column| column.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Prints it, and writes it into the page if it is to be recorded. Returns whether the figures
    /// are worth anything.
    pub(crate) fn publish(&self, records: bool) -> anyhow::Result<bool> {
        let machine = Machine::look();
        println!(
            "{}\n\n{}\n\n{}",
            machine.describe(),
            self.table(),
            self.words
        );
        for problem in &self.problems {
            println!("\n*** WORTHLESS *** {problem}");
        }
        if records {
            ensure!(
                self.problems.is_empty(),
                "worthless figures are not recorded"
            );
            self.record(Path::new(PAGE), &machine)?;
        }
        Ok(self.problems.is_empty())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(&self.header);
        for row in &self.rows {
            table.add_row(row);
        }
        for index in 1..self.header.len() {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    fn record(&self, page: &Path, machine: &Machine) -> anyhow::Result<()> {
        fs::create_dir_all(PICTURES)?;
        for (index, (_, svg)) in self.pictures.iter().enumerate() {
            let file = Path::new(PICTURES).join(self.picture_name(index));
            fs::write(&file, svg).with_context(|| format!("writing {}", file.display()))?;
        }
        let text = fs::read_to_string(page).context("reading the page of results")?;
        let text = between_markers(&text, &self.name, &self.markdown(machine)?)?;
        fs::write(page, text).context("writing the page of results")
    }

    fn picture_name(&self, index: usize) -> String {
        match index {
            0 => format!("{}.svg", self.name),
            more => format!("{}-{more}.svg", self.name),
        }
    }

    fn markdown(&self, machine: &Machine) -> anyhow::Result<String> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let command = arguments.join(" ").replace(" --record", "");
        let mut out = format!(
            "`cargo xtask bench {command}`, commit {}; {}.\n\n",
            commit()?,
            machine.describe()
        );
        let _ = writeln!(
            out,
            "| {} |\n|---|{}",
            self.header.join(" | "),
            "--:|".repeat(self.header.len() - 1)
        );
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| cell.replace('\n', "; ")).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        for (index, (what, _)) in self.pictures.iter().enumerate() {
            let _ = writeln!(out, "\n![{what}](performance/{})", self.picture_name(index));
        }
        let _ = writeln!(out, "\n{}", self.words.replace('\n', " "));
        Ok(out)
    }
}

/// What the program is built of, from the workspace's root: the page of results is no part of it.
const SOURCES: [&str; 4] = ["crates", ".cargo", "Cargo.toml", "Cargo.lock"];

/// The commit that is measured, and its day.
fn commit() -> anyhow::Result<String> {
    let commit = git(&["show", "--no-patch", "--format=%h of %cs", "HEAD"])?;
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(SOURCES);
    Ok(told(&commit, &git(&status)?))
}

/// The commit, and whether it is all that is measured: `changes` is what `git status` lists.
fn told(commit: &str, changes: &str) -> String {
    if changes.is_empty() {
        commit.to_owned()
    } else {
        format!("{commit} WITH CHANGES THAT ARE NOT COMMITTED")
    }
}

/// What git answers.
fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).output();
    let output = output.context("asking git for the commit")?;
    ensure!(
        output.status.success(),
        "git {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn between_markers(page: &str, name: &str, text: &str) -> anyhow::Result<String> {
    let (begin, end) = (
        format!("<!-- bench {name} -->\n"),
        format!("<!-- end {name} -->"),
    );
    let parts = page
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.with_context(|| format!("the page has no place for {name}"))?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

/// `1,234`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_writes_between_its_own_markers_only() {
        let page = "a\n<!-- bench one -->\nold\n<!-- end one -->\nb\n<!-- bench two -->\n<!-- end two -->\n";

        let page = between_markers(page, "one", "new\n").unwrap();

        assert_eq!(
            page,
            "a\n<!-- bench one -->\nnew\n<!-- end one -->\nb\n<!-- bench two -->\n<!-- end two -->\n"
        );
        assert!(between_markers(&page, "three", "").is_err());
    }

    #[test]
    fn a_commit_that_is_not_all_that_is_measured_says_so() {
        assert_eq!(told("abc of 2026-11-28", ""), "abc of 2026-11-28");
        let dirty = told("abc of 2026-11-28", "M crates/load/src/lib.rs");
        assert!(dirty.contains("NOT COMMITTED"), "{dirty}");
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!(grouped(1_234_567.4), "1,234,567");
        assert_eq!(grouped(12.0), "12");
    }
}
