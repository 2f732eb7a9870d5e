//! What can be held, by name.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn a_drill_that_nobody_knows_is_refused_with_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();

    let output = Command::new(env!("CARGO_BIN_EXE_drills"))
        .args(["node-kill", "coffee-break", "--quick"])
        .args(["--program", env!("CARGO_BIN_EXE_drills")])
        .arg("--out")
        .arg(folder.path())
        .output()
        .unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("coffee-break is no drill"), "{said}");
    for known in ["node-kill", "zone-loss", "contest", "soak"] {
        assert!(said.contains(known), "{known}: {said}");
    }
    // Nothing was begun for the one that is known.
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
