//! The Godot side of enet-rs: classes, properties, error messages and the editor's help.
//!
//! Nothing is decided here. A call is translated, handed to [`enet_core`], and its answer translated
//! back; `convert.rs` is the only place that knows both vocabularies.

mod clock;
mod convert;
mod lent;
mod multiplayer_peer;

use godot::prelude::*;

struct EnetRs;

// SAFETY: the library is built for, and entered only through, this macro's entry point; it shares no
// global state with other extensions.
#[gdextension]
unsafe impl ExtensionLibrary for EnetRs {}
