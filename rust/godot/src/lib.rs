//! The Godot side of enet-rs: classes, properties, error messages and the editor's help.
//!
//! Nothing is decided here. A call is translated, handed to [`enet_core`], and its answer translated
//! back; `convert.rs` is the only place that knows both vocabularies.

mod arguments;
mod bindings;
mod classes;
mod clock;
mod convert;
mod dtls;
mod frame;
mod handle;
mod lent;
mod release;
mod report;
mod session;
mod virtuals;
mod vocabulary;

use std::alloc::System;

use godot::init::InitStage;
use godot::prelude::*;
use zeroizing_alloc::ZeroAlloc;

use bindings::{reload, threads};
use classes::connection::ENetConnectionRs;
use classes::multiplayer_peer::ENetMultiplayerPeerRs;
use classes::packet_peer::ENetPacketPeerRs;

/// Wipes what is freed: keys of sessions that ended stay in no core dump and no swap file.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

struct EnetRs;

// SAFETY: the library is built for, and entered only through, the function in `bindings/entry.rs`; it shares no global
// state with other extensions.
#[gdextension(entry_symbol = enet_rs_bindings_init)]
unsafe impl ExtensionLibrary for EnetRs {
    fn on_stage_init(stage: InitStage) {
        match stage {
            // The classes are not known yet.
            InitStage::Core => reload::prepare::<ENetPacketPeerRs>(),
            // Here they are.
            InitStage::Scene => {
                vocabulary::register::<ENetConnectionRs>();
                vocabulary::register::<ENetMultiplayerPeerRs>();
                vocabulary::register::<ENetPacketPeerRs>();
            }
            _ => {}
        }
    }

    fn on_stage_deinit(stage: InitStage) {
        if stage == InitStage::Scene {
            threads::free_parked();
            // Their code goes with the library, and an object may never have been freed.
            enet_net::stop_all();
        }
    }
}
