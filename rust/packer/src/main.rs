//! The parts of `cargo xtask package` that need crates. xtask starts this program, so that the other commands build fast.
//!
//! - `packer zip ZIP FOLDER`: a zip of the folder, the same bytes for the same files
//! - `packer licences OUTPUT TARGET...`: the licences of everything in the libraries for these targets
//! - `packer facts LIBRARY...`: what a library needs and has, a line for each

mod facts;
mod licences;
mod linked;
mod standard;
mod zips;

use std::path::Path;
use std::process::ExitCode;

/// The result of a step; a failure is a text for the user.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["zip", zip, folder] => zips::write(Path::new(zip), Path::new(folder)),
        ["licences", output, targets @ ..] if !targets.is_empty() => {
            licences::write(Path::new(output), targets)
        }
        ["facts", libraries @ ..] => libraries
            .iter()
            .try_for_each(|library| facts::print(Path::new(library))),
        _ => {
            Err("use: packer zip ZIP FOLDER | licences OUTPUT TARGET... | facts LIBRARY...".into())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("error: {cause}");
            ExitCode::FAILURE
        }
    }
}

/// Adds the path to an error.
fn at<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}
