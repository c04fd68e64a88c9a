//! The numbers of a snapshot: those of `get_statistics`.

use enet_multiplayer::Figures;
use enet_multiplayer::figures::{host_numbers, peer_numbers};
use enet_net::HostFigures;
use enet_proto::{PeerFigures, Time};

use super::hosts::Connected;
use crate::session::HasSession;

/// Names of the numbers of a host, in their order.
pub fn host_columns() -> impl Iterator<Item = &'static str> {
    host_numbers(&HostFigures::default()).map(|(name, _)| name)
}

/// Names of the numbers of a peer, in their order.
pub fn peer_columns() -> impl Iterator<Item = &'static str> {
    peer_numbers(&PeerFigures::default()).map(|(name, _)| name)
}

/// The numbers of a host, and of its peers, row after row.
pub struct Rows {
    pub host: Vec<f64>,
    pub ids: Vec<i32>,
    pub peers: Vec<f64>,
}

/// The numbers of an object's host and peers, with the longest gaps since a time.
pub fn read<T: HasSession>(this: &T, peers: &[Connected], now: Time, since: Time) -> Rows {
    let core = &this.session().core;
    let Figures { host, peers } = match core.figures_since(now, since) {
        Ok(figures) => figures,
        // A host without ids; its peers have their places among all.
        Err(_) => {
            let host = this.own_host();
            let figures = host.and_then(|host| host.borrow().figures(now, since).ok());
            let figures_of = |each: &Connected| {
                let figures = each.host.borrow().peer_figures(now, each.peer)?;
                Some((each.id, figures))
            };
            Figures {
                host: figures.map_or_else(HostFigures::default, |figures| figures.host),
                peers: peers.iter().filter_map(figures_of).collect(),
            }
        }
    };
    let rows = peers.iter().flat_map(|(_, figures)| peer_numbers(figures));
    Rows {
        host: host_numbers(&host)
            .map(|(_, number)| number.value())
            .collect(),
        ids: peers.iter().map(|&(id, _)| id).collect(),
        peers: rows.map(|(_, number)| number.value()).collect(),
    }
}
