//! Fetching Debian's packages, first of all its Godots, into roots of their own below the target
//! folder.
//!
//! Debian's newest Godot needs newer libraries than an older Debian has, so nothing is installed: an
//! apt with a configuration, package lists and an (empty) status of its own downloads Godot and
//! everything it needs, the packages are unpacked side by side, and Godot is started through the
//! dynamic loader that came with them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Ending, Run};
use crate::project::{at, target};
use crate::{Outcome, godot};

/// Suites that have a Godot new enough, preferred first.
const SUITES: [&str; 2] = ["testing", "unstable"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// In seconds.
const A_YEAR: u32 = 366 * 24 * 60 * 60;
/// Settings of the machine's apt that say how to reach the network, and nothing about trust.
const NETWORK_SETTINGS: [&str; 7] = [
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::https::CaInfo",
    "Acquire::http::Timeout",
    "Acquire::https::Timeout",
    "Acquire::Retries",
    "Acquire::ForceIPv",
];

/// A Godot of Debian's.
pub struct DebianGodot {
    /// Its own below the target folder.
    pub folder: &'static str,
    /// Downloaded with everything they need.
    pub packages: &'static [&'static str],
    /// Its name in `usr/bin`, and that of the script that starts it.
    pub binary: &'static str,
    /// How much is downloaded, for people.
    pub size: &'static str,
}

impl DebianGodot {
    /// The one fetched earlier, or else now.
    pub fn cached_or_fetched(&self) -> Outcome<PathBuf> {
        let folder = target().join(self.folder);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        // Two commands at once must not fetch into each other.
        let lock = folder.join("lock");
        let lock_file = File::create(&lock).map_err(at(&lock))?;
        lock_file.lock().map_err(at(&lock))?;

        let root = folder.join("debian");
        let wrapper = root.join(self.binary);
        if wrapper.is_file() {
            match godot::version(&wrapper) {
                Ok(_) => return Ok(wrapper),
                Err(cause) => {
                    eprintln!("note: the fetched Godot does not start, fetching again: {cause}")
                }
            }
        }
        let mirror = mirror().ok_or("apt's sources name no Debian archive to fetch one from")?;
        // Only a root that has proved itself gets the final name.
        let attempt = folder.join("unfinished");
        let mut causes = String::new();
        for suite in SUITES {
            remove(&attempt)?;
            eprintln!(
                "fetching {} (Debian {suite}, about {}) into {}",
                self.binary,
                self.size,
                root.display()
            );
            match self.fetch(&attempt, &mirror, suite) {
                Ok(()) => {
                    remove(&root)?;
                    fs::rename(&attempt, &root).map_err(at(&root))?;
                    return Ok(wrapper);
                }
                Err(cause) => causes += &format!("\n  {suite}: {cause}"),
            }
        }
        Err(format!(
            "fetching {} from Debian failed:{causes}",
            self.binary
        ))
    }

    fn fetch(&self, folder: &Path, mirror: &str, suite: &str) -> Outcome<()> {
        let mut order = vec!["--yes", "--download-only", "install"];
        order.extend(self.packages);
        unpack(folder, mirror, suite, &order)?;
        let wrapper = folder.join(self.binary);
        write(&wrapper, &wrapper_text(folder, self.binary)?)?;
        make_executable(&wrapper)?;
        godot::version(&wrapper).map(|_| ())
    }
}

/// Whether this machine can have what Debian has, named otherwise in `variable`, or has to: then the
/// tests that need it are not left out.
pub fn is_expected(variable: &str) -> bool {
    let names = [variable, "CI"];
    names.iter().any(|name| std::env::var_os(name).is_some()) || mirror().is_some()
}

/// Unpacks, below `root` in the folder, the packages that apt-get downloads when told `order`:
/// "install" with everything they need, "download" without.
pub fn unpack(folder: &Path, mirror: &str, suite: &str, order: &[&str]) -> Outcome<()> {
    if !Path::new(KEYRING).is_file() {
        return Err(format!(
            "{KEYRING} is missing, so no signature can be checked"
        ));
    }
    let apt = folder.join("apt");
    for part in ["lists/partial", "archives/partial", "sources", "parts"] {
        let part = apt.join(part);
        fs::create_dir_all(&part).map_err(at(&part))?;
    }
    write(&apt.join("status"), "")?;
    let sources = format!(
        "Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n"
    );
    write(&apt.join("sources/archive.sources"), &sources)?;
    let configuration = configuration(&apt);
    write(&apt.join("apt.conf"), &configuration)?;

    let mut update = run_apt(&apt, &["update"])?;
    if update.output.contains("is expired") {
        // A mirror that stands still, as snapshots do. Not without end: an attacker could serve
        // old, signed packages with known holes.
        eprintln!("note: the mirror's {suite} is past its date; taking it if it is not a year old");
        let undated = format!("{configuration}Acquire::Min-ValidTime \"{A_YEAR}\";\n");
        write(&apt.join("apt.conf"), &undated)?;
        update = run_apt(&apt, &["update"])?;
    }
    succeeded("apt-get update", &update)?;
    // It counts a failed download as a success.
    if let Some(line) = update.output.lines().find(|line| line.starts_with("Err:")) {
        return Err(format!("apt-get update: {line}\n{}", update.tail(4)));
    }
    let download = run_apt(&apt, order)?;
    succeeded(&format!("apt-get {}", order.join(" ")), &download)?;

    let archives = apt.join("archives");
    for entry in fs::read_dir(&archives).map_err(at(&archives))? {
        let package = entry.map_err(at(&archives))?.path();
        if package
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            let mut unpack = Command::new("dpkg-deb");
            unpack
                .arg("--extract")
                .arg(&package)
                .arg(folder.join("root"));
            let unpacked = process::run(&mut unpack, Duration::from_secs(120))?;
            succeeded(&format!("unpacking {}", package.display()), &unpacked)?;
        }
    }
    remove(&apt)
}

/// An apt that neither reads nor touches the system's, but for how to reach the network.
fn configuration(apt: &Path) -> String {
    let mut text = String::new();
    let mut dump = Command::new("apt-config");
    dump.arg("dump");
    if let Ok(run) = process::run(&mut dump, Duration::from_secs(30)) {
        let is_network = |line: &&str| NETWORK_SETTINGS.iter().any(|name| line.starts_with(name));
        let network = run.output.lines().filter(is_network);
        text.extend(network.map(|line| format!("{line}\n")));
    }
    let folder = apt.display();
    text + &format!(
        "Dir::Etc \"{folder}\";\n\
         Dir::Etc::main \"none\";\n\
         Dir::Etc::parts \"{folder}/parts\";\n\
         Dir::Etc::preferences \"none\";\n\
         Dir::Etc::preferencesparts \"{folder}/parts\";\n\
         Dir::Etc::sourcelist \"none\";\n\
         Dir::Etc::sourceparts \"{folder}/sources\";\n\
         Dir::State \"{folder}\";\n\
         Dir::State::lists \"{folder}/lists\";\n\
         Dir::State::status \"{folder}/status\";\n\
         Dir::Cache \"{folder}\";\n\
         Dir::Cache::archives \"{folder}/archives\";\n\
         Dir::Log \"{folder}\";\n\
         Acquire::AllowInsecureRepositories \"false\";\n\
         Acquire::AllowWeakRepositories \"false\";\n\
         Acquire::AllowDowngradeToInsecureRepositories \"false\";\n\
         APT::Install-Recommends \"false\";\n\
         APT::Get::List-Cleanup \"false\";\n\
         APT::Sandbox::User \"\";\n\
         Debug::NoLocking \"true\";\n\
         DPkg::Post-Invoke {{}};\n"
    )
}

fn run_apt(apt: &Path, arguments: &[&str]) -> Outcome<Run> {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        // Where "download" puts what it gets.
        .current_dir(apt.join("archives"))
        .env("APT_CONFIG", apt.join("apt.conf"))
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C");
    process::run(&mut command, Duration::from_secs(900))
}

/// Makes an error of a program that did not end well.
pub fn succeeded(what: &str, run: &Run) -> Outcome<()> {
    match run.ending {
        Ending::Exit(0) => Ok(()),
        ending => Err(format!("{what}: {ending}\n{}", run.tail(8))),
    }
}

/// A script that starts Godot with the libraries around it, wherever the folder is.
fn wrapper_text(folder: &Path, binary: &str) -> Outcome<String> {
    let (triplet, loader) = match std::env::consts::ARCH {
        "x86_64" => ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
        "aarch64" => ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
        other => return Err(format!("Debian's Godot on {other} is not known here")),
    };
    let libraries = format!("usr/lib/{triplet}");
    let loader = ["usr/lib64", "usr/lib", libraries.as_str()]
        .iter()
        .map(|place| format!("{place}/{loader}"))
        .find(|place| folder.join("root").join(place).exists())
        .ok_or("the packages hold no dynamic loader")?;
    Ok(format!(
        "#!/bin/sh\n\
         root=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd)/root\n\
         libraries=$root/{libraries}\n\
         export LIBGL_DRIVERS_PATH=\"$libraries/dri\"\n\
         exec \"$root/{loader}\" --library-path \"$libraries:$libraries/pulseaudio\" \
         \"$root/usr/bin/{binary}\" \"$@\"\n"
    ))
}

/// The archive this machine gets its Debian from.
pub fn mirror() -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let mut parts: Vec<PathBuf> = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    parts.sort();
    // What apt reads, and nothing else that lies there.
    parts.retain(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("list" | "sources"))
    });
    files.extend(parts);
    files.iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        let deb822 = file
            .extension()
            .is_some_and(|extension| extension == "sources");
        if deb822 {
            mirror_in_deb822(&text)
        } else {
            mirror_in_list(&text)
        }
    })
}

fn mirror_in_deb822(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        let enabled =
            field("Enabled").is_none_or(|value| !matches!(value.as_str(), "no" | "false"));
        let types = field("Types")?;
        if !enabled || !types.split_whitespace().any(|kind| kind == "deb") {
            return None;
        }
        if !field("Components")?
            .split_whitespace()
            .any(|component| component == "main")
        {
            return None;
        }
        let addresses = field("URIs")?;
        addresses
            .split_whitespace()
            .find(|address| is_debian(address))
            .map(str::to_owned)
    })
}

fn mirror_in_list(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb")?;
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let address = words.next()?;
        let has_main = words.skip(1).any(|component| component == "main");
        (has_main && is_debian(address)).then(|| address.to_owned())
    })
}

/// The main archive, neither the security one nor another vendor's.
fn is_debian(address: &str) -> bool {
    address.contains("://") && address.trim_end_matches('/').ends_with("/debian")
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(at(path))
}

/// Removes a folder, which need not exist.
pub fn remove(folder: &Path) -> Outcome<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(at(path))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Outcome<()> {
    Err("there is no apt on this system".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_archive_is_found_in_either_format() {
        let deb822 = "Types: deb\nURIs: http://a.test/debian-security\nComponents: main\n\n\
                      Types: deb\nURIs: http://a.test/debian/\nComponents: main\n";
        assert_eq!(
            mirror_in_deb822(deb822).as_deref(),
            Some("http://a.test/debian/")
        );
        let list = "# deb http://no.test/debian x main\n\
                    deb http://sec.test/debian-security x main\n\
                    deb [arch=amd64 signed-by=/k] http://b.test/debian x main\n";
        assert_eq!(
            mirror_in_list(list).as_deref(),
            Some("http://b.test/debian")
        );
    }

    #[test]
    fn other_archives_are_not_taken_for_it() {
        assert_eq!(
            mirror_in_list("deb http://a.test/ubuntu noble main\n"),
            None
        );
        assert_eq!(
            mirror_in_deb822("Types: deb-src\nURIs: http://a.test/debian\n"),
            None
        );
        let vendor = "deb https://v.test/linux/debian bookworm stable\n";
        assert_eq!(mirror_in_list(vendor), None);
        let disabled = "Enabled: no\nComponents: main\nTypes: deb\nURIs: http://a.test/debian\n";
        assert_eq!(mirror_in_deb822(disabled), None);
        assert_eq!(mirror_in_list(""), None);
    }
}
