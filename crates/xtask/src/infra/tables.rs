//! The tables of inputs and outputs in the modules' READMEs, kept true.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::terraform::MODULES;
use crate::steps::root;

const BEGIN: &str = "<!-- inputs and outputs: cargo xtask infra --write-readmes -->\n";

/// A `variable` or `output` block.
#[derive(Debug, Default, PartialEq, Eq)]
struct Entry {
    name: String,
    description: String,
    kind: String,
    default: Option<String>,
}

/// Fails where a README does not show what its module takes and gives.
pub(super) fn check() -> anyhow::Result<()> {
    for module in MODULES {
        let folder = folder(module);
        for file in [
            "main.tf",
            "variables.tf",
            "outputs.tf",
            "versions.tf",
            "README.md",
        ] {
            ensure!(folder.join(file).is_file(), "module {module} lacks {file}");
        }
        let readme = std::fs::read_to_string(folder.join("README.md"))?;
        ensure!(
            readme == with_table(&readme, &folder)?,
            "module {module}: the README's table is out of date: cargo xtask infra --write-readmes"
        );
    }
    println!("the READMEs of {} modules are true", MODULES.len());
    Ok(())
}

/// Writes every table.
pub(super) fn write() -> anyhow::Result<()> {
    for module in MODULES {
        let folder = folder(module);
        let path = folder.join("README.md");
        let readme = std::fs::read_to_string(&path)
            .with_context(|| format!("{} is missing", path.display()))?;
        std::fs::write(path, with_table(&readme, &folder)?)?;
    }
    Ok(())
}

fn folder(module: &str) -> PathBuf {
    root().join("infra/terraform/modules").join(module)
}

fn with_table(readme: &str, folder: &Path) -> anyhow::Result<String> {
    let prose = readme.split(BEGIN).next().unwrap_or_default().trim_end();
    let inputs = entries(
        &std::fs::read_to_string(folder.join("variables.tf"))?,
        "variable",
    );
    let outputs = entries(
        &std::fs::read_to_string(folder.join("outputs.tf"))?,
        "output",
    );
    let mut out = format!("{prose}\n\n{BEGIN}\n## Inputs\n\n");
    out.push_str("| name | description | type | default |\n|---|---|---|---|\n");
    for entry in inputs {
        ensure!(
            !entry.description.is_empty(),
            "{}: {} has no description",
            folder.display(),
            entry.name
        );
        let default = entry
            .default
            .map_or_else(|| "required".to_owned(), |text| code(&text));
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {default} |",
            entry.name,
            entry.description,
            code(&entry.kind)
        );
    }
    out.push_str("\n## Outputs\n\n| name | description |\n|---|---|\n");
    for entry in outputs {
        ensure!(
            !entry.description.is_empty(),
            "{}: {} has no description",
            folder.display(),
            entry.name
        );
        let _ = writeln!(out, "| `{}` | {} |", entry.name, entry.description);
    }
    Ok(out)
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// The blocks of one kind. `terraform fmt` has made each begin and end at the line's start.
fn entries(text: &str, kind: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix(&format!("{kind} \"")) else {
            continue;
        };
        let mut entry = Entry {
            name: rest.split('"').next().unwrap_or_default().to_owned(),
            ..Entry::default()
        };
        while let Some(line) = lines.next_if(|line| *line != "}") {
            let Some((name, first)) = line
                .strip_prefix("  ")
                .and_then(|line| line.split_once('='))
            else {
                continue;
            };
            let mut value = first.trim().to_owned();
            while open(&value) > 0 {
                let Some(more) = lines.next() else { break };
                value.push(' ');
                value.push_str(more.trim());
            }
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            match name.trim() {
                "description" => value.trim_matches('"').clone_into(&mut entry.description),
                "type" => entry.kind = value,
                "default" => entry.default = Some(value),
                _ => {}
            }
        }
        found.push(entry);
    }
    found
}

/// How many brackets are open at the end.
fn open(text: &str) -> i32 {
    text.chars().fold(0, |depth, character| match character {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth - 1,
        _ => depth,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_over_several_lines_is_one_entry() {
        let text = "variable \"opening\" {\n  description = \"When.\"\n  type = object({\n    at = string\n  \
                    })\n  default = {}\n\n  validation {\n    condition = true\n  }\n}\n";

        assert_eq!(
            entries(text, "variable"),
            [Entry {
                name: "opening".to_owned(),
                description: "When.".to_owned(),
                kind: "object({ at = string })".to_owned(),
                default: Some("{}".to_owned()),
            }]
        );
    }

    #[test]
    fn without_a_default_a_variable_is_required() {
        let text = "variable \"name\" {\n  description = \"Who.\"\n  type        = string\n}\n";

        assert_eq!(entries(text, "variable")[0].default, None);
    }
}
