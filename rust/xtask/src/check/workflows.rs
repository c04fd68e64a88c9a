//! The workflows of GitHub Actions, by actionlint's successor: no run can check them before they are there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::project::{at, root};
use crate::pypi::Package;

use super::succeed;

const FOLDER: &str = ".github/workflows";
/// How an action by its commit ends: 40 hexadecimal digits.
const COMMIT: usize = 40;

const LINTER: Package = Package {
    name: "jactionlint",
    version: "2.3.0",
    program: "jactionlint",
    hashes: &[
        "4293053b50800cf5899fca39c2e10a84c4b2926aa68fc2a7610114e37825836f",
        "bfda081c2313c1ba9b17244f784a1e11e09e274021e26fdff3e3c76f094b48d0",
        "afd9feaf72a7abef7a5f72b393158d0bc5b67ac636d4ae41ca59406181b83d1c",
        "8fc69af70b22858031130737e1f86c7e04870ae6b6146dc4fe53bb0753236378",
        "e855f3d01a55f1a7aecafa93e86908acccb4adb4aa2d5b550823494fd4ff09ce",
    ],
};

/// Checks all of them.
pub fn run() -> Outcome<()> {
    let folder = root().join(FOLDER);
    for entry in fs::read_dir(&folder).map_err(at(&folder))? {
        let file = entry.map_err(at(&folder))?.path();
        let text = fs::read_to_string(&file).map_err(at(&file))?;
        check_pins(&text).map_err(|cause| format!("{}: {cause}", file.display()))?;
        check_scripts(&text, &root()).map_err(|cause| format!("{}: {cause}", file.display()))?;
    }
    let program = LINTER.find()?;
    let mut command = Command::new(program);
    // The tests run in the newest image of Rust, as a developer has it, and without a secret to lose.
    command.arg("--ignore=unpinned-images").current_dir(root());
    succeed(
        &mut command,
        &format!("the workflows in {FOLDER} have mistakes"),
    )
}

/// A tag can be moved to other code, a commit cannot.
fn check_pins(workflow: &str) -> Outcome<()> {
    for line in workflow.lines() {
        let Some((_, action)) = line.split_once("uses: ") else {
            continue;
        };
        let action = action.split_whitespace().next().unwrap_or_default();
        let commit = action.split_once('@').map(|(_, commit)| commit);
        let is_pinned = commit.is_some_and(|commit| {
            commit.len() == COMMIT && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if !is_pinned && !action.starts_with("./") {
            return Err(format!("{action} is not pinned to a commit"));
        }
    }
    Ok(())
}

/// The scripts that a workflow runs exist.
fn check_scripts(workflow: &str, root: &Path) -> Outcome<()> {
    let words = workflow.lines().flat_map(str::split_whitespace);
    for script in words.filter(|word| word.starts_with(".ci/")) {
        if !root.join(script).is_file() {
            return Err(format!("there is no {script}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_must_be_pinned_to_a_commit() {
        let pinned = "      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7";
        assert_eq!(check_pins(pinned), Ok(()));
        assert_eq!(check_pins("  - uses: ./.github/actions/rust\n"), Ok(()));
        assert!(check_pins("  - uses: actions/checkout@v7\n").is_err());
        assert!(check_pins("  - uses: actions/checkout\n").is_err());
    }

    #[test]
    fn a_script_must_exist() {
        let root = crate::project::root();
        assert_eq!(check_scripts("  run: bash .ci/run\n", &root), Ok(()));
        assert!(check_scripts("  run: bash .ci/nothing --all\n", &root).is_err());
    }
}
