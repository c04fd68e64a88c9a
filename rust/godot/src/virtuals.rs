//! The engine's calls on a class with a session: the virtual methods of a MultiplayerPeer.
//!
//! Two classes have one: ENetMultiplayerPeerRs, and ENetConnectionRs when it is bound or connects
//! with an id. [`session_virtuals`] makes each class's methods call the functions here.

use enet_multiplayer::Mode;
use enet_proto::Time;
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode};
use godot::global::Error;
use godot::meta::conv::RawPtr;

use crate::bindings::raw;
use crate::release::release;
use crate::session::{HasSession, emit_reason};
use crate::{clock, convert, debugger, dtls, frame, frames, newcomers};

pub fn poll<T: HasSession>(this: &mut T) {
    let sends = frame::poll_begins(this);
    let mut now = clock::now();
    if let Err(error) = this.session_mut().begin_poll(sends, now) {
        frame::poll_failed(this);
        debugger::closed(this);
        return this.report("poll", &error);
    }
    frames::polled(this);
    // Asked once, and again before each signal. What comes up after that is reported by the next poll.
    let mut has_reports = report_failures(this, now);
    // A handler can drop every other reference.
    let mut object = None;
    if this.session_mut().filter.is_ready()
        && let Some(host) = this.session().core.host().cloned()
    {
        object = Some(this.to_gd());
        newcomers::judge(this, &host, "poll");
    }
    while let Some(notice) = this.session_mut().core.next_notice(now) {
        let refused = this.session_mut().core.take_server_is_encrypted();
        if let Some(refused) = refused {
            this.report("poll", &refused);
        }
        has_reports |= report_failures(this, now);
        object.get_or_insert_with(|| this.to_gd());
        debugger::signalled(this, &notice);
        this.emit(notice.signal());
        emit_reason(this, &notice);
        now = clock::now();
        this.session_mut().core.finish(notice, now);
    }
    frame::poll_done(this, now);
    this.tidy();
    if has_reports {
        report_rest(this, now);
    }
    debugger::polled(this, now);
    this.session_mut().observe(now);
    if let Some(object) = object {
        release(object);
    }
}

/// Prints what failed on the way to a connection. An error comes before the signals that follow from it. Returns whether
/// anything waits to be reported.
fn report_failures<T: HasSession>(this: &mut T, now: Time) -> bool {
    let has_reports = this.session().core.has_reports();
    if has_reports {
        report_waiting_failures(this, now);
    }
    has_reports
}

#[cold]
fn report_waiting_failures<T: HasSession>(this: &mut T, now: Time) {
    let socket = this.session_mut().core.take_socket_warning(now);
    if let Some(socket) = socket {
        match socket.is_lost() {
            true => this.report("poll", &socket),
            false => this.warn("poll", &socket),
        }
    }
    while let Some(failed) = this.session_mut().core.next_failed(now) {
        dtls::report(this, "poll", &failed);
    }
    while let Some(error) = this.session_mut().core.next_name_error() {
        this.report("poll", &error);
    }
}

/// Prints what else the hosts have to tell.
#[cold]
fn report_rest<T: HasSession>(this: &mut T, now: Time) {
    let undecoded = this.session_mut().core.undecoded(now);
    if let Some(undecoded) = undecoded {
        this.warn("poll", &undecoded);
    }
    let unencrypted = this.session_mut().core.unencrypted(now);
    if let Some(unencrypted) = unencrypted {
        this.warn("poll", &unencrypted);
    }
    let over_limit = this.session_mut().core.take_over_limit();
    if let Some(over_limit) = over_limit {
        this.warn("poll", &over_limit);
    }
    let stopped = this.session_mut().core.take_capture_stopped();
    if let Some(stopped) = stopped {
        this.report("poll", &stopped);
    }
}

pub fn close<T: HasSession>(this: &mut T) {
    let object = this.to_gd();
    this.close_host();
    this.session_mut().observe_end();
    debugger::closed(this);
    this.tidy();
    release(object);
}

pub fn disconnect_peer<T: HasSession>(this: &mut T, peer: i32, force: bool) {
    let object = this.to_gd();
    let session = &mut this.session_mut().core;
    let done = session.disconnect_peer(peer, force, clock::now());
    this.session_mut().observe_end();
    this.tidy();
    this.report_failure("disconnect_peer", done);
    release(object);
}

/// # Safety
/// Both out-parameters must be valid for writing.
pub unsafe fn get_packet<T: HasSession>(
    this: &mut T,
    r_buffer: RawPtr<*mut RawPtr<*const u8>>,
    r_buffer_size: RawPtr<*mut i32>,
) -> Error {
    let session = this.session_mut();
    let Some(packet) = session.core.take_packet() else {
        this.report("get_packet", &"no packet is waiting");
        return Error::ERR_UNAVAILABLE;
    };
    debugger::taken(session, packet.peer, &packet.data);
    // SAFETY: the caller vouches for both out-parameters.
    unsafe { raw::hand_out(&session.lent, packet.data, r_buffer, r_buffer_size) }
    Error::OK
}

/// # Safety
/// A buffer that is not null must be valid for reading `size` bytes during the call.
pub unsafe fn put_packet<T: HasSession>(
    this: &mut T,
    buffer: RawPtr<*const u8>,
    size: i32,
) -> Error {
    // SAFETY: the caller vouches for the buffer during the call, and the session copies what it keeps.
    let data = unsafe { raw::bytes(buffer, size) };
    let warning = this.session().fragment_warning(data.len());
    if let Some(warning) = warning {
        this.warn("put_packet", &warning);
    }
    let now = clock::now();
    match this.session_mut().core.send(data, now) {
        Ok(()) => {
            debugger::put(this.session_mut(), data);
            frame::packet_put(this, now);
            Error::OK
        }
        Err(error) => {
            if let Some(left_out) = this.session_mut().core.print_due(error, now) {
                this.report("put_packet", &format!("{error}{left_out}"));
            }
            convert::send_error(error)
        }
    }
}

pub fn available_packet_count<T: HasSession>(this: &T) -> i32 {
    let count = this.session().core.available_packets();
    if count == 0 {
        frame::all_is_read(this);
    }
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub fn packet_peer<T: HasSession>(this: &T) -> i32 {
    match this.session().next_packet() {
        Ok(packet) => packet.peer,
        Err(cause) => {
            this.report_looking("get_packet_peer", &cause);
            1
        }
    }
}

pub fn packet_channel<T: HasSession>(this: &T) -> i32 {
    match this.session().next_packet() {
        Ok(packet) => packet.channel,
        Err(cause) => {
            this.report_looking("get_packet_channel", &cause);
            1
        }
    }
}

pub fn packet_mode<T: HasSession>(this: &T) -> TransferMode {
    match this.session().next_packet() {
        Ok(packet) => convert::transfer_mode(packet.mode),
        Err(cause) => {
            this.report_looking("get_packet_mode", &cause);
            TransferMode::RELIABLE
        }
    }
}

pub fn set_transfer_mode<T: HasSession>(this: &mut T, mode: TransferMode) {
    let mode = convert::from_transfer_mode(mode);
    this.session_mut().core.set_transfer_mode(mode);
}

pub fn transfer_mode<T: HasSession>(this: &T) -> TransferMode {
    convert::transfer_mode(this.session().core.transfer_mode())
}

pub fn is_server<T: HasSession>(this: &T) -> bool {
    this.session().core.mode() == Mode::Server
}

pub fn unique_id<T: HasSession>(this: &T) -> i32 {
    if !this.session().core.is_active() {
        this.report_looking("get_unique_id", &"the peer is not active");
    }
    this.session().core.unique_id()
}

pub fn connection_status<T: HasSession>(this: &T) -> ConnectionStatus {
    convert::status(this.session().core.status_of_host())
}

/// Fills the engine's virtual methods of a class with a [`crate::session::Session`]. `$more` are
/// methods that only this class has.
macro_rules! session_virtuals {
    ($class:ident, {$($more:tt)*}) => {
        #[godot_api]
        impl godot::classes::IMultiplayerPeerExtension for $class {
            $($more)*

            fn poll(&mut self) {
                virtuals::poll(self);
            }

            fn on_notification(&mut self, what: godot::classes::notify::ObjectNotification) {
                crate::frame::notified(self, what.into());
                if crate::frames::notified(self, what.into()) {
                    crate::debugger::ticked(self);
                }
            }

            fn close(&mut self) {
                virtuals::close(self);
            }

            fn disconnect_peer(&mut self, peer: i32, force: bool) {
                virtuals::disconnect_peer(self, peer, force);
            }

            unsafe fn get_packet_rawptr(
                &mut self,
                r_buffer: RawPtr<*mut RawPtr<*const u8>>,
                r_buffer_size: RawPtr<*mut i32>,
            ) -> Error {
                // SAFETY: the engine passes two valid out-parameters.
                unsafe { virtuals::get_packet(self, r_buffer, r_buffer_size) }
            }

            unsafe fn put_packet_rawptr(&mut self, buffer: RawPtr<*const u8>, size: i32) -> Error {
                // SAFETY: the engine passes a buffer of this size that stays valid during the call.
                unsafe { virtuals::put_packet(self, buffer, size) }
            }

            fn get_available_packet_count(&self) -> i32 {
                virtuals::available_packet_count(self)
            }

            fn get_max_packet_size(&self) -> i32 {
                crate::bindings::raw::REPORTED_MAX_PACKET_SIZE
            }

            fn get_packet_peer(&self) -> i32 {
                virtuals::packet_peer(self)
            }

            fn get_packet_channel(&self) -> i32 {
                virtuals::packet_channel(self)
            }

            fn get_packet_mode(&self) -> TransferMode {
                virtuals::packet_mode(self)
            }

            fn set_transfer_channel(&mut self, channel: i32) {
                self.session_mut().core.set_transfer_channel(channel);
            }

            fn get_transfer_channel(&self) -> i32 {
                self.session().core.transfer_channel()
            }

            fn set_transfer_mode(&mut self, mode: TransferMode) {
                virtuals::set_transfer_mode(self, mode);
            }

            fn get_transfer_mode(&self) -> TransferMode {
                virtuals::transfer_mode(self)
            }

            fn set_target_peer(&mut self, peer: i32) {
                self.session_mut().core.set_target(peer);
            }

            fn is_server(&self) -> bool {
                virtuals::is_server(self)
            }

            fn get_unique_id(&self) -> i32 {
                virtuals::unique_id(self)
            }

            fn get_connection_status(&self) -> ConnectionStatus {
                virtuals::connection_status(self)
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
