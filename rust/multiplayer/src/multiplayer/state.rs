//! What a peer is, what it has received, and how it is set.

use std::rc::Rc;

use super::{MAIN_HOST, Mode, Multiplayer, Packet, Status, poll};
use crate::{SharedConnection, TransferMode, Undecoded};
use enet_codec::Compression;
use enet_dtls::FailedHandshake;
use enet_net::BindAddress;
use enet_proto::{PeerId, Time};

impl Multiplayer {
    /// Packets that wait.
    pub fn available_packets(&self) -> usize {
        self.inbox.len()
    }

    /// The packet that [`Multiplayer::take_packet`] would return.
    pub fn next_packet(&self) -> Option<&Packet> {
        self.inbox.front()
    }

    /// Takes the next packet.
    pub fn take_packet(&mut self) -> Option<Packet> {
        let packet = self.inbox.pop_front()?;
        self.unread_bytes -= packet.data.capacity() + poll::PACKET_COST;
        if let Some(count) = self.unread.get_mut(&packet.peer) {
            *count -= 1;
            if *count == 0 {
                self.unread.remove(&packet.peer);
            }
        }
        self.last_packet_channel = Some(packet.channel);
        Some(packet)
    }

    /// Gives the bytes of a packet back when they are read: later packets use their memory again.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        if let Some(host) = self.hosts.values().next()
            && let Some(host) = host.borrow_mut().host()
        {
            host.recycle(bytes);
        }
    }

    /// What the peer is.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it is anything but inactive.
    pub fn is_active(&self) -> bool {
        self.mode != Mode::Inactive
    }

    /// Whether it is connected.
    pub fn status(&self) -> Status {
        self.status
    }

    /// This peer's id, 0 while inactive. A client has one from the start.
    pub fn unique_id(&self) -> i32 {
        self.unique_id
    }

    /// Whether the layer above may pass packets on between clients by way of the server: not in a mesh,
    /// not if that is turned off, and not in Godot 3's format, where this layer does.
    pub fn supports_server_relay(&self) -> bool {
        let has_server = matches!(self.mode, Mode::Server | Mode::Client);
        has_server && self.is_server_relay_enabled() && !self.speaks_godot3()
    }

    /// Ids of the peers this one has a connection to, ascending.
    pub fn peer_ids(&self) -> impl Iterator<Item = i32> {
        self.peers.keys().copied()
    }

    /// The UDP port of a server or client.
    pub fn local_port(&self) -> Option<u16> {
        self.host()?.borrow().local_port().ok()
    }

    /// The host of a server or client.
    pub fn host(&self) -> Option<&SharedConnection> {
        // In a mesh, the key is that of a peer.
        let host = self.hosts.get(&MAIN_HOST);
        host.filter(|_| self.mode != Mode::Mesh)
    }

    /// The host with this key: see [`Multiplayer::host_key`].
    pub fn host_at(&self, key: i32) -> Option<&SharedConnection> {
        self.hosts.get(&key)
    }

    /// Whether a connection belongs to one of the peers.
    pub fn has_peer(&self, peer: PeerId) -> bool {
        match self.mode {
            Mode::Server => self.ids.contains_key(&peer),
            _ => self.peers.values().any(|&known| known == peer),
        }
    }

    /// Whether it was polled since it became active.
    pub fn is_polling(&self) -> bool {
        self.is_polling
    }

    /// The peer behind an id, and the host it is connected to.
    pub fn connection_to(&self, id: i32) -> Option<(SharedConnection, PeerId)> {
        let host = self.hosts.get(&self.host_key(id))?;
        Some((Rc::clone(host), *self.peers.get(&id)?))
    }

    /// Where the next server, or client with a local port, listens.
    pub fn set_bind_address(&mut self, address: BindAddress) {
        self.bind_address = address;
    }

    /// Chooses the codec of the hosts made from now on, and of a server's or client's that is there.
    pub fn set_compression(&mut self, mode: Compression) {
        if let Some(host) = self.host() {
            // It may have been destroyed by others.
            let _ = host.borrow_mut().set_compression(mode.clone());
        }
        self.compression = mode;
    }

    /// The codec chosen here.
    pub fn compression(&self) -> &Compression {
        &self.compression
    }

    /// A warning for each host that got datagrams it cannot decode, now and then.
    pub fn undecoded(&mut self, now: Time) -> Option<Undecoded> {
        let mut hosts = self.hosts.values();
        hosts.find_map(|host| host.borrow_mut().undecoded(now))
    }

    /// The next encrypted session that failed. See [`crate::Connection::next_failed`].
    pub fn next_failed(&mut self, now: Time) -> Option<FailedHandshake> {
        let mut hosts = self.hosts.values();
        hosts.find_map(|host| host.borrow_mut().next_failed(now))
    }

    /// Whether newcomers are turned away. Creating and closing clear it.
    pub fn refuses_new_connections(&self) -> bool {
        self.refuse_new_connections
    }

    /// Turns newcomers away, or stops doing so.
    pub fn set_refuse_new_connections(&mut self, refuse: bool) {
        self.refuse_new_connections = refuse;
        if let Some(host) = self.host() {
            host.borrow_mut().set_refusing(refuse);
        }
    }

    /// How packets are sent.
    pub fn transfer_mode(&self) -> TransferMode {
        self.transfer_mode
    }

    /// Chooses how packets are sent.
    pub fn set_transfer_mode(&mut self, mode: TransferMode) {
        self.transfer_mode = mode;
    }

    /// The transfer channel as it was set.
    pub fn transfer_channel(&self) -> i32 {
        self.transfer_channel
    }

    /// Chooses the transfer channel. Sending checks it.
    pub fn set_transfer_channel(&mut self, channel: i32) {
        self.transfer_channel = channel;
    }

    /// Chooses who gets the next packets: 0 everybody, an id that peer, a negative id everybody else.
    /// Sending checks it.
    pub fn set_target(&mut self, target: i32) {
        self.target = target;
    }
}
