//! What the editor wants, and what it knows of the process.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::time::Duration;

use enet_proto::Time;
use godot::prelude::*;

use super::events::{self, Events};
use super::hosts::HostInfo;
use super::{ATTACHED, LEVEL, WATCHED, WATCHING, send};

/// The least and the longest time between snapshots.
const LEAST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(10);
/// The time between two lists of hosts: a process may have many, which come one by one.
const BETWEEN_LISTS: Duration = Duration::from_millis(100);
/// More hosts than these are not shown.
const MOST_HOSTS: usize = 256;

thread_local! {
    static AGENT: RefCell<Agent> = RefCell::default();
}

/// The state of the process. The main thread has the only one in use.
#[derive(Default)]
pub struct Agent {
    interval: Duration,
    hosts: Vec<Listed>,
    has_changed: bool,
    next_list: Time,
    pub events: Events,
}

struct Listed {
    info: HostInfo,
    is_told: bool,
    is_recorded: bool,
    /// The ids of the peers that the editor knows.
    peers: Vec<i32>,
}

/// Calls `act` with the agent. Nothing that calls the engine may happen meanwhile; `None` if it does.
pub fn with<R>(act: impl FnOnce(&mut Agent) -> R) -> Option<R> {
    AGENT.with(|agent| agent.try_borrow_mut().ok().map(|mut agent| act(&mut agent)))
}

/// An editor begins to watch, with a snapshot each `interval`.
pub fn begin(interval: Duration) {
    with(|agent| {
        *agent = Agent {
            interval: interval.clamp(LEAST, LONGEST),
            ..Agent::default()
        };
    });
    WATCHING.fetch_add(1, Ordering::Relaxed);
    LEVEL.store(WATCHED, Ordering::Relaxed);
}

/// The editor no longer watches.
pub fn end() {
    with(|agent| *agent = Agent::default());
    LEVEL.store(ATTACHED, Ordering::Relaxed);
}

/// The time between snapshots.
pub fn interval() -> Duration {
    with(|agent| agent.interval).unwrap_or(LONGEST)
}

/// Lists a host, or what changed of it. Returns whether it is on the list.
pub fn list(info: &HostInfo) -> bool {
    with(|agent| agent.list(info)).unwrap_or(false)
}

/// Takes a host off the list, which no longer exists.
pub fn unlist(object: i64) {
    let is_last = with(|agent| {
        let before = agent.hosts.len();
        agent.hosts.retain(|host| host.info.object != object);
        agent.has_changed |= agent.hosts.len() < before;
        // Another host would send the list.
        agent.hosts.is_empty() && agent.has_changed
    });
    if is_last == Some(true) {
        events::send_waiting();
        tell_now();
    }
}

/// The objects on the list, or the one of them that is asked for; 0 asks for all.
pub fn objects(wanted: i64) -> Vec<i64> {
    let listed = with(|agent| {
        let objects = agent.hosts.iter().map(|host| host.info.object);
        objects.filter(|&it| wanted == 0 || it == wanted).collect()
    });
    listed.unwrap_or_default()
}

/// Whether the datagrams of a host are told from now on; 0 means all hosts on the list.
pub fn record(object: i64, is_recorded: bool) {
    with(|agent| {
        let hosts = agent.hosts.iter_mut();
        let wanted = hosts.filter(|host| object == 0 || host.info.object == object);
        wanted.for_each(|host| host.is_recorded = is_recorded);
    });
}

/// See [`record`].
pub fn is_recorded(object: i64) -> bool {
    let found = with(|agent| agent.find(object).is_some_and(|host| host.is_recorded));
    found == Some(true)
}

/// Notes the peers that the editor knows.
pub fn note_peers(object: i64, peers: Vec<i32>) {
    with(|agent| {
        let mut hosts = agent.hosts.iter_mut();
        if let Some(host) = hosts.find(|host| host.info.object == object) {
            host.peers = peers;
        }
    });
}

/// Whether the editor knows such a peer.
pub fn has_peer(object: i64, peer: i32) -> bool {
    let found = with(|agent| {
        agent
            .find(object)
            .is_some_and(|host| host.peers.contains(&peer))
    });
    found == Some(true)
}

/// Sends the list if it changed, unless that happened just now. Returns whether the editor knows the host.
pub fn tell(object: i64, now: Time) -> bool {
    let is_due = with(|agent| {
        let is_due = agent.has_changed && now >= agent.next_list;
        if is_due {
            agent.next_list = now + BETWEEN_LISTS;
        }
        is_due
    });
    if is_due == Some(true) {
        tell_now();
    }
    let is_told = with(|agent| agent.find(object).is_some_and(|host| host.is_told));
    is_told == Some(true)
}

fn tell_now() {
    let hosts = with(|agent| {
        agent.has_changed = false;
        let hosts = agent.hosts.iter_mut().map(|host| {
            host.is_told = true;
            host.info.clone()
        });
        hosts.collect::<Vec<_>>()
    });
    let rows: VarArray = (hosts.unwrap_or_default().iter())
        .map(|info| info.to_dictionary().to_variant())
        .collect();
    send("hosts", &varray![&rows]);
}

impl Agent {
    fn find(&self, object: i64) -> Option<&Listed> {
        self.hosts.iter().find(|host| host.info.object == object)
    }

    fn list(&mut self, info: &HostInfo) -> bool {
        let is_full = self.hosts.len() >= MOST_HOSTS;
        let mut hosts = self.hosts.iter_mut();
        match hosts.find(|host| host.info.object == info.object) {
            Some(host) if host.info == *info => return true,
            Some(host) => host.info = info.clone(),
            None if is_full => return false,
            None => self.hosts.push(Listed {
                info: info.clone(),
                is_told: false,
                is_recorded: false,
                peers: Vec::new(),
            }),
        }
        self.has_changed = true;
        true
    }
}
