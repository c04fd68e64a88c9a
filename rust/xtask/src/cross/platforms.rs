//! The platforms that a library can be built for here.

use std::fs;

use crate::Outcome;
use crate::project::{at, root};

/// A platform of the addon.
#[derive(Debug)]
pub struct Platform {
    /// The key in the `.gdextension` file.
    pub key: &'static str,
    /// What it is compiled for; a Mac's library holds one part for each processor.
    pub targets: &'static [Target],
}

/// A target of the compiler.
#[derive(Debug)]
pub struct Target {
    /// The compiler's name for it.
    pub triple: &'static str,
    /// The oldest glibc that the library may meet, as cargo-zigbuild wants it behind the name.
    pub glibc: &'static str,
    /// The name that Cargo gives the library.
    pub library: &'static str,
}

/// The oldest macOS, which is the first on Apple's own processors.
pub const OLDEST_MACOS: &str = "11.0";
/// The oldest glibc: of Debian 10, Ubuntu 18.10, RHEL 8.
pub const OLDEST_GLIBC: (u32, u32) = (2, 28);

pub const PLATFORMS: [Platform; 4] = [
    Platform {
        key: "linux.x86_64",
        targets: &[Target {
            triple: "x86_64-unknown-linux-gnu",
            glibc: ".2.28",
            library: "libenet_godot.so",
        }],
    },
    Platform {
        key: "linux.arm64",
        targets: &[Target {
            triple: "aarch64-unknown-linux-gnu",
            glibc: ".2.28",
            library: "libenet_godot.so",
        }],
    },
    Platform {
        key: "windows.x86_64",
        targets: &[Target {
            triple: "x86_64-pc-windows-gnu",
            glibc: "",
            library: "enet_godot.dll",
        }],
    },
    Platform {
        key: "macos",
        targets: &[
            Target {
                triple: "x86_64-apple-darwin",
                glibc: "",
                library: "libenet_godot.dylib",
            },
            Target {
                triple: "aarch64-apple-darwin",
                glibc: "",
                library: "libenet_godot.dylib",
            },
        ],
    },
];

impl Platform {
    /// The platform with this key.
    pub fn named(key: &str) -> Outcome<&'static Self> {
        const ALL: &[Platform] = &PLATFORMS;
        ALL.iter()
            .find(|platform| platform.key == key)
            .ok_or_else(|| {
                let keys: Vec<&str> = ALL.iter().map(|platform| platform.key).collect();
                format!(
                    "there is no platform \"{key}\" to build for; there are {}",
                    keys.join(", ")
                )
            })
    }

    /// The platform with this key, or all of them.
    pub fn chosen(only: Option<&str>) -> Outcome<Vec<&'static Self>> {
        const ALL: &[Platform] = &PLATFORMS;
        match only {
            Some(key) => Ok(vec![Self::named(key)?]),
            None => Ok(ALL.iter().collect()),
        }
    }

    /// The file's name in the addon.
    pub fn file_name(&self) -> Outcome<String> {
        let manifest = root().join("addons/enet_rs/enet_rs.gdextension");
        let text = fs::read_to_string(&manifest).map_err(at(&manifest))?;
        file_name_in(&text, self.key)
            .ok_or_else(|| format!("{} has no library for {}", manifest.display(), self.key))
    }
}

fn file_name_in(manifest: &str, key: &str) -> Option<String> {
    manifest.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let path = value.trim().trim_matches('"');
        (name.trim() == key).then(|| path.rsplit('/').next().unwrap_or(path).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_a_library_in_the_addon() {
        for platform in Platform::chosen(None).expect("all") {
            assert!(platform.file_name().is_ok(), "{}", platform.key);
        }
        let manifest = "[libraries]\n\nmacos = \"bin/a.dylib\"\nmacos.x = \"bin/b\"\n";
        assert_eq!(file_name_in(manifest, "macos").as_deref(), Some("a.dylib"));
        assert_eq!(file_name_in(manifest, "mac"), None);
    }

    #[test]
    fn an_unknown_platform_is_an_error_that_names_the_known_ones() {
        let cause = Platform::named("amiga").expect_err("unknown");
        assert!(cause.contains("amiga") && cause.contains("windows.x86_64"));
    }
}
