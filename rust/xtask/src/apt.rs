//! Fetching packages of Debian, mainly its Godots, into separate roots below the target folder.
//!
//! Debian's newest Godot needs newer libraries than an older Debian has, so nothing is installed.
//! An apt with its own configuration, package lists and (empty) status downloads Godot with all its
//! dependencies. The packages are unpacked side by side, and `relocate.rs` makes Godot use the libraries
//! that came with it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Ending, Run};
use crate::project::{at, target};
use crate::relocate::{PATCHELF, Relocated};
use crate::{Outcome, godot};

/// Suites whose Godot is new enough, in order of preference.
const SUITES: [&str; 2] = ["testing", "unstable"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// In seconds.
const A_YEAR: u32 = 366 * 24 * 60 * 60;
/// The settings of the machine's apt that are copied: how to reach the network, nothing about trust.
const NETWORK_SETTINGS: [&str; 7] = [
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::https::CaInfo",
    "Acquire::http::Timeout",
    "Acquire::https::Timeout",
    "Acquire::Retries",
    "Acquire::ForceIPv",
];

/// A Godot that Debian packages.
pub struct DebianGodot {
    /// The folder below the target folder.
    pub folder: &'static str,
    /// The packages to download, without their dependencies.
    pub packages: &'static [&'static str],
    /// The name of the binary in `usr/bin`, and of the script that starts it.
    pub binary: &'static str,
    /// Whether it is an editor, which starts games.
    pub is_editor: bool,
    /// The size of the download, as text for the user.
    pub size: &'static str,
}

impl DebianGodot {
    /// The path of the script that starts it. Fetches the packages unless an earlier call did.
    pub fn cached_or_fetched(&self) -> Outcome<PathBuf> {
        let folder = target().join(self.folder);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        // Two commands that run at once must not fetch into the same folder.
        let lock = folder.join("lock");
        let lock_file = File::create(&lock).map_err(at(&lock))?;
        lock_file.lock().map_err(at(&lock))?;

        let root = folder.join("debian");
        let wrapper = root.join(self.binary);
        if wrapper.is_file() {
            match godot::version(&wrapper) {
                Ok(_) => {
                    self.settle(&root);
                    return Ok(wrapper);
                }
                Err(cause) => {
                    eprintln!("note: the fetched Godot does not start, fetching again: {cause}")
                }
            }
        }
        let mirror = mirror().ok_or("apt's sources name no Debian archive to fetch one from")?;
        // A root gets its final name only after its Godot has started.
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
                    self.settle(&root);
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

    /// Another program of Debian, of a package of its name, which needs the libraries that the Godot was fetched with
    /// and none else. Fetches the Godot and the program unless an earlier call did.
    pub fn with_program(&self, package: &'static str) -> Outcome<Relocated> {
        self.cached_or_fetched()?;
        let root = target().join(self.folder).join("debian");
        if !root.join("root/usr/bin").join(package).is_file() {
            let mirror = mirror().ok_or("apt's sources name no Debian archive")?;
            let mut causes = String::new();
            for suite in SUITES {
                eprintln!("fetching {package} (Debian {suite})");
                match unpack(&root, &mirror, suite, &["download", package]) {
                    Ok(()) => break,
                    Err(cause) => causes += &format!("\n  {suite}: {cause}"),
                }
            }
            if !root.join("root/usr/bin").join(package).is_file() {
                return Err(format!("fetching {package} from Debian failed:{causes}"));
            }
        }
        Relocated::find(&root, package)
    }

    fn fetch(&self, folder: &Path, mirror: &str, suite: &str) -> Outcome<()> {
        let mut order = vec!["--yes", "--download-only", "install"];
        order.extend(self.packages);
        unpack(folder, mirror, suite, &order)?;
        let wrapper = folder.join(self.binary);
        write(
            &wrapper,
            &Relocated::find(folder, self.binary)?.wrapper_text(),
        )?;
        make_executable(&wrapper)?;
        godot::version(&wrapper).map(|_| ())
    }

    /// Makes Godot's editor able to start games. All else works without it.
    fn settle(&self, folder: &Path) {
        if let Err(cause) = self.patch(folder) {
            eprintln!("note: the editor of the fetched Godot cannot start games: {cause}");
        }
    }

    fn patch(&self, folder: &Path) -> Outcome<()> {
        let relocated = Relocated::find(folder, self.binary)?;
        if !self.is_editor || relocated.is_patched() {
            return Ok(());
        }
        // A folder that an earlier version of this program made.
        if !relocated.has_patchelf() {
            let mirror = mirror().ok_or("apt's sources name no Debian archive")?;
            unpack(folder, &mirror, SUITES[0], &["download", PATCHELF])?;
        }
        relocated.patch()?;
        write(&folder.join(self.binary), &relocated.wrapper_text())
    }
}

/// Whether the tests that need one of Debian's packages must run: in CI, where apt knows Debian's
/// archive, or where the environment variable `variable` names a substitute. Elsewhere they are left
/// out.
pub fn is_expected(variable: &str) -> bool {
    let names = [variable, "CI"];
    names.iter().any(|name| std::env::var_os(name).is_some()) || mirror().is_some()
}

/// Downloads packages with the apt-get command `order` and unpacks them below `root` in the folder.
/// The command "install" includes the dependencies, "download" does not.
pub fn unpack(folder: &Path, mirror: &str, suite: &str, order: &[&str]) -> Outcome<()> {
    unpack_with("", folder, mirror, suite, order)
}

/// As [`unpack`], with packages for another processor.
pub fn unpack_for(
    architecture: &str,
    folder: &Path,
    mirror: &str,
    suite: &str,
    order: &[&str],
) -> Outcome<()> {
    let settings = format!(
        "APT::Architecture \"{architecture}\";\nAPT::Architectures {{ \"{architecture}\"; }};\n"
    );
    unpack_with(&settings, folder, mirror, suite, order)
}

fn unpack_with(
    settings: &str,
    folder: &Path,
    mirror: &str,
    suite: &str,
    order: &[&str],
) -> Outcome<()> {
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
    let configuration = configuration(&apt) + settings;
    write(&apt.join("apt.conf"), &configuration)?;

    let mut update = run_apt(&apt, &["update"])?;
    if update.output.contains("is expired") {
        // A snapshot of the archive keeps its old date. A limit remains: an attacker could serve
        // old, signed packages with known vulnerabilities.
        eprintln!("note: the mirror's {suite} is past its date; taking it if it is not a year old");
        let undated = format!("{configuration}Acquire::Min-ValidTime \"{A_YEAR}\";\n");
        write(&apt.join("apt.conf"), &undated)?;
        update = run_apt(&apt, &["update"])?;
    }
    succeeded("apt-get update", &update)?;
    // apt-get exits with 0 although a download failed.
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

/// The configuration of an apt that shares only the network settings with the system's apt.
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
        // The command "download" writes into the current folder.
        .current_dir(apt.join("archives"))
        .env("APT_CONFIG", apt.join("apt.conf"))
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C");
    process::run(&mut command, Duration::from_secs(900))
}

/// Fails unless the program exited with 0; the error begins with `what`.
pub fn succeeded(what: &str, run: &Run) -> Outcome<()> {
    match run.ending {
        Ending::Exit(0) => Ok(()),
        ending => Err(format!("{what}: {ending}\n{}", run.tail(8))),
    }
}

/// The address of the Debian archive in apt's sources.
pub fn mirror() -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let mut parts: Vec<PathBuf> = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    parts.sort();
    // apt ignores files with other extensions.
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

/// Whether an address is Debian's main archive, not the security archive or another vendor's.
fn is_debian(address: &str) -> bool {
    address.contains("://") && address.trim_end_matches('/').ends_with("/debian")
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(at(path))
}

/// Removes a folder if it exists.
pub fn remove(folder: &Path) -> Outcome<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

/// Lets everybody run the program.
#[cfg(unix)]
pub fn make_executable(path: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(at(path))
}

#[cfg(not(unix))]
pub fn make_executable(_path: &Path) -> Outcome<()> {
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
