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
        check_trust(&text).map_err(|cause| format!("{}: {cause}", file.display()))?;
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

/// Code of others gets neither secrets nor the right to write: that of a pull request, and the build scripts of crates.
fn check_trust(workflow: &str) -> Outcome<()> {
    // It runs with the secrets of the repository for whoever opens a pull request.
    if workflow.contains("pull_request_target") {
        return Err("pull_request_target gives the secrets to code of strangers".to_owned());
    }
    for (name, job) in jobs(workflow) {
        if job.contains("secrets.") {
            if !job.contains("\n    environment: ") {
                return Err(format!(
                    "the job {name} has secrets without an environment, so that each branch has them"
                ));
            }
            if job.contains("cargo ") || job.contains(".ci/library") {
                return Err(format!(
                    "the job {name} has secrets and builds: a build runs programs of its dependencies"
                ));
            }
        }
        if job.contains(": write") && job.contains("actions/checkout@") {
            return Err(format!(
                "the job {name} may write, and has the project's code to run"
            ));
        }
    }
    Ok(())
}

/// The names of the jobs, and their lines.
fn jobs(workflow: &str) -> Vec<(&str, String)> {
    let all = workflow.split("\njobs:\n").nth(1).unwrap_or_default();
    let mut jobs: Vec<(&str, String)> = Vec::new();
    for line in all.lines() {
        let name = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with([' ', '#']))
            .and_then(|rest| rest.strip_suffix(':'));
        match (name, jobs.last_mut()) {
            (Some(name), _) => jobs.push((name, "\n".to_owned())),
            (None, Some((_, job))) => *job += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    jobs
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
    fn secrets_and_rights_are_kept_from_code_of_others() {
        let check = |job: &str| check_trust(&format!("on:\n  push:\n\njobs:\n  a:\n{job}"));
        let secret = "    steps:\n      - run: bash .ci/sign-macos\n        env:\n          A: ${{ secrets.A }}\n";
        let environment = "    environment: signing\n";
        assert!(check(secret).is_err());
        assert_eq!(check(&format!("{environment}{secret}")), Ok(()));
        let building = "      - run: bash .ci/library macos\n";
        assert!(check(&format!("{environment}{secret}{building}")).is_err());
        // Another job may build.
        assert_eq!(
            check(&format!(
                "{environment}{secret}\n  b:\n    steps:\n{building}"
            )),
            Ok(())
        );
        let writing = "    permissions:\n      contents: write\n    steps:\n";
        let checkout = "      - uses: actions/checkout@0\n";
        assert_eq!(check(writing), Ok(()));
        assert!(check(&format!("{writing}{checkout}")).is_err());
        assert!(check_trust("on: pull_request_target\n").is_err());
    }

    #[test]
    fn the_workflows_keep_the_rules() {
        let folder = root().join(FOLDER);
        let mut count = 0;
        for entry in fs::read_dir(&folder).expect("the workflows") {
            let text = fs::read_to_string(entry.expect("a workflow").path()).expect("text");
            assert_eq!(check_pins(&text), Ok(()));
            assert_eq!(check_trust(&text), Ok(()));
            count += jobs(&text).len();
        }
        assert_eq!(count, 11);
    }

    /// The server of the releases gives out a wrong build, with a list of sums that fits it.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_wrong_build_of_godot_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = crate::project::target().join("godot-of-a-test");
        crate::apt::remove(&folder).expect("the target folder can be written");
        let programs = folder.join("programs");
        fs::create_dir_all(folder.join(".ci")).expect("a folder");
        fs::create_dir_all(&programs).expect("a folder");
        for name in [".ci/godot", ".ci/godot.sums"] {
            fs::copy(root().join(name), folder.join(name)).expect("copied");
        }
        let curl = "file=; while [ $# -gt 1 ]; do [ \"$1\" = --output ] && file=$2; shift; done\n\
                    case $file in *SUMS.txt) cd \"$(dirname \"$file\")\"; sha512sum *.zip >\"$file\" ;; *) echo bad >\"$file\" ;; esac";
        for (name, text) in [
            ("curl", curl),
            ("unzip", "exit 0"),
            ("uname", "[ $1 = -s ] && echo Linux || echo x86_64"),
        ] {
            let place = programs.join(name);
            fs::write(&place, format!("#!/bin/sh\n{text}\n")).expect("written");
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("set");
        }
        let path = format!(
            "{}:{}",
            programs.display(),
            std::env::var("PATH").expect("a path")
        );
        let get = |version: &str| {
            let mut command = Command::new("bash");
            command.arg(folder.join(".ci/godot")).arg(version);
            let output = command.env("PATH", &path).output().expect("bash");
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.success(), words)
        };
        let (is_taken, words) = get("4.6.3");
        assert!(!is_taken && words.contains("FAILED"), "{words}");
        // Without a sum here, the list of the release is all there is.
        let (is_taken, words) = get("4.99.9");
        assert!(is_taken && words.contains("has no sum"), "{words}");
        crate::apt::remove(&folder).expect("the target folder can be written");
    }

    #[test]
    fn a_script_must_exist() {
        let root = crate::project::root();
        assert_eq!(check_scripts("  run: bash .ci/run\n", &root), Ok(()));
        assert!(check_scripts("  run: bash .ci/nothing --all\n", &root).is_err());
    }
}
