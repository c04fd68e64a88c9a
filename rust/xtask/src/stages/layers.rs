//! The order of the crates: a crate depends only on crates below it.

use crate::Outcome;
use crate::process::Ending;
use crate::report::Tally;

use super::running::{Logs, cargo};

/// Each crate, and the crates of this workspace that it may depend on.
const LAYERS: [(&str, &[&str]); 9] = [
    ("enet_proto", &[]),
    ("enet_codec", &[]),
    ("enet_dtls", &[]),
    ("enet_fleet", &[]),
    ("enet_net", &["enet_proto", "enet_codec", "enet_dtls"]),
    (
        "enet_multiplayer",
        &[
            "enet_proto",
            "enet_codec",
            "enet_dtls",
            "enet_fleet",
            "enet_net",
        ],
    ),
    (
        "enet_godot",
        &[
            "enet_proto",
            "enet_codec",
            "enet_dtls",
            "enet_fleet",
            "enet_net",
            "enet_multiplayer",
        ],
    ),
    ("packer", &[]),
    ("xtask", &[]),
];
/// The protocol crate and the most dependencies that it may have.
const SMALLEST: (&str, usize) = ("enet_proto", 5);
/// The names of this workspace's libraries begin with it.
const OURS: &str = "enet_";

/// Compares the direct dependencies of every crate, with all features, with the table.
pub fn check(logs: &Logs) -> Outcome<Tally> {
    let mut tally = Tally::default();
    for (name, allowed) in LAYERS {
        let mut command = cargo(&["tree", "--package", name, "--all-features"]);
        command.args(["--edges", "normal", "--prefix", "none", "--depth", "1"]);
        let run = logs.run(&mut command, &format!("layers-{name}"))?;
        if run.ending != Ending::Exit(0) {
            return Err(format!("cargo tree: {}\n{}", run.ending, run.tail(10)));
        }
        let found = violations(name, allowed, &run.output)?;
        tally.passed += usize::from(found.is_empty());
        tally.failed += found.len();
        for violation in &found {
            println!("   {violation}");
        }
        tally.failures.extend(found);
    }
    Ok(tally)
}

/// The dependencies in the output of `cargo tree` that the table does not allow.
fn violations(name: &str, allowed: &[&str], tree: &str) -> Outcome<Vec<String>> {
    let is_version = |word: &str| word.starts_with('v') && word.contains('.');
    let mut names = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        words.next().is_some_and(is_version).then_some(name)
    });
    if !names.any(|found| found == name) {
        return Err(format!("cargo tree did not list {name}\n{tree}"));
    }
    let dependencies: Vec<&str> = names.collect();
    let mut found: Vec<String> = dependencies
        .iter()
        .filter(|other| other.starts_with(OURS) && !allowed.contains(other))
        .map(|other| format!("{name} must not depend on {other}"))
        .collect();
    let (smallest, most) = SMALLEST;
    if name == smallest && dependencies.len() > most {
        found.push(format!(
            "{name} has {} dependencies, more than {most}: {}",
            dependencies.len(),
            dependencies.join(", ")
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_upwards_is_found() {
        let tree = "    Blocking waiting for file lock\nenet_net v0.1.0 (/x/rust/net)\n\
                    enet_proto v0.1.0 (/x/rust/proto)\nenet_multiplayer v0.1.0 (/x)\nnix v0.31.3\n";
        let found = violations("enet_net", &["enet_proto"], tree);
        let expected = "enet_net must not depend on enet_multiplayer".to_owned();
        assert_eq!(found, Ok(vec![expected]));
        let both = ["enet_proto", "enet_multiplayer"];
        assert_eq!(violations("enet_net", &both, tree), Ok(Vec::new()));
    }

    #[test]
    fn the_protocol_crate_has_few_dependencies() {
        let tree = |count: usize| {
            let others = (0..count).map(|number| format!("other{number} v1.0.0\n"));
            "enet_proto v0.1.0 (/x)\n".to_owned() + &others.collect::<String>()
        };
        assert_eq!(violations("enet_proto", &[], &tree(5)), Ok(Vec::new()));
        let found = violations("enet_proto", &[], &tree(6)).expect("a tree");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            violations("enet_codec", &[], "enet_codec v0.1.0\n"),
            Ok(Vec::new())
        );
    }

    #[test]
    fn a_tree_without_the_crate_is_an_error() {
        assert!(violations("enet_net", &[], "").is_err());
        assert!(violations("enet_net", &[], "enet_net is unknown\n").is_err());
    }
}
