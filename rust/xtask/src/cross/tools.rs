//! The tools of this command, fetched below the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Ending};
use crate::project::{self, at};
use crate::{Outcome, apt};

use super::folder;

/// The tools from the Python package index, with their versions and the hashes of their files. What they build goes to
/// players, so pip must take no other file.
const PYTHON_PACKAGES: &str = include_str!("../../cross/requirements.txt");
/// Packages that are not in the list, or whose files have other hashes, are refused, and so are packages that would run a
/// program of theirs to be installed.
const PIP_OPTIONS: [&str; 4] = ["--no-deps", "--only-binary", ":all:", "--require-hashes"];
/// Debian's suites that may have the source of the compiler's standard library, newest last: any of them may keep the
/// version that is needed.
const SOURCE_SUITES: [&str; 4] = ["trixie-backports", "testing", "unstable", "experimental"];
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(900);

/// Where a target's standard library comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum StandardLibrary {
    /// The compiler has it, from rustup or the system's packages.
    Installed,
    /// It is built from its source, with this stand-in for the compiler. That needs unstable options of a stable
    /// compiler: good for trials on one machine. Releases are built where rustup has the targets.
    Source { rustc: PathBuf },
}

/// The fetched tools.
pub struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Fetches what is missing.
    pub fn ready() -> Outcome<Self> {
        let folder = folder().join("tools");
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let tools = Self { folder };
        let _lock = tools.lock()?;
        tools.fetch_python_packages()?;
        Ok(tools)
    }

    pub fn zigbuild(&self) -> PathBuf {
        self.python().join("bin/cargo-zigbuild")
    }

    pub fn zig(&self) -> PathBuf {
        self.python().join("ziglang/zig")
    }

    /// Zig as a C compiler: `zig cc`.
    pub fn zig_cc(&self) -> Command {
        let mut command = Command::new(self.zig());
        command.arg("cc");
        self.set_caches(&mut command);
        command
    }

    /// Keeps the caches of zig and cargo-zigbuild below the target folder.
    pub fn set_caches(&self, command: &mut Command) {
        let cache = folder().join("zig-cache");
        command
            .env("ZIG_GLOBAL_CACHE_DIR", &cache)
            .env("ZIG_LOCAL_CACHE_DIR", &cache)
            .env("CARGO_ZIGBUILD_CACHE_DIR", folder().join("zigbuild"))
            .env("CARGO_ZIGBUILD_ZIG_PATH", self.zig());
    }

    /// The standard library for a target: the installed one, or else its source, fetched if need be.
    pub fn standard_library(&self, triple: &str) -> Outcome<StandardLibrary> {
        let folder = ask_rustc(&["--print", "target-libdir", "--target", triple])?;
        let is_installed = fs::read_dir(folder.trim()).is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
        });
        if is_installed {
            return Ok(StandardLibrary::Installed);
        }
        let _lock = self.lock()?;
        Ok(StandardLibrary::Source {
            rustc: self.compiler_with_source(triple)?,
        })
    }

    /// The folders that hold the source of the standard library, by their names and where a link leads.
    pub fn source_folders(&self) -> impl Iterator<Item = PathBuf> {
        let places = [
            self.sysroot().join("lib/rustlib/src/rust/library"),
            self.folder.join("library"),
        ];
        places.into_iter()
    }

    fn sysroot(&self) -> PathBuf {
        self.folder.join("sysroot")
    }

    fn python(&self) -> PathBuf {
        self.folder.join("python")
    }

    /// Two commands that run at once must not fetch into the same folder.
    fn lock(&self) -> Outcome<File> {
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(at(&path))?;
        file.lock().map_err(at(&path))?;
        Ok(file)
    }

    fn fetch_python_packages(&self) -> Outcome<()> {
        // The list that the packages were installed by: another one has other versions or hashes.
        let mark = "requirements.txt";
        if fs::read_to_string(self.python().join(mark)).is_ok_and(|list| list == PYTHON_PACKAGES) {
            return Ok(());
        }
        eprintln!("fetching zig and cargo-zigbuild (Python packages, about 110 MB)");
        apt::remove(&self.python())?;
        let fresh = self.folder.join("python.new");
        apt::remove(&fresh)?;
        fs::create_dir_all(&fresh).map_err(at(&fresh))?;
        let list = fresh.join(mark);
        fs::write(&list, PYTHON_PACKAGES).map_err(at(&list))?;
        let mut install = Command::new("python3");
        install
            .args(["-m", "pip", "install", "--quiet"])
            .args(PIP_OPTIONS)
            .arg("--target")
            .arg(&fresh)
            .arg("--requirement")
            .arg(&list);
        let run = process::run(&mut install, DOWNLOAD_LIMIT).map_err(|cause| {
            format!("{cause}; python3 with pip is needed (Debian: python3-pip)")
        })?;
        if run.ending != Ending::Exit(0) {
            return Err(format!(
                "pip could not install zig and cargo-zigbuild ({}); python3 with pip is needed \
                 (Debian: python3-pip), and the Python package index\n{}",
                run.ending,
                run.tail(8)
            ));
        }
        fs::rename(&fresh, self.python()).map_err(at(&fresh))
    }

    /// A script that starts the compiler with a sysroot that also has the source of its standard library. The
    /// compiler's own folder stays as it is.
    fn compiler_with_source(&self, triple: &str) -> Outcome<PathBuf> {
        let release = release()?;
        let library = self.folder.join("library").join(&release);
        let own = PathBuf::from(ask_rustc(&["--print", "sysroot"])?.trim());
        let own_source = own.join("lib/rustlib/src/rust/library");
        let source = if own_source.join("Cargo.lock").is_file() {
            own_source
        } else {
            if !library.join("Cargo.lock").is_file() {
                self.fetch_source(&release, &library).map_err(|cause| {
                    format!(
                        "the compiler has no standard library for {triple}, and its source could not be fetched. \
                         With rustup: rustup target add {triple}\n{cause}"
                    )
                })?;
            }
            library
        };
        let sysroot = self.sysroot();
        let compiler = which("rustc")?;
        let script = self.folder.join("rustc");
        // Only the standard library, and that a crate uses one from source, need unstable options. All other crates are
        // compiled as by any stable compiler, and not again after a build for another target.
        let text = format!(
            "#!/bin/sh\n\
             # For Rust {release} in {}.\n\
             case \"$*\" in\n\
             *force-unstable-if-unmarked* | *noprelude:*) export RUSTC_BOOTSTRAP=1 ;;\n\
             esac\n\
             exec '{}' --sysroot '{}' \"$@\"\n",
            own.display(),
            compiler.display(),
            sysroot.display()
        );
        // Another command may be using it at the moment.
        if fs::read_to_string(&script).is_ok_and(|old| old == text) {
            return Ok(script);
        }
        apt::remove(&sysroot)?;
        link_entries(&own, &sysroot, &["lib"])?;
        link_entries(&own.join("lib"), &sysroot.join("lib"), &["rustlib"])?;
        let rustlib = sysroot.join("lib/rustlib");
        link_entries(&own.join("lib/rustlib"), &rustlib, &["src"])?;
        let place = rustlib.join("src/rust");
        fs::create_dir_all(&place).map_err(at(&place))?;
        link(&source, &place.join("library"))?;
        fs::write(&script, text).map_err(at(&script))?;
        apt::make_executable(&script)?;
        Ok(script)
    }

    /// A script that starts Cargo as without cargo-zigbuild's unstable setting, which keeps the linker of a build for this
    /// machine's own target from build scripts. With that setting all functions have other names, which no profile knows.
    pub fn plain_cargo(&self) -> Outcome<PathBuf> {
        let cargo = which(&project::cargo().to_string_lossy())?;
        let script = self.folder.join("cargo");
        let text = format!(
            "#!/bin/sh\n\
             unset CARGO_UNSTABLE_TARGET_APPLIES_TO_HOST CARGO_TARGET_APPLIES_TO_HOST\n\
             unset __CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS\n\
             exec '{}' \"$@\"\n",
            cargo.display()
        );
        if fs::read_to_string(&script).is_ok_and(|old| old == text) {
            return Ok(script);
        }
        fs::write(&script, text).map_err(at(&script))?;
        apt::make_executable(&script)?;
        Ok(script)
    }

    fn fetch_source(&self, release: &str, library: &Path) -> Outcome<()> {
        let mirror = apt::mirror().ok_or("apt's sources name no Debian archive")?;
        let package = format!("rust-src={release}*");
        let attempt = self.folder.join("unfinished");
        let mut causes = String::new();
        for suite in SOURCE_SUITES {
            apt::remove(&attempt)?;
            eprintln!("fetching the source of Rust {release} (Debian {suite}, about 45 MB)");
            match apt::unpack(&attempt, &mirror, suite, &["download", &package]) {
                Ok(()) => {
                    let unpacked = attempt.join(format!("root/usr/src/rustc-{release}/library"));
                    let place = library.parent().unwrap_or(library);
                    fs::create_dir_all(place).map_err(at(place))?;
                    fs::rename(&unpacked, library).map_err(at(&unpacked))?;
                    // The rest is the compiler, four hundred megabytes.
                    return apt::remove(&attempt);
                }
                Err(cause) => causes += &format!("\n  {suite}: {cause}"),
            }
        }
        apt::remove(&attempt)?;
        Err(format!("Debian has no rust-src {release}:{causes}"))
    }
}

/// The version of the compiler, such as "1.95.0".
pub fn release() -> Outcome<String> {
    verbose_version("release: ")
}

/// The target that the compiler runs on.
pub fn host() -> Outcome<String> {
    verbose_version("host: ")
}

/// A line of what the compiler prints about itself, without its start.
pub fn verbose_version(field: &str) -> Outcome<String> {
    ask_rustc(&["-vV"])?
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .map(str::to_owned)
        .ok_or_else(|| format!("rustc -vV has no line \"{field}\""))
}

/// What the compiler prints.
pub fn ask_rustc(arguments: &[&str]) -> Outcome<String> {
    let run = process::run(
        Command::new("rustc").args(arguments),
        Duration::from_secs(60),
    )?;
    apt::succeeded(&format!("rustc {}", arguments.join(" ")), &run)?;
    Ok(run.output)
}

/// A program that copies object files of every system and removes their symbols: the compiler's own, or LLVM's.
pub fn objcopy() -> Outcome<PathBuf> {
    let own = beside_compiler("rust-objcopy")?;
    if own.is_file() {
        return Ok(own);
    }
    llvm("llvm-objcopy")
}

/// Where a program that comes with the compiler lies, whether or not it is installed.
pub fn beside_compiler(name: &str) -> Outcome<PathBuf> {
    let sysroot = PathBuf::from(ask_rustc(&["--print", "sysroot"])?.trim());
    Ok(sysroot.join(format!("lib/rustlib/{}/bin/{name}", host()?)))
}

/// A program of LLVM, on the PATH or where Debian has it.
pub fn llvm(name: &str) -> Outcome<PathBuf> {
    if let Ok(path) = which(name) {
        return Ok(path);
    }
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let folder = entry.file_name().into_string().ok()?;
            let version = folder.strip_prefix("llvm-")?.parse().ok()?;
            let path = entry.path().join("bin").join(name);
            path.is_file().then_some((version, path))
        })
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, path)| path)
        .ok_or_else(|| format!("there is no {name}; install LLVM's programs (Debian: llvm)"))
}

/// A program on the PATH.
pub fn which(name: &str) -> Outcome<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("there is no {name} on the PATH"))
}

/// Fills the folder `to` with links to all entries of `from`, but those that are left out.
fn link_entries(from: &Path, to: &Path, left_out: &[&str]) -> Outcome<()> {
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let name = entry.file_name();
        if !left_out.iter().any(|left_out| name == *left_out) {
            link(&entry.path(), &to.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, place: &Path) -> Outcome<()> {
    std::os::unix::fs::symlink(to, place).map_err(at(place))
}

#[cfg(not(unix))]
fn link(_to: &Path, _place: &Path) -> Outcome<()> {
    Err("this command needs Linux".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::root;

    #[test]
    fn each_package_has_one_version_and_hashes() {
        let text = PYTHON_PACKAGES.replace("\\\n", " ");
        let packages: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(packages.len(), 2, "{packages:?}");
        for package in packages {
            let mut words = package.split_whitespace();
            let name = words.next().expect("a name");
            assert!(name.contains("=="), "{name}");
            let hashes: Vec<&str> = words.collect();
            assert!(!hashes.is_empty(), "{name}");
            for hash in hashes {
                let digits = hash.strip_prefix("--hash=sha256:").expect("SHA-256");
                let is_hash = digits.len() == 64 && digits.bytes().all(|it| it.is_ascii_hexdigit());
                assert!(is_hash, "{hash}");
            }
        }
    }

    /// The script builds the libraries of releases.
    #[test]
    fn no_script_installs_what_no_hash_names() {
        let folder = root().join(".ci");
        let mut count = 0;
        for entry in fs::read_dir(&folder).expect("the scripts") {
            let script = fs::read_to_string(entry.expect("a script").path()).expect("text");
            for line in script.lines().filter(|line| line.contains("pip\" install")) {
                count += 1;
                for option in PIP_OPTIONS {
                    assert!(line.contains(option), "{line}");
                }
            }
        }
        assert_eq!(count, 1, "pip is called in .ci/library");
    }
}
