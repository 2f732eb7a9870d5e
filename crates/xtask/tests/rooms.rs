//! Dependencies between our crates point one way.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our crates each of our crates may use, outside its tests.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("boxoffice", &[]),
    ("storage", &["boxoffice"]),
    ("coordination", &["boxoffice"]),
    ("web", &["boxoffice"]),
    ("load", &[]),
    ("sim", &["boxoffice", "storage", "coordination"]),
    ("bench", &["load", "servers"]),
    (
        "onsale",
        &["boxoffice", "storage", "coordination", "web", "load", "sim"],
    ),
    ("servers", &[]),
    ("drills", &["load", "servers"]),
    ("xtask", &["servers"]),
];

/// What a room must not know, whoever brings it in.
const STRANGERS: [(&str, &[&str]); 5] = [
    ("boxoffice", &["axum", "hyper", "sqlx", "redis"]),
    ("storage", &["axum", "hyper", "redis"]),
    ("coordination", &["axum", "hyper", "sqlx"]),
    ("web", &["sqlx", "redis"]),
    ("sim", &["axum", "hyper", "sqlx", "redis", "metrics"]),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let of = |package: &cargo_metadata::Package| {
        let normal = |dependency: &&cargo_metadata::Dependency| {
            dependency.kind != DependencyKind::Development
        };
        package
            .dependencies
            .iter()
            .filter(normal)
            .map(|found| found.name.clone())
            .collect()
    };
    metadata
        .packages
        .iter()
        .map(|package| (package.name.to_string(), of(package)))
        .collect()
}

#[test]
fn our_crates_use_each_other_in_one_direction_only() {
    let found = dependencies();
    let ours: BTreeSet<&str> = ALLOWED.iter().map(|(room, _)| *room).collect();
    assert_eq!(
        found.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ours
    );
    for (room, allowed) in ALLOWED {
        let used = found[room]
            .iter()
            .map(String::as_str)
            .filter(|name| ours.contains(name));
        let strangers: Vec<&str> = used.filter(|name| !allowed.contains(name)).collect();
        assert!(strangers.is_empty(), "{room} must not use {strangers:?}");
    }
}

#[test]
fn no_room_knows_what_it_should_not() {
    let found = dependencies();
    for (room, strangers) in STRANGERS {
        let known: Vec<_> = strangers
            .iter()
            .filter(|name| found[room].contains(**name))
            .collect();
        assert!(known.is_empty(), "{room} must not know {known:?}");
    }
}
