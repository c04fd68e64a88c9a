//! Whether and how AgonesRs begins: threads, and a call in each frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use enet_fleet::agones::{Agones, PORT_VARIABLE, Settings};
use godot::classes::{Engine, Object, SceneTree};
use godot::global::Error;
use godot::prelude::*;

use super::AgonesRs;
use crate::report::Reports;

/// Whether the absence of Agones was told: once in a process.
static IS_TOLD: AtomicBool = AtomicBool::new(false);

const FRAME: &str = "process_frame";
const NOTIFICATION: &str = "notification";

#[godot_api(secondary)]
impl AgonesRs {
    /// Begins to report health, and to follow Agones' record of the game server. The other methods call this one when
    /// it is needed. Call it yourself before the server loads for long.
    ///
    /// Returns [constant OK], also if this object has begun before. Returns [constant ERR_UNAVAILABLE] where Agones
    /// does not run, which means that the environment variable [code]AGONES_SDK_HTTP_PORT[/code] is not set. One line
    /// of the log says so, once in a process. Returns [constant ERR_CANT_CREATE], with an error printed, if the
    /// variable is no port, there is no [SceneTree] yet, or threads cannot be started.
    #[func]
    fn start(&mut self) -> Error {
        self.begin("start")
    }

    /// Returns [code]true[/code] if this object reports to an SDK server.
    #[func]
    fn is_started(&self) -> bool {
        self.state.agones.is_some()
    }
}

impl AgonesRs {
    pub(super) fn begin(&mut self, method: &str) -> Error {
        if self.state.agones.is_some() {
            return Error::OK;
        }
        let Ok(text) = std::env::var(PORT_VARIABLE) else {
            if !IS_TOLD.swap(true, Ordering::Relaxed) {
                let line = format!(
                    "AgonesRs: {PORT_VARIABLE} is not set, so this server is not in a fleet of Agones. Calls do nothing."
                );
                godot::global::print(&[line.to_variant()]);
            }
            return Error::ERR_UNAVAILABLE;
        };
        match self.launch(&text) {
            Ok(()) => Error::OK,
            Err(cause) => {
                self.report(method, &cause);
                Error::ERR_CANT_CREATE
            }
        }
    }

    fn launch(&mut self, port: &str) -> Result<(), String> {
        let port = match port.trim().parse() {
            Ok(port @ 1u16..) => port,
            _ => return Err(format!("{PORT_VARIABLE} is \"{port}\", which is no port")),
        };
        let main_loop = Engine::singleton().get_main_loop();
        let Some(Ok(mut tree)) = main_loop.map(Gd::try_cast::<SceneTree>) else {
            return Err("there is no SceneTree yet".to_owned());
        };
        self.state.pulse.beat();
        let pulse = Arc::clone(&self.state.pulse);
        let started = Agones::start(Settings::new(port), pulse);
        let agones = started.map_err(|error| format!("threads cannot be started: {error}"))?;
        self.state.agones = Some(agones);
        // It keeps the object not alive, and survives a reload of this library.
        let object: Gd<Object> = self.to_gd().upcast();
        let tick = Callable::from_object_method(&object, NOTIFICATION);
        let tick = tick.bind(&[super::frames::TICK.to_variant()]);
        if !tree.is_connected(FRAME, &tick) {
            tree.connect(FRAME, &tick);
        }
        Ok(())
    }
}
