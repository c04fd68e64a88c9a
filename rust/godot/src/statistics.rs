//! Figures as the Dictionaries of `get_statistics`.

use std::cell::Cell;

use enet_multiplayer::figures::{Named, Number, channel_numbers, host_numbers, peer_numbers};
use enet_net::HostFigures;
use enet_proto::{Backlog, ChannelFigures, PeerFigures, Time};
use godot::prelude::*;

use crate::dropped;

/// When a script asked an object for its statistics last: gaps are counted from then on.
#[derive(Debug, Default)]
pub struct Asked(Cell<Time>);

impl Asked {
    /// The time of the last question, or zero; the next one is `now`.
    pub fn renew(&self, now: Time) -> Time {
        self.0.replace(now)
    }
}

/// The statistics of a host.
pub fn of_host(figures: &HostFigures) -> VarDictionary {
    let mut dictionary = numbers(host_numbers(figures));
    dictionary.set("drops", &dropped::dictionary(&figures.drops));
    dictionary
}

/// The statistics of a peer with its channels.
pub fn of_peer(figures: &PeerFigures, channels: &[(u8, ChannelFigures)]) -> VarDictionary {
    let mut dictionary = numbers(peer_numbers(figures));
    dictionary.set("drops", &dropped::dictionary(&figures.drops));
    let mut by_channel = VarDictionary::new();
    for (number, figures) in channels {
        by_channel.set(i64::from(*number), &numbers(channel_numbers(figures)));
    }
    dictionary.set("channels", &by_channel);
    dictionary
}

/// Packets that wait to be read.
pub fn backlog<'a>(packets: impl Iterator<Item = &'a Vec<u8>>) -> Backlog {
    let mut backlog = Backlog::default();
    packets.for_each(|packet| backlog.count(packet.len()));
    backlog
}

fn numbers(numbers: impl Iterator<Item = Named>) -> VarDictionary {
    let mut dictionary = VarDictionary::new();
    for (name, number) in numbers {
        match number {
            Number::Count(count) => {
                dictionary.set(name, i64::try_from(count).unwrap_or(i64::MAX));
            }
            Number::Millis(value) | Number::Share(value) => dictionary.set(name, value),
        }
    }
    dictionary
}
