//! Runs the commands and scripts of the documents that are marked as recipes, as they stand there, and a game from the editor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::docs::pages::{self, Page};
use crate::extension::{CLASS, STOCK_CLASS};
use crate::process::{self, Ending, Run};
use crate::project::{self, at, root, target};
use crate::report::Tally;
use crate::{Outcome, apt, demo};

use super::running::{Logs, headless};

/// The name of the stage.
pub const NAME: &str = "the recipes";
const LIMIT: Duration = Duration::from_secs(120);
const PLAY: &str = "tests/godot/play";

/// Plays a game from the editor, as F5 does.
pub fn play(logs: &Logs, godot: &Path) -> Outcome<Tally> {
    import(godot, &root().join(PLAY))?;
    let mut command = headless(godot, PLAY);
    logs.scripts(command.args(["--editor", "--", "play"]), "play")
}

/// Runs each recipe.
pub fn run(godot: &Path) -> Outcome<Tally> {
    let kitchen = Kitchen {
        pages: pages::all()?,
        godot: godot.to_owned(),
        folder: target().join("recipes"),
    };
    apt::remove(&kitchen.folder)?;
    kitchen.rename()?;
    kitchen.first_import()?;
    kitchen.either()?;
    kitchen.encryption()?;
    kitchen.pointers()?;
    let mut passed = 5;
    if cfg!(unix) {
        kitchen.sigterm()?;
        passed += 1;
    }
    Ok(Tally {
        passed,
        ..Tally::default()
    })
}

struct Kitchen {
    pages: Vec<Page>,
    godot: PathBuf,
    folder: PathBuf,
}

impl Kitchen {
    /// The code block with the recipe's mark.
    fn recipe(&self, name: &str) -> Outcome<&str> {
        let mark = format!("recipe: {name}");
        let mut blocks = self.pages.iter().flat_map(|page| &page.parts.blocks);
        let block = blocks.find(|block| block.mark == mark);
        block
            .map(|block| block.code.as_str())
            .ok_or_else(|| format!("no document has the recipe {name}"))
    }

    /// A project with the addon, if `addon`, and with these scripts.
    fn project(&self, name: &str, addon: bool, scripts: &[(&str, &str)]) -> Outcome<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let settings = "config_version=5\n[application]\nconfig/name=\"recipe\"\n";
        let mut files = vec![("project.godot", settings)];
        files.extend(scripts);
        for (file, text) in files {
            let file = folder.join(file);
            fs::write(&file, text).map_err(at(&file))?;
        }
        if addon {
            project::copy_folder(&root().join("addons"), &folder.join("addons"))?;
        }
        Ok(folder)
    }

    fn shell(&self, name: &str, folder: &Path) -> Outcome<Run> {
        // The recipes call the program "godot".
        let code = self.recipe(name)?.replace("godot --", "\"$GODOT\" --");
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &code]).current_dir(folder);
        process::run(command.env("GODOT", &self.godot), LIMIT)
    }

    fn script(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.godot);
        command.args(["--headless", "--path"]).arg(folder);
        command
            .args(["--script", "res://main.gd", "--"])
            .args(arguments);
        command
    }

    fn rename(&self) -> Outcome<()> {
        let before = "var a := ENetMultiplayerPeer.new()\nvar MyENetConnection: ENetPacketPeer\n";
        let after =
            "var a := ENetMultiplayerPeerRs.new()\nvar MyENetConnection: ENetPacketPeerRs\n";
        let folder = self.project("rename", false, &[("game.gd", before)])?;
        // Twice: a second run must change nothing.
        for _ in 0..2 {
            expect(&self.shell("rename", &folder)?, "")?;
        }
        let script = folder.join("game.gd");
        match fs::read_to_string(&script).map_err(at(&script))? {
            text if text == after => Ok(()),
            text => Err(format!("the recipe \"rename\" makes\n{text}")),
        }
    }

    fn first_import(&self) -> Outcome<()> {
        let folder = self.folder.join("import");
        project::copy_folder(&root().join("godot_project"), &folder)?;
        apt::remove(&folder.join(".godot"))?;
        expect(&self.shell("import", &folder)?, "Initialize godot-rust")
    }

    fn either(&self) -> Outcome<()> {
        let script = format!(
            "extends SceneTree\nfunc _initialize() -> void:\n\tvar peer := new_peer()\n\
             \tprint(\"made \", peer.get_class(), \" \", peer.call(&\"create_server\", 0))\n\tquit()\n{}",
            self.recipe("either")?
        );
        for (name, addon, class) in [("with", true, CLASS), ("without", false, STOCK_CLASS)] {
            let folder = self.project(name, addon, &[("main.gd", &script)])?;
            import(&self.godot, &folder)?;
            let run = process::run(&mut self.script(&folder, &[]), LIMIT)?;
            expect(&run, &format!("made {class} "))?;
        }
        Ok(())
    }

    /// Two processes, each with its half of the recipe.
    fn encryption(&self) -> Outcome<()> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("   left out: encryption, without openssl");
            return Ok(());
        }
        let server_script = format!("{SERVER}\n{}", self.recipe("encrypted-server")?);
        let client_script = format!("{CLIENT}\n{}", self.recipe("encrypted-client")?);
        let server = self.project("server", true, &[("main.gd", &server_script)])?;
        let client = self.project("client", true, &[("main.gd", &client_script)])?;
        expect(&self.shell("certificate", &server)?, "")?;
        let certificate = client.join("server.crt");
        fs::copy(server.join("server.crt"), &certificate).map_err(at(&certificate))?;
        for folder in [&server, &client] {
            import(&self.godot, folder)?;
        }
        let keys = server.to_str().ok_or("the target folder is not UTF-8")?;
        let mut running = process::start(&mut self.script(&server, &[keys]), LIMIT)?;
        let port = listening_port(&mut running)?;
        expect(
            &process::run(&mut self.script(&client, &[&port]), LIMIT)?,
            "joined",
        )?;
        expect(&running.finish()?, "a player came")
    }

    /// The game of the page "Getting started", in two processes.
    fn pointers(&self) -> Outcome<()> {
        let port = demo::free_port()?.to_string();
        let game = self.recipe("pointers")?.replace("24565", &port);
        let scripts = [("main.gd", PLAYING), ("game.gd", game.as_str())];
        let folder = self.project("pointers", true, &scripts)?;
        import(&self.godot, &folder)?;
        let mut host = process::start(&mut self.script(&folder, &["host"]), LIMIT)?;
        if !host.wait_for("playing") {
            return Err(format!(
                "the game of the recipe \"pointers\" does not start\n{}",
                host.finish()?.tail(20)
            ));
        }
        let client = process::run(&mut self.script(&folder, &["join"]), LIMIT)?;
        expect(&client, "sees 2 pointers")?;
        expect(&host.finish()?, "sees 2 pointers")
    }

    fn sigterm(&self) -> Outcome<()> {
        let node = format!("extends Node\n{}", self.recipe("sigterm")?);
        let scripts = [("main.gd", QUITTING), ("quitting.gd", node.as_str())];
        let folder = self.project("sigterm", true, &scripts)?;
        import(&self.godot, &folder)?;
        let mut running = process::start(&mut self.script(&folder, &["server"]), LIMIT)?;
        let port = listening_port(&mut running)?;
        let mut clients = Vec::new();
        for class in [CLASS, STOCK_CLASS] {
            let mut command = self.script(&folder, &["client", class, &port]);
            clients.push(process::start(&mut command, LIMIT)?);
        }
        for client in &mut clients {
            if !client.wait_for("joined") {
                return Err("a client of the recipe \"sigterm\" did not join".to_owned());
            }
        }
        running.terminate()?;
        expect(&running.finish()?, "")?;
        for client in clients {
            // The server tells both and is gone, so that a timeout would come seconds later.
            expect(&client.finish()?, "told at once")?;
        }
        Ok(())
    }
}

const SERVER: &str = "extends SceneTree
func _initialize() -> void:
\tvar peer := encrypted_server(0, OS.get_cmdline_user_args()[0])
\tget_multiplayer().multiplayer_peer = peer
\tprint(\"port \", peer.get(\"host\").get_local_port(), \" \")
\tget_multiplayer().peer_connected.connect(func(_id: int) -> void: print(\"a player came\"))
\tget_multiplayer().peer_disconnected.connect(func(_id: int) -> void: quit())
";
const CLIENT: &str = "extends SceneTree
func _initialize() -> void:
\tget_multiplayer().multiplayer_peer = encrypted_client(\"127.0.0.1\", int(OS.get_cmdline_user_args()[0]))
\tget_multiplayer().connected_to_server.connect(func() -> void: print(\"joined\"); quit())
";
/// A timeout of ENet takes at least five seconds.
const QUITTING: &str = "extends SceneTree
func _initialize() -> void:
\tvar words := OS.get_cmdline_user_args()
\tvar peer: MultiplayerPeer = ClassDB.instantiate(words[1] if words.size() > 1 else \"ENetMultiplayerPeerRs\")
\tif words[0] == \"server\":
\t\troot.add_child(preload(\"res://quitting.gd\").new())
\t\tpeer.call(\"create_server\", 0)
\t\tprint(\"port \", peer.get(\"host\").get_local_port(), \" \")
\telse:
\t\tpeer.call(\"create_client\", \"127.0.0.1\", int(words[2]))
\t\tget_multiplayer().connected_to_server.connect(func() -> void: print(\"joined\"))
\t\tget_multiplayer().server_disconnected.connect(func() -> void: print(\"told at once\"); quit())
\tget_multiplayer().multiplayer_peer = peer
";

/// The game as its page says, with a click on one of its buttons. It quits some frames after it has seen both pointers, so that the
/// other one sees them, too.
const PLAYING: &str = "extends SceneTree
func _initialize() -> void:
\tawait process_frame
\tvar game: Node2D = preload(\"res://game.gd\").new()
\tgame.name = \"Main\"
\troot.add_child(game)
\tgame.call(OS.get_cmdline_user_args()[0])
\tprint(\"playing\")
\twhile game.get(\"pointers\").size() < 2 or get_multiplayer().get_peers().is_empty():
\t\tawait process_frame
\tprint(\"sees 2 pointers\")
\tawait create_timer(1.0).timeout
\tquit()
";

fn listening_port(running: &mut process::Running) -> Outcome<String> {
    let line = running
        .wait_for_line("port ")
        .ok_or("a server of the recipes does not listen")?;
    let port = line.split("port ").nth(1).map(str::trim);
    port.map(str::to_owned)
        .ok_or_else(|| format!("no port: {line}"))
}

fn import(godot: &Path, project: &Path) -> Outcome<()> {
    expect(&project::import(godot, project)?, "")
}

fn expect(run: &Run, text: &str) -> Outcome<()> {
    match run.ending {
        Ending::Exit(0) if run.output.contains(text) && !run.output.contains("SCRIPT ERROR") => {
            Ok(())
        }
        ending => Err(format!(
            "{ending}, and \"{text}\" was expected\n{}",
            run.tail(20)
        )),
    }
}
