//! The integrators' guide, taken at its word: its commands are run, in both languages.

use std::process::Command;

use crate::server::House;

const GUIDES: [(&str, &str); 2] = [
    ("api.md", include_str!("../../../../docs/api.md")),
    ("api.ko.md", include_str!("../../../../docs/api.ko.md")),
];

/// The shell commands of a guide, in their order.
fn commands(guide: &str) -> Vec<&str> {
    let blocks = guide.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().expect("an end"))
        .collect()
}

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    for (name, guide) in GUIDES {
        let house = House::new();
        let server = house.open();
        let script = commands(guide).join("\n");
        let output = Command::new("bash")
            .args(["-eux", "-c", &script])
            .env("ONSALE", &server.url)
            .output()
            .expect("bash runs");
        let heard = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {heard}");
    }
}

#[test]
fn both_guides_give_the_same_commands() {
    let [english, korean] = GUIDES.map(|(_, guide)| commands(guide));
    assert!(english.len() > 10, "{english:?}");
    assert_eq!(english, korean);
}
