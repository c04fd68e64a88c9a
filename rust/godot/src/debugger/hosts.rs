//! What the editor is told of a host and of its peers.

use enet_codec::Compression;
use enet_multiplayer::{Mode, SharedConnection};
use enet_proto::{PeerId, PeerState};
use godot::prelude::*;

use crate::session::HasSession;

/// A host, or the hosts of a mesh.
#[derive(Clone, PartialEq, Eq)]
pub struct HostInfo {
    pub object: i64,
    class: &'static str,
    role: &'static str,
    address: String,
    port: u16,
    is_encrypted: bool,
    compression: String,
    channels: usize,
    is_threaded: bool,
    /// The path of the root of its multiplayer API.
    name: String,
}

/// A peer of a host.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// Its id, or its number among the peers of a host without ids.
    pub id: i32,
    pub address: String,
    pub state: &'static str,
}

/// A peer with the host that has the connection to it.
pub struct Connected {
    pub id: i32,
    pub host: SharedConnection,
    pub peer: PeerId,
}

impl HostInfo {
    /// Describes the host of an object that has one.
    pub fn of<T: HasSession>(this: &T, object: i64, name: String) -> Self {
        let core = &this.session().core;
        let mut info = Self {
            object,
            class: T::NAME,
            role: match core.mode() {
                Mode::Server => "server",
                Mode::Client => "client",
                Mode::Mesh => "mesh",
                Mode::Inactive => "connection",
            },
            address: String::new(),
            port: 0,
            is_encrypted: false,
            compression: short_name(core.compression()),
            channels: 0,
            is_threaded: false,
            name,
        };
        // Each host of a mesh has an address of its own; they are equal otherwise.
        let own = this.own_host();
        let any = own.clone().or_else(|| {
            let first = core.peer_ids().next()?;
            Some(core.connection_to(first)?.0)
        });
        let Some(any) = any else {
            return info;
        };
        let mut connection = any.borrow_mut();
        info.channels = connection.channel_limit().unwrap_or(0);
        info.is_threaded = connection.is_threaded();
        if let Some(host) = connection.host() {
            info.is_encrypted = host.encrypts_as_client().is_some();
            info.compression = short_name(host.compression());
        }
        if own.is_some() {
            info.address = "*".to_owned();
            info.port = connection.local_port().unwrap_or(0);
        }
        info
    }

    /// As the message "hosts" has it.
    pub fn to_dictionary(&self) -> VarDictionary {
        vdict! {
            "object" => self.object,
            "class" => self.class,
            "role" => self.role,
            "address" => &GString::from(&self.address),
            "port" => i64::from(self.port),
            "encrypted" => self.is_encrypted,
            "compression" => &GString::from(&self.compression),
            "channels" => self.channels as i64,
            "threaded" => self.is_threaded,
            "name" => &GString::from(&self.name),
        }
    }

    /// In words, for the log of events.
    pub fn words(&self) -> String {
        format!("{} {} on port {}", self.class, self.role, self.port)
    }
}

fn short_name(compression: &Compression) -> String {
    let name = compression.name();
    name.trim_start_matches("COMPRESS_").to_lowercase()
}

/// The peers of an object, by ascending id.
pub fn connected<T: HasSession>(this: &T) -> Vec<Connected> {
    let core = &this.session().core;
    if core.is_active() {
        let peers = core.peer_ids().filter_map(|id| {
            let (host, peer) = core.connection_to(id)?;
            Some(Connected { id, host, peer })
        });
        return peers.collect();
    }
    let Some(host) = this.own_host() else {
        return Vec::new();
    };
    let peers = host.borrow().peers();
    let numbered = peers.into_iter().enumerate();
    numbered
        .map(|(index, peer)| Connected {
            id: i32::try_from(index).unwrap_or(i32::MAX),
            host: host.clone(),
            peer,
        })
        .collect()
}

/// What the editor is told of peers.
pub fn described(peers: &[Connected]) -> Vec<PeerInfo> {
    let describe = |each: &Connected| {
        let host = each.host.borrow();
        let address = host.address(each.peer);
        PeerInfo {
            id: each.id,
            address: address.map_or_else(String::new, |it| it.to_string()),
            state: state_name(host.state(each.peer)),
        }
    };
    peers.iter().map(describe).collect()
}

fn state_name(state: PeerState) -> &'static str {
    match state {
        PeerState::Disconnected | PeerState::Zombie => "disconnected",
        PeerState::Connecting
        | PeerState::AcknowledgingConnect
        | PeerState::ConnectionPending
        | PeerState::ConnectionSucceeded => "connecting",
        PeerState::Connected => "connected",
        PeerState::DisconnectLater
        | PeerState::Disconnecting
        | PeerState::AcknowledgingDisconnect => "disconnecting",
    }
}
