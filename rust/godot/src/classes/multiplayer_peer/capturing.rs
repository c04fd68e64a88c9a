//! Captures of ENetMultiplayerPeerRs.

use godot::global::Error;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::arguments::OptionsArgument;
use crate::capture;
use crate::report::Reports;

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Starts to write all datagrams that this peer sends and receives to a file that
    /// [Wireshark](https://www.wireshark.org) reads, for example for a bug report. The dissector
    /// [code]enet_godot.lua[/code] of this extension shows the RPCs in it. The capture goes on until
    /// [method stop_capture] or [method MultiplayerPeer.close], or until this peer is freed; the file is complete then.
    /// It also ends when a client's attempt fails or its connection ends: call this method again, with another path,
    /// before the next [method create_client].
    /// Started before [method create_server] or [method create_client], it also has the first datagrams.
    ///
    /// ```gdscript
    /// peer.start_capture("user://lag.pcapng", { "decompressed": true })
    /// ```
    ///
    /// The `options` are:
    /// - [code]decrypted[/code] ([bool], [code]false[/code]): write the datagrams as they are before encryption and after
    ///   decryption. Handshakes are left out;
    /// - [code]decompressed[/code] ([bool], [code]false[/code]): the same, and decompressed;
    /// - [code]max_bytes[/code] ([int], 67108864): the size of the capture in bytes, 131072 or more. When half of it is
    ///   full, the file is renamed, from [code]lag.pcapng[/code] to [code]lag.old.pcapng[/code], and a new one begins;
    ///   so the two files hold the latest datagrams;
    /// - [code]snap_length[/code] ([int], 0): how many bytes of a datagram are kept, 0 for all;
    /// - [code]comment[/code] ([String]): a text for the reader, up to 4096 bytes.
    ///
    /// A decrypted capture holds everything that players sent, chat and passwords included, and each capture holds
    /// their addresses: ask the players first, and treat the file accordingly.
    ///
    /// A separate thread writes the file. The game never waits for it: datagrams that it cannot keep up with are left
    /// out of the file, and counted there. If the file cannot be written any more, for example because the disk is full, an error is
    /// printed by the next [method MultiplayerPeer.poll], the capture ends, and the game goes on. The
    /// [member host] and the hosts of a mesh are captured together. A capture shows what the game sends before a
    /// network emulation.
    ///
    /// Replaces an existing file. Instances of a game that run at once need a file each, for example
    /// [code]"user://lag_%d.pcapng" % OS.get_process_id()[/code]. Returns [constant OK],
    /// [constant ERR_FILE_CANT_WRITE] if the file cannot be created or another capture writes it,
    /// [constant ERR_ALREADY_IN_USE] if a capture is running, or [constant ERR_INVALID_PARAMETER] for a wrong option.
    /// Errors are printed.
    #[func]
    fn start_capture(
        &mut self,
        path: GString,
        #[opt(default = OptionsArgument::none())] options: OptionsArgument,
    ) -> Error {
        capture::start(self, &path, &options.0, |this, settings| {
            this.session.core.start_capture(settings)
        })
    }

    /// Ends the capture of [method start_capture]; the file is complete then. Does nothing if there is none.
    #[func]
    fn stop_capture(&mut self) {
        self.session.core.stop_capture();
        if let Some(stopped) = self.session.core.take_capture_stopped() {
            self.report("stop_capture", &stopped);
        }
    }

    /// Returns [code]true[/code] while a capture is running: see [method start_capture].
    #[func]
    fn is_capturing(&self) -> bool {
        self.session.core.is_capturing()
    }
}
