//! Starting a fetched Godot with the libraries that were fetched with it.
//!
//! The system's dynamic loader may be too old for them. A program that is started through another loader has that
//! loader as its executable (`/proc/self/exe`), so the editor would start the loader in place of a game. Debian's
//! patchelf therefore writes the loader and the folders of the libraries into the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::apt::{make_executable, succeeded};
use crate::process::{self, Ending};
use crate::project::at;
use crate::{Outcome, godot};

/// The package with the program that patches, and the program.
pub const PATCHELF: &str = "patchelf";
/// Below the root: the loader that the binary was patched for. Without the file, the binary is as it was fetched.
const PATCHED_FOR: &str = "patched-for";

/// A fetched binary below a folder that has the unpacked packages in `root`.
pub struct Relocated {
    root: PathBuf,
    binary: &'static str,
    /// Below the root.
    libraries: String,
    /// Below the root.
    loader: String,
}

impl Relocated {
    /// Finds the loader that was fetched with `usr/bin/BINARY`.
    pub fn find(folder: &Path, binary: &'static str) -> Outcome<Self> {
        let (triplet, loader) = match std::env::consts::ARCH {
            "x86_64" => ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
            "aarch64" => ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
            other => return Err(format!("Debian's Godot on {other} is not known here")),
        };
        let root = folder.join("root");
        let libraries = format!("usr/lib/{triplet}");
        let loader = ["usr/lib64", "usr/lib", libraries.as_str()]
            .iter()
            .map(|place| format!("{place}/{loader}"))
            .find(|place| root.join(place).exists())
            .ok_or("the packages hold no dynamic loader")?;
        Ok(Self {
            root,
            binary,
            libraries,
            loader,
        })
    }

    /// A script that starts the binary, wherever the folder is moved: directly if it was patched for its place,
    /// otherwise through the loader.
    pub fn wrapper_text(&self) -> String {
        let Self {
            binary,
            libraries,
            loader,
            ..
        } = self;
        format!(
            "#!/bin/sh\n\
             root=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd)/root\n\
             libraries=$root/{libraries}\n\
             export LIBGL_DRIVERS_PATH=\"$libraries/dri\"\n\
             if [ \"$(cat \"$root/{PATCHED_FOR}\" 2>/dev/null)\" = \"$root/{loader}\" ]; then\n\
             \texec \"$root/usr/bin/{binary}\" \"$@\"\n\
             fi\n\
             exec \"$root/{loader}\" --library-path \"$libraries:$libraries/pulseaudio\" \
             \"$root/usr/bin/{binary}\" \"$@\"\n"
        )
    }

    /// Whether patchelf was fetched, too.
    pub fn has_patchelf(&self) -> bool {
        self.patchelf_path().is_file()
    }

    /// Whether the binary starts without the loader's help in the folder where it is.
    pub fn is_patched(&self) -> bool {
        let patched_for = fs::read_to_string(self.root.join(PATCHED_FOR));
        patched_for.is_ok_and(|loader| Path::new(&loader) == self.loader_path())
    }

    /// Makes the binary start without the loader's help, in the folder where it is now.
    pub fn patch(&self) -> Outcome<()> {
        let mark = self.root.join(PATCHED_FOR);
        let loader = self.loader_path();
        let name = loader.to_str().ok_or("the target folder is not UTF-8")?;
        self.free_libraries()?;
        let binary = self.root.join("usr/bin").join(self.binary);
        // A Godot that runs has the old file open.
        let fresh = binary.with_extension("patched");
        self.write_patched(&format!("$ORIGIN/../../{}", self.libraries), &fresh)?;
        fs::rename(&fresh, &binary).map_err(at(&binary))?;
        fs::write(&mark, name).map_err(at(&mark))
    }

    /// Writes a copy of the binary that starts without the loader's help from anywhere, while the root stays where it is.
    pub fn patched_copy(&self, place: &Path) -> Outcome<()> {
        let libraries = self.root.join(&self.libraries);
        let libraries = libraries.to_str().ok_or("the target folder is not UTF-8")?;
        self.write_patched(libraries, place)
    }

    /// Writes a copy of the binary with our loader and the folder of its libraries in it, and starts it once.
    fn write_patched(&self, libraries: &str, place: &Path) -> Outcome<()> {
        let mut command = self.patchelf();
        command
            .arg("--set-interpreter")
            .arg(self.loader_path())
            // Libraries inherit an RPATH, but not a RUNPATH.
            .args(["--force-rpath", "--set-rpath"])
            .arg(format!("{libraries}:{libraries}/pulseaudio"))
            .arg("--output")
            .arg(place)
            .arg(self.root.join("usr/bin").join(self.binary));
        let patched = process::run(&mut command, Duration::from_secs(120))?;
        succeeded("patching the fetched Godot", &patched)?;
        make_executable(place)?;
        godot::version(place).map(drop)
    }

    /// Removes the RUNPATHs of libraries. Any RUNPATH ends the inheritance of the binary's RPATH, one relative to the
    /// library (`$ORIGIN/../lib` of libLLVM) too: the renderer then looks for its libraries in the system's folders.
    fn free_libraries(&self) -> Outcome<()> {
        let folder = self.root.join(&self.libraries);
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let library = entry.map_err(at(&folder))?.path();
            if !library.is_file() || library.is_symlink() {
                continue;
            }
            let mut print = self.patchelf();
            print.arg("--print-rpath").arg(&library);
            let printed = process::run(&mut print, Duration::from_secs(30))?;
            // The folder also has files that are no libraries.
            if printed.ending == Ending::Exit(0) && printed.output.starts_with(['/', '$']) {
                let mut remove = self.patchelf();
                remove.arg("--remove-rpath").arg(&library);
                let removed = process::run(&mut remove, Duration::from_secs(30))?;
                succeeded(&format!("patching {}", library.display()), &removed)?;
            }
        }
        Ok(())
    }

    fn loader_path(&self) -> PathBuf {
        self.root.join(&self.loader)
    }

    fn patchelf_path(&self) -> PathBuf {
        self.root.join("usr/bin").join(PATCHELF)
    }

    fn patchelf(&self) -> Command {
        let mut command = Command::new(self.loader_path());
        command
            .arg("--library-path")
            .arg(self.root.join(&self.libraries))
            .arg(self.patchelf_path());
        command
    }
}
