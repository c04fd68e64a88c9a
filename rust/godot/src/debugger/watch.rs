//! What is kept of an object while a debugger is attached, and while an editor watches.

use std::sync::atomic::Ordering;
use std::time::Duration;

use enet_multiplayer::scene::{self, Direction, Learned, Talkers};
use enet_multiplayer::{Mode, Multiplayer, Notice, Signal};
use enet_proto::{Drops, Time};

use super::events::{self, Kind};
use super::hosts::PeerInfo;
use super::methods::Methods;
use super::taps::Taps;
use super::{WATCHING, agent, is_watched};
use crate::session::{HasSession, Session};

/// The time without a poll that is worth an event.
const LONG_GAP: Duration = Duration::from_millis(250);

/// What is kept of an object.
#[derive(Default)]
pub struct Watch {
    /// The numbers of nodes, known only to those who heard of them at the time.
    pub learned: Option<Box<Learned>>,
    pub talkers: Option<Box<Talkers>>,
    pub view: Option<Box<View>>,
    /// Whether scripts may be running that the agent called.
    pub is_ticking: bool,
    /// Whether the packets are not SceneMultiplayer's, as no multiplayer API of the tree has this peer.
    pub is_raw: bool,
}

/// What the editor was told of an object.
pub struct View {
    /// The watching that this is part of.
    pub watching: u32,
    pub object: i64,
    /// The path of the root of the API that has this peer.
    pub root: Option<String>,
    pub peers: Option<Vec<PeerInfo>>,
    pub drops: Drops,
    pub methods: Methods,
    pub taps: Taps,
    pub next_snapshot: Time,
    /// The time of the last one, from which its gaps count. Zero if there was none.
    pub last_snapshot: Time,
    pub next_second: Time,
    pub next_root: Time,
    /// The time until the API is looked for again.
    pub root_wait: Duration,
    last_poll: Option<Time>,
}

impl View {
    /// Nothing was told yet.
    pub fn new(object: i64, now: Time) -> Self {
        Self {
            watching: WATCHING.load(Ordering::Relaxed),
            object,
            root: None,
            peers: None,
            drops: Drops::default(),
            methods: Methods::default(),
            taps: Taps::default(),
            next_snapshot: now,
            last_snapshot: Time::ZERO,
            next_second: now + Duration::from_secs(1),
            next_root: now,
            root_wait: Duration::ZERO,
            last_poll: None,
        }
    }

    /// Whether it is part of the present watching.
    pub fn is_current(&self) -> bool {
        is_watched() && self.watching == WATCHING.load(Ordering::Relaxed)
    }

    /// Notes a poll, and the time that the game took for it.
    pub fn note_poll(&mut self, now: Time) {
        let gap = self
            .last_poll
            .map_or(Duration::ZERO, |last| now.saturating_sub(last));
        self.last_poll = Some(now);
        if gap >= LONG_GAP {
            let text = || format!("the game did not poll for {} ms", gap.as_millis());
            events::note(self.object, Kind::Spike, 0, text);
        }
    }
}

impl Drop for View {
    /// The host was closed, or the object freed.
    fn drop(&mut self) {
        if self.is_current() {
            events::note(self.object, Kind::Closed, 0, String::new);
            agent::unlist(self.object);
        }
    }
}

/// The editor no longer watches: nothing more is counted.
pub fn release<T: HasSession>(this: &mut T) {
    let watch = &mut this.session_mut().watch;
    if watch.view.is_some() {
        watch.view = None;
        watch.talkers = None;
    }
}

/// See [`super::put`].
pub fn put(session: &mut Session, packet: &[u8]) {
    let is_server = session.core.mode() == Mode::Server;
    let (sender, message) = match scene::relayed(packet) {
        Some((id, message)) => (if is_server { id } else { 0 }, message),
        None => (0, packet),
    };
    learn(&mut session.watch, sender, message);
    if is_watched()
        && let Some(talkers) = &mut session.watch.talkers
    {
        let recipients = recipients(&session.core);
        match session.watch.is_raw {
            true => talkers.raw(Direction::Out, packet.len(), recipients),
            false => talkers.send(is_server, packet, recipients),
        }
    }
}

/// See [`super::taken`].
pub fn taken(session: &mut Session, from: i32, packet: &[u8]) {
    let is_server = session.core.mode() == Mode::Server;
    let (sender, message) = match scene::relayed(packet) {
        Some((id, message)) => (if is_server { from } else { id }, message),
        None => (from, packet),
    };
    learn(&mut session.watch, sender, message);
    if is_watched()
        && let Some(talkers) = &mut session.watch.talkers
    {
        match session.watch.is_raw {
            true => talkers.raw(Direction::In, packet.len(), 1),
            false => talkers.receive(is_server, from, packet),
        }
    }
}

fn learn(watch: &mut Watch, sender: i32, message: &[u8]) {
    if let Some(lesson) = scene::lesson(message) {
        watch.learned.get_or_insert_default().learn(sender, lesson);
    }
}

/// How many peers the packet that was put goes to.
fn recipients(core: &Multiplayer) -> u64 {
    let target = core.target();
    let all = core.peer_count() as u64;
    match core.mode() {
        Mode::Client => all.min(1),
        _ if target > 0 => 1,
        _ if target < 0 && core.connection_to(-target).is_some() => all - 1,
        _ => all,
    }
}

/// See [`super::signalled`].
pub fn signalled<T: HasSession>(this: &mut T, notice: &Notice) {
    if is_watched() {
        note_signal(this, notice);
    }
    if let Signal::PeerDisconnected(id) = notice.signal()
        && let Some(learned) = &mut this.session_mut().watch.learned
    {
        learned.forget(id);
    }
}

fn note_signal<T: HasSession>(this: &T, notice: &Notice) {
    let object = this.to_gd().instance_id().to_i64();
    let core = &this.session().core;
    let address = |id| {
        let (host, peer) = core.connection_to(id)?;
        host.borrow().address(peer)
    };
    match notice.signal() {
        Signal::PeerConnected(id) => events::note(object, Kind::Join, id, || {
            address(id).map_or_else(String::new, |address| format!("from {address}"))
        }),
        Signal::PeerDisconnected(id) => {
            events::note(object, Kind::Leave, id, || core.ended(id).text())
        }
        Signal::ConnectionFailed => events::note(object, Kind::Refused, 1, || {
            format!("the connection failed: {}", notice.failure())
        }),
        Signal::ConnectionSucceeded | Signal::ServerDisconnected => {}
    }
}
