//! The version of the extension.

use godot::prelude::*;

use super::ENetMultiplayerPeerRs;

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Returns the version of the extension's library, for example `"1.2.0"`. The file
    /// [code]addons/enet_rs/plugin.cfg[/code] has the version of the addon's scripts. Both are the same in a complete copy
    /// of the addon.
    ///
    /// ```gdscript
    /// print("enet_rs ", ENetMultiplayerPeerRs.get_extension_version())
    /// ```
    #[func]
    fn get_extension_version() -> GString {
        GString::from(env!("CARGO_PKG_VERSION"))
    }
}
