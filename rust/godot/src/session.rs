//! The MultiplayerPeer part of a class: a session of `enet_multiplayer`, and the trait of classes that have
//! one.
//!
//! Two classes have a session: ENetMultiplayerPeerRs, and ENetConnectionRs when it is bound or connects
//! with an id. Their virtual methods are in `virtuals.rs`.

use enet_fleet::agones::Pulse;
use enet_multiplayer::metrics::Metrics;
use enet_multiplayer::{
    FlushMode, Multiplayer, Notice, PacketHead, SharedConnection, Signal, TransferMode, system_seed,
};
use enet_net::Udp;
use enet_proto::Time;
use godot::classes::Os;
use godot::prelude::*;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock;
use crate::debugger::Watch;
use crate::frame::{FrameEnd, Framed};
use crate::frames::FrameTimer;
use crate::lent::Lent;
use crate::monitors::Monitors;
use crate::newcomers::{JoinFilter, Judges};
use crate::statistics::Asked;

/// Size in bytes above which an unreliable packet is split into several datagrams.
const UNFRAGMENTED_SIZE: usize = 1392;

/// A session, and the packets that it handed to the engine.
pub struct Session {
    pub core: Multiplayer,
    pub lent: Lent,
    pub frame: FrameEnd,
    pub frames: FrameTimer,
    pub filter: JoinFilter,
    pub watch: Watch,
    pub asked: Asked,
    pub monitors: Monitors,
    pub metrics: Option<Metrics>,
    pub metrics_address: IpAddr,
    /// That of an AgonesRs, for which each poll is a sign of life.
    pub pulse: RefCell<Weak<Pulse>>,
}

impl Session {
    /// An inactive session.
    pub fn new() -> Self {
        let network = Box::new(Udp);
        let mut core = Multiplayer::with_seed(network, system_seed());
        core.set_flush_mode(FlushMode::OnFlush, clock::now());
        // Without a host no thread is started, so this cannot fail.
        let _ = core.set_thread(clock::thread(true));
        Self {
            core,
            lent: Lent::default(),
            frame: FrameEnd::default(),
            frames: FrameTimer::default(),
            filter: JoinFilter::none(),
            watch: Watch::default(),
            asked: Asked::default(),
            monitors: Monitors::default(),
            metrics: None,
            metrics_address: Ipv4Addr::LOCALHOST.into(),
            pulse: RefCell::default(),
        }
    }

    /// The session's part of a poll, up to the first signal. With `sends`, what waits leaves once the poll has
    /// received.
    pub fn begin_poll(&mut self, sends: bool, now: Time) -> Result<(), enet_multiplayer::Inactive> {
        let has_returned = self.lent.take_back();
        while has_returned && let Some(buffer) = self.lent.take_returned() {
            self.core.recycle(buffer);
        }
        self.core.begin_poll(now)?;
        if let Some(pulse) = self.pulse.borrow().upgrade() {
            pulse.beat();
        }
        if sends {
            self.core.flush(now);
        }
        Ok(())
    }

    /// A poll ends: observes the session for its metrics.
    pub fn observe(&mut self, now: Time) {
        if let Some(metrics) = &mut self.metrics {
            metrics.polled(now, &self.core);
        }
    }

    /// The session may have ended: tells its metrics, which nothing polls then.
    pub fn observe_end(&mut self) {
        if let Some(metrics) = &mut self.metrics {
            metrics.changed(clock::now(), &self.core);
        }
    }

    /// The packet that is read next, or the reason why there is none.
    pub fn next_packet(&self) -> Result<PacketHead, &'static str> {
        let cause = match self.core.is_active() {
            true => "no packet is waiting",
            false => "the peer is not active",
        };
        self.core.next_packet().ok_or(cause)
    }

    /// The warning for the first unreliable packet that is too large for a datagram. Debug builds only.
    pub fn fragment_warning(&self, size: usize) -> Option<String> {
        static WARNED: AtomicBool = AtomicBool::new(false);
        let is_due = size > UNFRAGMENTED_SIZE
            && self.core.transfer_mode() != TransferMode::Reliable
            && !WARNED.load(Ordering::Relaxed)
            && Os::singleton().is_debug_build()
            && !WARNED.swap(true, Ordering::Relaxed);
        is_due.then(|| {
            format!(
                "an unreliable packet of {size} bytes is sent in several \
                 datagrams, as are all above {UNFRAGMENTED_SIZE} bytes: if one datagram is lost, so \
                 is the packet. This warning is printed once"
            )
        })
    }
}

/// A class with a session.
pub trait HasSession: Judges {
    /// Whether the class has signals for the outcome of a client's connection.
    const TELLS_OUTCOMES: bool = false;

    /// Whether the session's facts say all about the property `refuse_new_connections`.
    const REFUSES_BY_SESSION: bool = false;

    fn session(&self) -> &Session;

    fn session_mut(&mut self) -> &mut Session;

    /// Drops the objects of hosts and peers that no longer exist.
    fn tidy(&mut self);

    /// Whether there is a host, of the session or without one.
    fn has_host(&self) -> bool {
        self.session().core.is_active()
    }

    /// The host of a server or client, or the one that no session has.
    fn own_host(&self) -> Option<SharedConnection> {
        self.session().core.host().cloned()
    }

    /// Closes the host that the session has.
    fn close_host(&mut self);

    /// See the property `refuse_new_connections`.
    fn set_refusing(&mut self, refuses: bool);

    /// See the property `refuse_new_connections`.
    fn is_refusing(&self) -> bool;

    /// Emits a signal. The borrow is released meanwhile, so that the handlers can call any method.
    fn emit(&mut self, signal: Signal) {
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
}

/// Emits the signal that adds the reason to the one that was just emitted. Everything that it tells is in the notice:
/// the handlers may have begun another session.
pub fn emit_reason<T: HasSession>(this: &mut T, notice: &Notice) {
    if !T::TELLS_OUTCOMES {
        return;
    }
    let end = notice.end();
    let (reason, data) = (end.reason.code().to_variant(), end.data.to_variant());
    let (name, arguments) = match notice.signal() {
        Signal::PeerDisconnected(id) => (
            "peer_disconnected_with_reason",
            vec![id.to_variant(), reason, data],
        ),
        Signal::ConnectionFailed => (
            "connection_failed_with_reason",
            vec![reason, data, notice.failure().to_variant()],
        ),
        _ => return,
    };
    let mut object: Gd<Object> = this.to_gd().upcast();
    let _lent = this.base_mut();
    object.emit_signal(name, &arguments);
}

impl<T: HasSession> Framed for T {
    fn core(&self) -> &Multiplayer {
        &self.session().core
    }

    fn core_mut(&mut self) -> &mut Multiplayer {
        &mut self.session_mut().core
    }

    fn frame(&self) -> &FrameEnd {
        &self.session().frame
    }
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
