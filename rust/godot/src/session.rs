//! What makes a class a MultiplayerPeer: the core's session, and the engine's calls on it.
//!
//! Two classes have one: ENetMultiplayerPeerRs, and ENetConnectionRs when it is bound or connects
//! with an id. Their virtual methods are the same text, so it stands here once.

use enet_multiplayer::{FlushMode, Multiplayer, Packet, Signal, TransferMode};
use enet_net::Udp;
use godot::classes::Os;
use godot::global::Error;
use godot::obj::WithBaseField;
use godot::prelude::*;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::frame::FrameEnd;
use crate::lent::Lent;
use crate::{clock, convert};

/// Unreliable packets above this are split into several datagrams.
const UNFRAGMENTED_SIZE: usize = 1392;

/// A session, and the packets it handed out.
pub struct Session {
    pub core: Multiplayer,
    pub lent: Lent,
    pub frame: FrameEnd,
}

impl Session {
    /// An inactive session.
    pub fn new() -> Self {
        let network = Box::new(Udp);
        let mut core = Multiplayer::new(network, clock::seed());
        core.set_flush_mode(FlushMode::OnFlush, clock::now());
        // Nothing is open yet, so there is nothing to fail.
        let _ = core.set_thread(clock::thread(true));
        Self {
            core,
            lent: Lent::default(),
            frame: FrameEnd::default(),
        }
    }

    /// The session's part of a poll, up to the first signal. What it finds to send may wait.
    pub fn begin_poll(&mut self, may_wait: bool) -> Result<(), enet_multiplayer::Inactive> {
        self.lent.take_back();
        while let Some(buffer) = self.lent.take_returned() {
            self.core.recycle(buffer);
        }
        let now = clock::now();
        self.core.begin_poll(now)?;
        if !may_wait && self.core.flush_mode() == FlushMode::OnFlush {
            self.core.flush(now);
            self.frame.forget_packets();
        }
        Ok(())
    }

    /// The packet that is read next, or why there is none.
    pub fn next_packet(&self) -> Result<&Packet, &'static str> {
        let cause = match self.core.is_active() {
            true => "no packet is waiting",
            false => "the peer is not active",
        };
        self.core.next_packet().ok_or(cause)
    }

    /// Sends, and says why not.
    pub fn send(&mut self, data: &[u8]) -> Result<(), (Error, String)> {
        let sent = self.core.send(data, clock::now());
        sent.map_err(|error| (convert::send_error(error), error.to_string()))
    }

    /// What to tell, once, if an unreliable packet is too large for a datagram.
    pub fn fragment_warning(&self, class: &str, size: usize) -> Option<String> {
        static WARNED: AtomicBool = AtomicBool::new(false);
        let is_due = size > UNFRAGMENTED_SIZE
            && self.core.transfer_mode() != TransferMode::Reliable
            && !WARNED.load(Ordering::Relaxed)
            && Os::singleton().is_debug_build()
            && !WARNED.swap(true, Ordering::Relaxed);
        is_due.then(|| {
            format!(
                "{class}.put_packet: an unreliable packet of {size} bytes is sent in several \
                 datagrams; above {UNFRAGMENTED_SIZE} bytes losing one of them loses the packet. \
                 This is said once."
            )
        })
    }
}

/// A class with a session.
pub trait HasSession: WithBaseField + GodotClass + Inherits<Object> {
    /// Its name, for messages.
    const NAME: &'static str;

    /// Whether it has signals for what becomes of a client.
    const TELLS_OUTCOMES: bool = false;

    fn session(&self) -> &Session;

    fn session_mut(&mut self) -> &mut Session;

    /// Lets go of what belongs to hosts and peers that are no more.
    fn tidy(&mut self);

    /// Emits a signal. The borrow is lent to the handlers: they may call anything.
    fn emit(&mut self, signal: Signal)
    where
        Self: Inherits<Object>,
    {
        let is_about_a_peer = matches!(
            signal,
            Signal::PeerConnected(_) | Signal::PeerDisconnected(_)
        );
        if is_about_a_peer || Self::TELLS_OUTCOMES {
            let (name, arguments) = signal_parts(signal);
            let mut object: Gd<Object> = self.to_gd().upcast();
            let _lent = self.base_mut();
            object.emit_signal(name, &arguments);
        }
    }

    /// Prints an error. A script may listen to errors and call this object: the borrow is lent to it.
    /// It may also drop the last reference to it, so there is another one until then.
    fn report(&mut self, method: &str, cause: &dyn Display)
    where
        Self: Inherits<RefCounted>,
    {
        let this = self.to_gd();
        {
            let _lent = self.base_mut();
            report_of::<Self>(method, cause);
        }
        release(this);
    }
}

/// The same for a method that only looks at its object. What listens to errors cannot change the
/// object then.
pub fn report_looking<T>(this: &T, method: &str, cause: &dyn Display)
where
    T: HasSession + Inherits<RefCounted> + Inherits<Object>,
{
    let this = this.to_gd();
    report_of::<T>(method, cause);
    release(this);
}

/// Prints an error where nothing is borrowed.
pub fn report_of<T: HasSession>(method: &str, cause: &dyn Display) {
    godot_error!("{}.{method}: {cause}.", T::NAME);
}

/// A signal's name and its arguments.
pub fn signal_parts(signal: Signal) -> (&'static str, Vec<Variant>) {
    match signal {
        Signal::PeerConnected(id) => ("peer_connected", vec![id.to_variant()]),
        Signal::PeerDisconnected(id) => ("peer_disconnected", vec![id.to_variant()]),
        Signal::ConnectionSucceeded => ("connection_succeeded", vec![]),
        Signal::ConnectionFailed => ("connection_failed", vec![]),
        Signal::ServerDisconnected => ("server_disconnected", vec![]),
    }
}

/// Lets go of an object at the end of a poll. If a handler dropped every other reference, the engine
/// is still inside a method of it: it goes when the engine is idle.
pub fn release<T>(this: Gd<T>)
where
    T: GodotClass + Inherits<RefCounted> + Inherits<Object>,
{
    let object: Gd<RefCounted> = this.upcast();
    if object.get_reference_count() == 1 {
        // A call that does nothing. The engine keeps its arguments until then, also when this library
        // is reloaded meanwhile.
        let reference = object.to_variant();
        let arguments = ["unset".to_variant(), reference];
        object.clone().call_deferred("get_meta", &arguments);
    }
}

/// Fills the engine's virtual methods of a class with a [`Session`]. `$init` makes the object from its
/// base; `$more` are methods that only this class has.
macro_rules! session_virtuals {
    ($class:ident, $init:expr, {$($more:tt)*}) => {
        #[godot_api]
        impl godot::classes::IMultiplayerPeerExtension for $class {
            fn init(base: Base<MultiplayerPeerExtension>) -> Self {
                $init(base)
            }

            $($more)*

            fn poll(&mut self) {
                // A handler may drop every other reference.
                let this = self.to_gd();
                let may_wait = crate::frame::poll_may_wait(self);
                if let Err(error) = self.session_mut().begin_poll(may_wait) {
                    self.report("poll", &error);
                    return session::release(this);
                }
                // Before the signals that follow from it.
                loop {
                    let failed = self.session_mut().core.next_failed(clock::now());
                    let Some(failed) = failed else { break };
                    let _lent = self.base_mut();
                    crate::dtls::report(&format!("{}.poll", Self::NAME), &failed);
                }
                while let Some(notice) = self.session_mut().core.next_notice(clock::now()) {
                    self.emit(notice.signal());
                    self.session_mut().core.finish(notice, clock::now());
                }
                crate::frame::poll_done(self);
                self.tidy();
                let undecoded = self.session_mut().core.undecoded(clock::now());
                if let Some(undecoded) = undecoded {
                    let _lent = self.base_mut();
                    godot_warn!("{}.poll: {undecoded}.", Self::NAME);
                }
                session::release(this);
            }

            fn on_notification(&mut self, what: godot::classes::notify::ObjectNotification) {
                crate::frame::notified(self, what.into());
            }

            fn close(&mut self) {
                let this = self.to_gd();
                self.close_host();
                self.tidy();
                session::release(this);
            }

            fn disconnect_peer(&mut self, peer: i32, force: bool) {
                let this = self.to_gd();
                let session = &mut self.session_mut().core;
                let done = session.disconnect_peer(peer, force, clock::now());
                self.tidy();
                if let Err(error) = done {
                    self.report("disconnect_peer", &error);
                }
                session::release(this);
            }

            unsafe fn get_packet_rawptr(
                &mut self,
                r_buffer: RawPtr<*mut RawPtr<*const u8>>,
                r_buffer_size: RawPtr<*mut i32>,
            ) -> Error {
                let session = self.session_mut();
                let Some(packet) = session.core.take_packet() else {
                    self.report("get_packet", &"no packet is waiting");
                    return Error::ERR_UNAVAILABLE;
                };
                // SAFETY: the engine passes two valid out-parameters.
                unsafe { raw::hand_out(&session.lent, packet.data, r_buffer, r_buffer_size) }
                Error::OK
            }

            unsafe fn put_packet_rawptr(&mut self, buffer: RawPtr<*const u8>, size: i32) -> Error {
                // SAFETY: the engine passes a buffer of this size that stays valid during the call,
                // and the session copies what it keeps.
                let data = unsafe { raw::bytes(buffer, size) };
                let warning = self.session().fragment_warning(Self::NAME, data.len());
                if let Some(warning) = warning {
                    let _lent = self.base_mut();
                    godot_warn!("{warning}");
                }
                match self.session_mut().send(data) {
                    Ok(()) => {
                        crate::frame::packet_put(self);
                        Error::OK
                    }
                    Err((error, cause)) => {
                        self.report("put_packet", &cause);
                        error
                    }
                }
            }

            fn get_available_packet_count(&self) -> i32 {
                i32::try_from(self.session().core.available_packets()).unwrap_or(i32::MAX)
            }

            fn get_max_packet_size(&self) -> i32 {
                raw::REPORTED_MAX_PACKET_SIZE
            }

            fn get_packet_peer(&self) -> i32 {
                match self.session().next_packet() {
                    Ok(packet) => packet.peer,
                    Err(cause) => {
                        session::report_looking(self, "get_packet_peer", &cause);
                        1
                    }
                }
            }

            fn get_packet_channel(&self) -> i32 {
                match self.session().next_packet() {
                    Ok(packet) => packet.channel,
                    Err(cause) => {
                        session::report_looking(self, "get_packet_channel", &cause);
                        1
                    }
                }
            }

            fn get_packet_mode(&self) -> TransferMode {
                match self.session().next_packet() {
                    Ok(packet) => convert::transfer_mode(packet.mode),
                    Err(cause) => {
                        session::report_looking(self, "get_packet_mode", &cause);
                        TransferMode::RELIABLE
                    }
                }
            }

            fn set_transfer_channel(&mut self, channel: i32) {
                self.session_mut().core.set_transfer_channel(channel);
            }

            fn get_transfer_channel(&self) -> i32 {
                self.session().core.transfer_channel()
            }

            fn set_transfer_mode(&mut self, mode: TransferMode) {
                let mode = convert::from_transfer_mode(mode);
                self.session_mut().core.set_transfer_mode(mode);
            }

            fn get_transfer_mode(&self) -> TransferMode {
                convert::transfer_mode(self.session().core.transfer_mode())
            }

            fn set_target_peer(&mut self, peer: i32) {
                self.session_mut().core.set_target(peer);
            }

            fn is_server(&self) -> bool {
                self.session().core.mode() == enet_multiplayer::Mode::Server
            }

            fn get_unique_id(&self) -> i32 {
                if !self.session().core.is_active() {
                    session::report_looking(self, "get_unique_id", &"the peer is not active");
                }
                self.session().core.unique_id()
            }

            fn get_connection_status(&self) -> ConnectionStatus {
                convert::status(self.session().core.status())
            }

            fn set_refuse_new_connections(&mut self, enable: bool) {
                self.set_refusing(enable);
            }

            fn is_refusing_new_connections(&self) -> bool {
                self.is_refusing()
            }

            fn is_server_relay_supported(&self) -> bool {
                self.session().core.supports_server_relay()
            }
        }
    };
}

pub(crate) use session_virtuals;
