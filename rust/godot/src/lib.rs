//! The Godot side of enet-rs: classes, properties, error messages and the editor's help.
//!
//! The crate translates between Godot and [`enet_multiplayer`], which decides what a call does. Beyond that
//! the crate handles matters of the engine: frames, threads, objects and reloads.

mod arguments;
mod bans;
mod bindings;
mod capture;
mod classes;
mod clock;
mod command_line;
mod convert;
mod debugger;
mod dropped;
mod dtls;
mod frame;
mod frames;
mod handle;
#[cfg(test)]
mod help;
mod lent;
mod monitors;
mod newcomers;
mod overriding;
mod release;
mod repeats;
mod report;
mod session;
mod simulating;
mod statistics;
#[cfg(unix)]
mod termination;
#[cfg(not(unix))]
#[path = "no_termination.rs"]
mod termination;
mod virtuals;
mod vocabulary;

use std::alloc::System;

use godot::init::InitStage;
use godot::prelude::*;
use zeroizing_alloc::ZeroAlloc;

use bindings::{questions, reload, threads, unload};
use classes::connection::ENetConnectionRs;
use classes::multiplayer_peer::ENetMultiplayerPeerRs;
use classes::packet_peer::ENetPacketPeerRs;

/// Wipes memory when it is freed, so that keys of ended sessions remain in no core dump and no swap file.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

struct EnetRs;

// SAFETY: the library is built for, and entered only through, the function in `bindings/entry.rs`; it shares no global
// state with other extensions.
#[gdextension(entry_symbol = enet_rs_bindings_init)]
unsafe impl ExtensionLibrary for EnetRs {
    fn on_stage_init(stage: InitStage) {
        match stage {
            // The classes are not registered yet.
            InitStage::Core => {
                reload::prepare::<ENetPacketPeerRs>();
                questions::prepare::<ENetConnectionRs>();
                questions::prepare::<ENetMultiplayerPeerRs>();
            }
            // The classes are registered.
            InitStage::Scene => {
                vocabulary::register::<ENetConnectionRs>();
                vocabulary::register::<ENetMultiplayerPeerRs>();
                vocabulary::register::<ENetPacketPeerRs>();
                debugger::start();
            }
            _ => {}
        }
    }

    fn on_stage_deinit(stage: InitStage) {
        if stage == InitStage::Scene {
            termination::stop();
            debugger::stop();
            threads::free_parked();
            // A network thread must not outlive the library's code, even if its object was never freed.
            enet_net::stop_all();
            enet_fleet::stop_all();
            unload::outlive_lookups();
        }
    }
}
