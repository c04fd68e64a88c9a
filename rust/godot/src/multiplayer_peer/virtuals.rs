//! What the engine calls on ENetMultiplayerPeerRs.

use std::slice;
use std::sync::Once;

use enet_core::{Mode, Packet, Signal, TransferMode};
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode as GodotTransferMode};
use godot::classes::{IMultiplayerPeerExtension, MultiplayerPeerExtension, Os};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use super::{ENetMultiplayerPeerRs, new_session};
use crate::lent::Lent;
use crate::{clock, convert};

/// What the engine believes the largest packet is. Nothing enforces it; the protocol's limit is
/// twice that.
const REPORTED_MAX_PACKET_SIZE: i32 = 16_777_216;
/// Unreliable packets above this are split into several datagrams.
const UNFRAGMENTED_SIZE: usize = 1392;

#[godot_api]
impl IMultiplayerPeerExtension for ENetMultiplayerPeerRs {
    fn init(base: Base<MultiplayerPeerExtension>) -> Self {
        Self {
            base,
            session: new_session(),
            lent: Lent::default(),
        }
    }

    fn poll(&mut self) {
        // A handler may drop every other reference.
        let this = self.to_gd();
        while let Some(buffer) = self.lent.take_returned() {
            self.session.recycle(buffer);
        }
        if let Err(error) = self.session.begin_poll(clock::now()) {
            self.report("poll", &error);
            return;
        }
        while let Some(notice) = self.session.next_notice(clock::now()) {
            self.emit(notice.signal());
            self.session.finish(notice, clock::now());
        }
        release(this);
    }

    fn close(&mut self) {
        self.session.close(clock::now());
    }

    fn disconnect_peer(&mut self, peer: i32, force: bool) {
        let done = self.session.disconnect_peer(peer, force, clock::now());
        if let Err(error) = done {
            self.report("disconnect_peer", &error);
        }
    }

    unsafe fn get_packet_rawptr(
        &mut self,
        r_buffer: RawPtr<*mut RawPtr<*const u8>>,
        r_buffer_size: RawPtr<*mut i32>,
    ) -> Error {
        let Some(packet) = self.session.take_packet() else {
            self.report("get_packet", &"no packet is waiting");
            return Error::ERR_UNAVAILABLE;
        };
        // A received packet has 32 MiB at most.
        let size = packet.data.len() as i32;
        let data = self.lent.keep(packet.data);
        // SAFETY: the engine passes two valid out-parameters. It reads the bytes while it works on the
        // packet; they stay where they are until it is idle (see `lent.rs`).
        unsafe {
            *r_buffer.ptr() = RawPtr::new(data);
            *r_buffer_size.ptr() = size;
        }
        Error::OK
    }

    unsafe fn put_packet_rawptr(
        &mut self,
        p_buffer: RawPtr<*const u8>,
        p_buffer_size: i32,
    ) -> Error {
        let buffer = p_buffer.ptr();
        let size = usize::try_from(p_buffer_size).unwrap_or_default();
        let data = if buffer.is_null() || size == 0 {
            &[]
        } else {
            // SAFETY: the engine passes a buffer of this size that stays valid during the call, and
            // the session copies what it keeps.
            unsafe { slice::from_raw_parts(buffer, size) }
        };
        self.warn_of_fragments(size);
        match self.session.send(data, clock::now()) {
            Ok(()) => Error::OK,
            Err(error) => {
                self.report("put_packet", &error);
                convert::send_error(error)
            }
        }
    }

    fn get_available_packet_count(&self) -> i32 {
        i32::try_from(self.session.available_packets()).unwrap_or(i32::MAX)
    }

    fn get_max_packet_size(&self) -> i32 {
        REPORTED_MAX_PACKET_SIZE
    }

    fn get_packet_peer(&self) -> i32 {
        self.next_packet("get_packet_peer")
            .map_or(1, |packet| packet.peer)
    }

    fn get_packet_channel(&self) -> i32 {
        self.next_packet("get_packet_channel")
            .map_or(1, |packet| packet.channel)
    }

    fn get_packet_mode(&self) -> GodotTransferMode {
        let mode = self
            .next_packet("get_packet_mode")
            .map_or(TransferMode::Reliable, |packet| packet.mode);
        convert::transfer_mode(mode)
    }

    fn set_transfer_channel(&mut self, channel: i32) {
        self.session.set_transfer_channel(channel);
    }

    fn get_transfer_channel(&self) -> i32 {
        self.session.transfer_channel()
    }

    fn set_transfer_mode(&mut self, mode: GodotTransferMode) {
        self.session
            .set_transfer_mode(convert::from_transfer_mode(mode));
    }

    fn get_transfer_mode(&self) -> GodotTransferMode {
        convert::transfer_mode(self.session.transfer_mode())
    }

    fn set_target_peer(&mut self, peer: i32) {
        self.session.set_target(peer);
    }

    fn is_server(&self) -> bool {
        self.session.mode() == Mode::Server
    }

    fn get_unique_id(&self) -> i32 {
        if !self.session.is_active() {
            godot_error!("ENetMultiplayerPeerRs.get_unique_id: the peer is not active.");
        }
        self.session.unique_id()
    }

    fn get_connection_status(&self) -> ConnectionStatus {
        convert::status(self.session.status())
    }

    fn set_refuse_new_connections(&mut self, enable: bool) {
        self.session.set_refuse_new_connections(enable);
    }

    fn is_refusing_new_connections(&self) -> bool {
        self.session.refuses_new_connections()
    }

    fn is_server_relay_supported(&self) -> bool {
        self.session.supports_server_relay()
    }
}

impl ENetMultiplayerPeerRs {
    /// Emits through the base, which lends the borrow to the handlers: they may call anything here.
    fn emit(&mut self, signal: Signal) {
        let (name, id) = match signal {
            Signal::PeerConnected(id) => ("peer_connected", id),
            Signal::PeerDisconnected(id) => ("peer_disconnected", id),
        };
        self.base_mut().emit_signal(name, vslice![id]);
    }

    fn next_packet(&self, method: &str) -> Option<&Packet> {
        let packet = self.session.next_packet();
        if packet.is_none() {
            let cause = if self.session.is_active() {
                "no packet is waiting"
            } else {
                "the peer is not active"
            };
            godot_error!("ENetMultiplayerPeerRs.{method}: {cause}.");
        }
        packet
    }

    fn warn_of_fragments(&self, size: usize) {
        static WARNED: Once = Once::new();
        if size > UNFRAGMENTED_SIZE
            && self.session.transfer_mode() != TransferMode::Reliable
            && !WARNED.is_completed()
            && Os::singleton().is_debug_build()
        {
            WARNED.call_once(|| {
                godot_warn!(
                    "ENetMultiplayerPeerRs.put_packet: an unreliable packet of {size} bytes is sent \
                     in several datagrams; above {UNFRAGMENTED_SIZE} bytes losing one of them loses \
                     the packet. This is said once."
                );
            });
        }
    }
}

/// Lets go of the object at the end of a poll. If a handler dropped every other reference, the engine
/// is still inside a method of it: it goes when the engine is idle.
fn release(this: Gd<ENetMultiplayerPeerRs>) {
    if this.get_reference_count() == 1 {
        let last = Callable::from_fn("release ENetMultiplayerPeerRs", move |_| {
            let _keep_until_called = &this;
        });
        last.call_deferred(&[]);
    }
}
