//! The configuration as an engineer meets it: reference, sources, mistakes.

use crate::server::{House, onsale};

fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = onsale()
        .env_remove("ONSALE_LOG_FILTER")
        .current_dir(folder.path())
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("onsale runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (text, output.status.code())
}

#[test]
fn every_setting_is_in_the_reference_with_its_default() {
    let reference = include_str!("../../../../docs/configuration.md");
    let (shown, code) = printed(&["config", "show"], &[]);
    assert_eq!(code, Some(0), "{shown}");
    let settings: Vec<_> = shown.lines().collect();
    assert!(settings.len() > 30, "{shown}");
    for line in settings {
        let (setting, source) = line
            .trim_start_matches("# ")
            .rsplit_once(" # ")
            .expect("a source");
        let (name, value) = setting.split_once(" = ").expect("a setting");
        assert_eq!(source, "default", "{line}");
        let row = format!("| `{name}` | `{}` |", value.trim());
        assert!(reference.contains(&row), "the reference has no line {row}");
    }
}

#[test]
fn every_mistake_is_told_at_once_and_nothing_is_served() {
    let environment = [
        ("ONSALE_LISTEN", "nowhere"),
        ("ONSALE_BATCH_LEN_MAX", "many"),
        ("ONSALE_QUEUE_LEN_MAX", "0"),
        ("ONSALE_LISTN", "127.0.0.1:1"),
        ("ONSALE_ADMIN_TOKEN", "short"),
        ("ONSALE_TIME_ZONE", "Mars/Olympus"),
        ("ONSALE_LOG_FILTER", "web=loud"),
    ];
    let (text, code) = printed(&["serve"], &environment);
    assert_eq!(code, Some(78), "{text}");
    for name in [
        "listen",
        "batch_len_max",
        "queue_len_max",
        "listn",
        "admin_token",
        "time_zone",
        "log_filter",
    ] {
        assert!(text.contains(name), "{name} is not mentioned: {text}");
    }
}

#[test]
fn an_address_for_everybody_wants_a_token() {
    let (text, code) = printed(&["config", "check", "--listen", "0.0.0.0:8080"], &[]);
    assert_eq!(code, Some(78), "{text}");
    assert!(text.contains("ONSALE_ADMIN_TOKEN"), "{text}");

    let token = [("ONSALE_ADMIN_TOKEN", "0123456789abcdef")];
    let (text, code) = printed(&["config", "check", "--listen", "0.0.0.0:8080"], &token);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_flag_beats_the_environment_and_the_environment_a_file() {
    let house = House::new().with("ONSALE_IDLE_SECS", "7");
    std::fs::write(
        house.folder().join("onsale.toml"),
        "idle_secs = 5\ndue_len_max = 9\n",
    )
    .expect("a file");
    let shown = |arguments: &[&str]| {
        let output = house.command(arguments).output().expect("onsale runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let from_both = shown(&["config", "show"]);
    assert!(
        from_both
            .lines()
            .any(|line| line.starts_with("idle_secs = 7")),
        "{from_both}"
    );
    assert!(
        from_both
            .lines()
            .any(|line| line.starts_with("due_len_max = 9")),
        "{from_both}"
    );
    let with_flag = shown(&["config", "show", "--set", "idle_secs=8"]);
    assert!(
        with_flag
            .lines()
            .any(|line| line.starts_with("idle_secs = 8")),
        "{with_flag}"
    );
}

#[test]
fn the_token_is_never_shown() {
    let token = [("ONSALE_ADMIN_TOKEN", "a-token-of-the-organizer")];
    let (text, _) = printed(&["config", "show"], &token);
    assert!(!text.contains("a-token-of-the-organizer"), "{text}");
    assert!(text.contains("admin_token"), "{text}");
}

#[test]
fn a_password_in_a_url_is_never_shown() {
    let environment = [
        ("ONSALE_DATABASE_URL", "mysql://onsale:geheim@db/onsale"),
        (
            "ONSALE_DATABASE_READER_URL",
            "mysql://onsale:geheim@reader/onsale",
        ),
    ];
    let (text, code) = printed(&["config", "show"], &environment);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("geheim"), "{text}");
    assert!(text.contains("mysql://onsale:***@reader/onsale"), "{text}");
}

#[test]
fn what_fuzzers_kept_of_configurations_is_read_or_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder.join("../../fuzz/corpus/configuration"));
    let mut count = 0;
    for file in files.expect("a corpus") {
        let path = file.expect("a file").path();
        println!("{}", path.display());
        onsale::config::door(&std::fs::read(path).expect("its bytes"));
        count += 1;
    }
    assert!(count > 3, "{count} inputs");
}
