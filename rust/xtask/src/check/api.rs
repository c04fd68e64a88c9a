//! The binding compiles on each level of Godot's API that it has a feature for.

use std::fs;
use std::process::Command;

use crate::Outcome;
use crate::project::{self, at, root};

use super::succeed;

const PREFIX: &str = "api-";

/// Checks the levels; `only` is one of them, such as "4-5".
pub fn run(only: Option<&str>) -> Outcome<()> {
    let manifest = root().join("rust/godot/Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(at(&manifest))?;
    let mut levels = levels(&text);
    if let Some(only) = only {
        let known = levels.join(", ");
        levels.retain(|level| *level == only);
        if levels.is_empty() {
            return Err(format!("there is no level \"{only}\", only {known}"));
        }
    }
    if levels.is_empty() {
        return Err(format!(
            "{} has no features {PREFIX}...",
            manifest.display()
        ));
    }
    for level in levels {
        println!("== Godot's API {level}");
        let mut command = Command::new(project::cargo());
        command
            .args(["clippy", "--locked", "--package", "enet_godot"])
            .args(["--no-default-features", "--features"])
            .arg(format!("{PREFIX}{level}"))
            .args(["--", "-D", "warnings"])
            .current_dir(root());
        succeed(
            &mut command,
            &format!("the binding does not compile on Godot's API {level}"),
        )?;
    }
    Ok(())
}

/// The levels that the manifest has features for, without the prefix.
fn levels(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .filter_map(|line| line.strip_prefix(PREFIX)?.split_once('='))
        .map(|(level, _)| level.trim())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{PREFIX, levels, root};

    #[test]
    fn levels_are_the_features_with_the_prefix() {
        let manifest =
            "[features]\ndefault = [\"api-4-4\"]\napi-4-4 = []\napi-4-5=[]\nother = []\n";
        assert_eq!(levels(manifest), ["4-4", "4-5"]);
        assert!(levels("default = []\n").is_empty());
    }

    #[test]
    fn the_workflow_and_the_addon_agree_with_the_features() {
        let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
        let manifest = read("rust/godot/Cargo.toml");
        let levels = levels(&manifest);
        let matrix = format!("level: [{}]", levels.join(", "));
        assert!(read(".github/workflows/checks.yml").contains(&matrix));
        let lowest = format!("default = [\"{PREFIX}{}\"]", levels[0]);
        assert!(manifest.contains(&lowest));
        let minimum = format!(
            "compatibility_minimum = \"{}\"",
            levels[0].replace('-', ".")
        );
        assert!(read("addons/enet_rs/enet_rs.gdextension").contains(&minimum));
    }
}
