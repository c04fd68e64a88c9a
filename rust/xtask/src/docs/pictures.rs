//! The pictures of the page "Getting started", taken from its own game in the real editor.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::pages;
use crate::process;
use crate::project::{self, at, root, target};
use crate::{Outcome, apt, godot};

const PAGE: &str = "docs/getting-started.md";
const PICTURES: [&str; 2] = ["two_windows", "tab"];
/// The editor, its plugin, and the addon that the page describes.
const SETTINGS: &str = "config_version=5

[application]

config/name=\"Pointers\"
run/main_scene=\"res://main.tscn\"

[autoload]

Player=\"*res://pictures/player.gd\"

[editor_plugins]

enabled=PackedStringArray(\"res://addons/enet_rs/plugin.cfg\", \"res://pictures/plugin.cfg\")

[display]

window/size/viewport_width=420
window/size/viewport_height=260

[rendering]

renderer/rendering_method=\"gl_compatibility\"
";
const SCENE: &str = "[gd_scene load_steps=2 format=3]

[ext_resource type=\"Script\" path=\"res://main.gd\" id=\"1\"]

[node name=\"Main\" type=\"Node2D\"]
script = ExtResource(\"1\")
";
const SCREEN: &str = "-screen 0 1280x800x24";
const LIMIT: Duration = Duration::from_secs(420);

/// Takes them and puts them beside the page.
pub fn take() -> Outcome<()> {
    let godot = godot::find()?;
    let pages = pages::all()?;
    let blocks = pages
        .iter()
        .filter(|page| page.path == PAGE)
        .flat_map(|page| &page.parts.blocks);
    let game = blocks
        .into_iter()
        .find(|block| block.language == "gdscript");
    let game = game.ok_or_else(|| format!("{PAGE} has no script"))?;
    let folder = target().join("pictures");
    apt::remove(&folder)?;
    project::copy_folder(&root().join("addons"), &folder.join("addons"))?;
    project::copy_folder(&root().join("tests/pictures"), &folder.join("pictures"))?;
    for (name, text) in [
        ("project.godot", SETTINGS),
        ("main.tscn", SCENE),
        ("main.gd", game.code.as_str()),
    ] {
        let file = folder.join(name);
        fs::write(&file, text).map_err(at(&file))?;
    }
    project::import(&godot, &folder)?;
    let mut command = Command::new("xvfb-run");
    command.args(["-a", "-s", SCREEN]).arg(&godot);
    command
        .args(["--editor", "--rendering-driver", "opengl3", "--path"])
        .arg(&folder);
    let run = process::run(&mut command, LIMIT)?;
    for name in PICTURES {
        let (made, kept) = (
            folder.join(format!("{name}.picture.png")),
            root().join(format!("docs/getting-started/{name}.png")),
        );
        fs::copy(&made, &kept)
            .map_err(|error| format!("{}: {error}\n{}", made.display(), run.tail(30)))?;
        println!("{}", kept.display());
    }
    Ok(())
}
