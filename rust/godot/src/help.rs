//! Writes the editor's help of the extension's classes as XML files, for the class reference (`cargo xtask docs --reference`).
//!
//! Godot's own `--doctool` writes the signatures of an extension, but not its texts, which only an editor holds.

use std::path::Path;
use std::{env, fs};

use crate::classes::connection::ENetConnectionRs;
use crate::classes::multiplayer_peer::ENetMultiplayerPeerRs;
use crate::classes::packet_peer::ENetPacketPeerRs;
use crate::vocabulary;

/// The folder for the files.
const VARIABLE: &str = "ENET_HELP_FOLDER";

#[test]
fn the_help_is_written_where_the_variable_says() {
    // With an engine, the enums are registered when the library is loaded.
    vocabulary::document::<ENetConnectionRs>();
    vocabulary::document::<ENetMultiplayerPeerRs>();
    vocabulary::document::<ENetPacketPeerRs>();
    let files: Vec<String> = godot::docs::__gather_xml_docs().collect();
    assert!(!files.is_empty(), "the extension has no help");
    let Some(folder) = env::var_os(VARIABLE) else {
        return;
    };
    for xml in files {
        let name = xml
            .split("<class name=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let name = name.expect("a class has a name");
        let path = Path::new(&folder).join(name).with_extension("xml");
        fs::write(&path, &xml).expect("the folder takes files");
    }
}
