//! Captures of ENetConnectionRs.

use godot::global::Error;
use godot::prelude::*;

use super::ENetConnectionRs;
use crate::arguments::OptionsArgument;
use crate::capture;
use crate::report::Reports;

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Starts to write all datagrams that this host sends and receives to the file `path`, which Wireshark reads. See
    /// [method ENetMultiplayerPeerRs.start_capture], also for the `options`. The capture goes on until [method stop_capture] or
    /// [method destroy], or until the object is freed; the file is complete then. Started before
    /// [method create_host_bound] or [method create_host], it also has the first datagrams. If the file cannot be
    /// written any more, an error is printed by the next [method service] or [method MultiplayerPeer.poll].
    #[func]
    fn start_capture(
        &mut self,
        path: GString,
        #[opt(default = OptionsArgument::none())] options: OptionsArgument,
    ) -> Error {
        let handle = self.handle.clone();
        capture::start(self, &path, &options.0, |_, settings| {
            handle.connection().borrow_mut().start_capture(settings)
        })
    }

    /// Ends the capture of [method start_capture]; the file is complete then. Does nothing if there is none.
    #[func]
    fn stop_capture(&mut self) {
        self.handle.connection().borrow_mut().stop_capture();
        self.report_capture("stop_capture");
    }

    /// Returns [code]true[/code] while a capture is running: see [method start_capture].
    #[func]
    fn is_capturing(&self) -> bool {
        self.handle.connection().borrow().is_capturing()
    }
}

impl ENetConnectionRs {
    /// Prints why a capture ended by itself.
    pub(super) fn report_capture(&mut self, method: &str) {
        let stopped = (self.handle.connection().borrow_mut()).take_capture_stopped();
        if let Some(stopped) = stopped {
            self.report(method, &stopped);
        }
    }
}
