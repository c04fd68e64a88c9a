//! One host of either engine, with uniform reports.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

use enet_codec::Compression;
use enet_net::{BindAddress, Host, Network, Udp};
use enet_proto::Disconnect;
use enet_proto::{Admission, Event, HostConfig, Limits, PacketFlags, PeerId, Time};

use super::content::{content, crc32};
use super::program::Program;

/// ENet's packet flags.
pub const RELIABLE: u32 = 1;
pub const UNSEQUENCED: u32 = 2;
pub const UNRELIABLE_FRAGMENT: u32 = 8;

/// The engine of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    C,
}

/// The settings of a new host.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub max_peers: usize,
    pub max_channels: usize,
    pub range_coder: bool,
    pub checksum: bool,
    /// Whether a host of ours answers the clients it refuses.
    pub answers_refused: bool,
    /// Whether a host of ours has random slots, sessions and numbers of control commands, and offers proofs of its
    /// address, as in Godot.
    pub is_guarded: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_peers: 8,
            max_channels: 255,
            range_coder: false,
            checksum: false,
            answers_refused: false,
            is_guarded: true,
        }
    }
}

/// The ways to end a connection, named as in the C program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Now,
    Later,
    Acked,
    Reset,
}

/// A report of a host, the same for both engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Connected { slot: u16, data: u32 },
    Disconnected { slot: u16, data: u32 },
    Received(Arrival),
}

/// A received packet, whose content is identified by size and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub slot: u16,
    pub channel: u8,
    pub flags: u32,
    pub size: usize,
    pub crc: u32,
}

enum End {
    Ours(Box<Host>, HashMap<u16, PeerId>),
    C(Program),
}

/// A host with its reports.
pub struct Node {
    end: End,
    pub port: u16,
    pub seen: Vec<Seen>,
}

/// A packet to send.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    pub channel: u8,
    pub flags: u32,
    pub size: usize,
    pub seed: u32,
}

impl Sending {
    /// The packet as it arrives in `slot`.
    pub fn arrival(&self, slot: u16) -> Arrival {
        // The MTU of 1392 bytes less the headers of the datagram and of a fragment.
        let is_split = self.size > 1364;
        let flags = match self.flags {
            flags if flags & RELIABLE != 0 => RELIABLE,
            flags if is_split && flags & UNRELIABLE_FRAGMENT != 0 => UNRELIABLE_FRAGMENT,
            // ENet sends fragments reliably unless the packet allows unreliable fragments.
            _ if is_split => RELIABLE,
            flags => flags & UNSEQUENCED,
        };
        Arrival {
            slot,
            channel: self.channel,
            flags,
            size: self.size,
            crc: crc32(&content(self.seed, self.size)),
        }
    }
}

impl Node {
    /// Creates a host of ours on a socket of its own.
    pub fn ours(settings: Settings, seed: u32, now: Time) -> Self {
        let config = HostConfig {
            max_channels: settings.max_channels,
            checksum: settings.checksum,
            answers_refused: settings.answers_refused,
            // No honest ENet meets a limit.
            limits: Limits::new(settings.max_peers),
            is_guarded: settings.is_guarded,
            offers_proof: settings.is_guarded,
            ..HostConfig::new(settings.max_peers, seed, now)
        };
        let socket = Udp.bind(BindAddress::Ip(Ipv4Addr::LOCALHOST.into()), 0);
        let mut host = Host::new(&config, socket.expect("a socket"));
        if settings.range_coder {
            host.set_compression(Compression::RangeCoder);
        }
        Self {
            port: host.local_port(),
            end: End::Ours(Box::new(host), HashMap::new()),
            seen: Vec::new(),
        }
    }

    /// Creates a host of the C library in a process of its own.
    pub fn c(settings: Settings) -> Self {
        let mut program = Program::start();
        let port = program.ask(&format!(
            "host 0 {} {} {} {}",
            settings.max_peers,
            settings.max_channels,
            u8::from(settings.range_coder),
            u8::from(settings.checksum)
        ));
        Self {
            port: number(&port.expect("a host")),
            end: End::C(program),
            seen: Vec::new(),
        }
    }

    /// The host and its connections by slot, if the host is ours.
    pub fn our_host(&self) -> Option<(&Host, &HashMap<u16, PeerId>)> {
        match &self.end {
            End::Ours(host, peers) => Some((host, peers)),
            End::C(_) => None,
        }
    }

    /// Chooses which clients a host of ours admits from now on.
    pub fn set_admission(&mut self, admission: Admission) {
        match &mut self.end {
            End::Ours(host, _) => host.set_admission(admission),
            End::C(_) => panic!("not a host of ours"),
        }
    }

    /// Starts a connection; returns its slot, if one is free.
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<u16> {
        match &mut self.end {
            End::Ours(host, peers) => {
                let id = host.connect(now, address, channels, data)?;
                peers.insert(id.slot, id);
                Some(id.slot)
            }
            End::C(program) => {
                let (ip, port) = (address.ip(), address.port());
                let slot = program.ask(&format!("connect {ip} {port} {channels} {data}"));
                slot.ok().map(|slot| number(&slot))
            }
        }
    }

    /// Sends a packet whose [`content`] follows from its seed. False if the host refuses it.
    pub fn send(&mut self, now: Time, slot: u16, packet: Sending) -> bool {
        let Sending {
            channel,
            flags,
            size,
            seed,
        } = packet;
        match &mut self.end {
            End::Ours(host, peers) => {
                let flags = PacketFlags {
                    reliable: flags & RELIABLE != 0,
                    unsequenced: flags & UNSEQUENCED != 0,
                    unreliable_fragment: flags & UNRELIABLE_FRAGMENT != 0,
                };
                let data = content(seed, size);
                peers
                    .get(&slot)
                    .is_some_and(|&peer| host.send(now, peer, channel, flags, &data).is_ok())
            }
            End::C(program) => {
                let command = format!("send {slot} {channel} {flags} {size} {seed}");
                program.ask(&command).is_ok()
            }
        }
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, now: Time, slot: u16, data: u32, how: How) {
        match &mut self.end {
            End::Ours(host, peers) => {
                let how = match how {
                    How::Now => Disconnect::Now,
                    How::Later => Disconnect::Later,
                    How::Acked => Disconnect::Acknowledged,
                    How::Reset => Disconnect::Silent,
                };
                host.disconnect(now, peers[&slot], data, how);
            }
            End::C(program) => {
                let how = format!("{how:?}").to_lowercase();
                let ended = program.ask(&format!("disconnect {slot} {data} {how}"));
                ended.expect("a known slot");
            }
        }
    }

    /// Gives a command to a host of the C library and returns the answer.
    pub fn ask(&mut self, command: &str) -> String {
        match &mut self.end {
            End::C(program) => program
                .ask(command)
                .unwrap_or_else(|answer| panic!("{command}: {answer}")),
            End::Ours(..) => panic!("not a host of the C library"),
        }
    }

    /// Lets a host of the C library service its connections for two milliseconds. False for a host of
    /// ours, which does nothing here.
    pub fn begin_service(&mut self) -> bool {
        let End::C(program) = &mut self.end else {
            return false;
        };
        program.order("service 2");
        true
    }

    /// Collects new reports. True once the C library's service call has ended.
    pub fn work(&mut self, now: Time) -> bool {
        match &mut self.end {
            End::Ours(host, peers) => {
                host.service(now);
                while let Some(event) = host.next_event() {
                    self.seen.push(seen(event, peers));
                }
            }
            End::C(program) => {
                while let Some(line) = program.line() {
                    if line == "done" {
                        return true;
                    }
                    self.seen.push(read(&line));
                }
            }
        }
        false
    }
}

fn seen(event: Event, peers: &mut HashMap<u16, PeerId>) -> Seen {
    match event {
        Event::Connected { peer, data } => {
            peers.insert(peer.slot, peer);
            let slot = peer.slot;
            Seen::Connected { slot, data }
        }
        Event::Disconnected { peer, data, .. } => {
            let slot = peer.slot;
            Seen::Disconnected { slot, data }
        }
        Event::OverLimit { .. } => unreachable!("there are no limits"),
        Event::Received {
            peer,
            channel,
            flags,
            data,
        } => Seen::Received(Arrival {
            slot: peer.slot,
            channel,
            flags: u32::from(flags.reliable) * RELIABLE
                + u32::from(flags.unsequenced) * UNSEQUENCED
                + u32::from(flags.unreliable_fragment) * UNRELIABLE_FRAGMENT,
            size: data.len(),
            crc: crc32(&data),
        }),
    }
}

fn read(line: &str) -> Seen {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["connected", slot, data] => Seen::Connected {
            slot: number(slot),
            data: number(data),
        },
        ["disconnected", slot, data] => Seen::Disconnected {
            slot: number(slot),
            data: number(data),
        },
        ["received", slot, channel, flags, size, crc] => Seen::Received(Arrival {
            slot: number(slot),
            channel: number(channel),
            flags: number(flags),
            size: number(size),
            crc: number(crc),
        }),
        _ => panic!("the C program says {line:?}"),
    }
}

/// Parses a number printed by the C program.
pub fn number<N: std::str::FromStr>(text: &str) -> N {
    let number = text.parse().ok();
    number.unwrap_or_else(|| panic!("the C program says {text:?} for a number"))
}
