//! Files and functions stay small enough to read.

use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_source_file_is_longer_than_its_limit() {
    let mut files = Vec::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crates");
    sources(crates, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let lines = |file: &PathBuf| std::fs::read_to_string(file).expect("text").lines().count();
    let long: Vec<_> = files
        .iter()
        .filter(|file| lines(file) > FILE_LINES_MAX)
        .collect();
    assert!(
        long.is_empty(),
        "longer than {FILE_LINES_MAX} lines: {long:?}"
    );
}
