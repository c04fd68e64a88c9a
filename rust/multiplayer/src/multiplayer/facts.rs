//! The facts that callers ask a session for again and again.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::inbox::Inbox;
use super::{FramePlan, Mode, Multiplayer, Status, WireProtocol};
use crate::{Connection, TransferMode};

/// The facts of a [`Multiplayer`] that callers ask for again and again, and the transfer settings that they set
/// with each packet.
///
/// The facts lie apart from the rest of the session and in cells. So a caller that holds them, see
/// [`Multiplayer::facts`], needs no access to the session itself, and gets true answers at any moment, also in
/// the middle of a call on the session.
pub struct Facts {
    pub(super) mode: Cell<Mode>,
    pub(super) status: Cell<Status>,
    pub(super) unique_id: Cell<i32>,
    pub(super) refuses_newcomers: Cell<bool>,
    pub(super) wire_protocol: Cell<WireProtocol>,
    /// Whether a server of Godot 3's format relays packets between its clients.
    pub(super) server_relay: Cell<bool>,
    transfer_mode: Cell<TransferMode>,
    /// As it was set; sending checks it.
    transfer_channel: Cell<i32>,
    /// As it was set: 0 for every peer, an id for that peer, a negative id for every other peer.
    target: Cell<i32>,
    plan: Cell<FramePlan>,
    /// The session that has this object's host, if it is another one, and the host.
    user: RefCell<Option<User>>,
    /// Never borrowed across a call to anything but the inbox.
    pub(super) inbox: RefCell<Inbox>,
}

/// A session that has the host for which another object stands.
struct User {
    session: Rc<Facts>,
    host: Weak<RefCell<Connection>>,
}

/// A received packet without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketHead {
    /// Id of the sender.
    pub peer: i32,
    /// The transfer channel, 0 for the modes' own channels.
    pub channel: i32,
    /// The transfer mode in which it arrived.
    pub mode: TransferMode,
}

impl Facts {
    pub(super) fn new() -> Self {
        Self {
            mode: Cell::default(),
            status: Cell::default(),
            unique_id: Cell::default(),
            refuses_newcomers: Cell::default(),
            wire_protocol: Cell::default(),
            server_relay: Cell::new(true),
            transfer_mode: Cell::default(),
            transfer_channel: Cell::default(),
            target: Cell::default(),
            plan: Cell::default(),
            user: RefCell::default(),
            inbox: RefCell::default(),
        }
    }

    /// The kind of session.
    pub fn mode(&self) -> Mode {
        self.mode.get()
    }

    /// Whether there is a session.
    pub fn is_active(&self) -> bool {
        self.mode() != Mode::Inactive
    }

    /// Whether the session is connected.
    pub fn status(&self) -> Status {
        self.status.get()
    }

    /// The status for an object that stands for a host: that of its own session, or, while its host lives, of the other
    /// session that has the host.
    pub fn status_of_host(&self) -> Status {
        if self.is_active() {
            return self.status();
        }
        let user = self.user.borrow();
        let Some(User { session, host }) = user.as_ref() else {
            return self.status();
        };
        let Some(host) = host.upgrade() else {
            return Status::Disconnected;
        };
        // A host that is in use is alive.
        match host.try_borrow().is_ok_and(|host| !host.is_active()) {
            true => Status::Disconnected,
            false => session.status(),
        }
    }

    /// Notes that another session uses this object's host.
    pub fn set_user(&self, session: Rc<Facts>, host: Weak<RefCell<Connection>>) {
        *self.user.borrow_mut() = Some(User { session, host });
    }

    /// The session's own peer id, 0 while inactive. A client has its id from the start.
    pub fn unique_id(&self) -> i32 {
        self.unique_id.get()
    }

    /// Whether newcomers are rejected. Creating and closing reset it.
    pub fn refuses_new_connections(&self) -> bool {
        self.refuses_newcomers.get()
    }

    /// Whether the caller may relay packets between clients by way of the server: not in a mesh, not if
    /// the relay is turned off, and not in Godot 3's format, where the session relays them itself.
    pub fn supports_server_relay(&self) -> bool {
        let has_server = matches!(self.mode(), Mode::Server | Mode::Client);
        has_server && self.server_relay.get() && !self.speaks_godot3()
    }

    pub(super) fn speaks_godot3(&self) -> bool {
        self.wire_protocol.get() == WireProtocol::Godot3
    }

    /// Number of unread packets.
    pub fn available_packets(&self) -> usize {
        self.inbox.borrow().len()
    }

    /// The plan of the session's frames, for a caller that follows one.
    pub fn plan(&self) -> &Cell<FramePlan> {
        &self.plan
    }

    /// The packet that [`Multiplayer::take_packet`] would return.
    pub fn next_packet(&self) -> Option<PacketHead> {
        let inbox = self.inbox.borrow();
        inbox.front().map(|packet| PacketHead {
            peer: packet.peer,
            channel: packet.channel,
            mode: packet.mode,
        })
    }

    /// The transfer mode of the next packets.
    pub fn transfer_mode(&self) -> TransferMode {
        self.transfer_mode.get()
    }

    /// Chooses the transfer mode of the next packets.
    pub fn set_transfer_mode(&self, mode: TransferMode) {
        self.transfer_mode.set(mode);
    }

    /// The transfer channel as it was set.
    pub fn transfer_channel(&self) -> i32 {
        self.transfer_channel.get()
    }

    /// Chooses the transfer channel of the next packets. [`Multiplayer::send`] checks it.
    pub fn set_transfer_channel(&self, channel: i32) {
        self.transfer_channel.set(channel);
    }

    /// The recipients of the next packets as they were set.
    pub fn target(&self) -> i32 {
        self.target.get()
    }

    /// Chooses the recipients of the next packets: 0 for every peer, an id for that peer, a negative id
    /// for every other peer. [`Multiplayer::send`] checks it.
    pub fn set_target(&self, target: i32) {
        self.target.set(target);
    }
}

/// The facts are a part of the session; a copy of each method for both types would say the same twice.
impl std::ops::Deref for Multiplayer {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl Multiplayer {
    /// The facts of this session and of those that follow it. They outlive the [`Multiplayer`], which is
    /// inactive then.
    pub fn facts(&self) -> Rc<Facts> {
        Rc::clone(&self.facts)
    }
}
