//! Class ENetSimulationRs: an emulated network. `simulation/accessors.rs` has the getters, setters and methods.

use std::rc::Rc;

use enet_multiplayer::SharedSimulation;
use godot::classes::Resource;
use godot::prelude::*;

use crate::report::Reports;

/// The ranges of the setters, for the inspector.
const TIME_HINT: &str = "0,10000,0.1,hide_slider,suffix:ms";
const PERCENT_HINT: &str = "0,100,0.01,suffix:%";
const BURST_HINT: &str = "1,1000,0.1,hide_slider";
const RATE_HINT: &str = "0,100000000,0.1,hide_slider,suffix:kbit/s";
const MTU_HINT: &str = "0,65535,1,hide_slider,suffix:B";

/// A simulated network for tests: the value of [member ENetMultiplayerPeerRs.simulation] and
/// [member ENetConnectionRs.simulation]. It works in debug and in release builds, without other programs.
///
/// Choose a preset by its name, or set the properties, each direction on its own or both with [method set_both]:
///
/// ```gdscript
/// peer.simulation = ENetSimulationRs.preset("4G")
///
/// var simulation := ENetSimulationRs.new()
/// simulation.set_both(80.0, 10.0, 2.0)
/// simulation.outgoing_rate = 500.0
/// peer.simulation = simulation
/// ```
///
/// Set it at one end of a connection: at both ends it applies twice to each datagram. On a client it treats all that
/// the client sends and receives; on a server, the traffic of all clients together shares one line.
/// [method ENetMultiplayerPeerRs.set_peer_simulation] applies to one client alone.
///
/// A change of a property applies to the hosts that use the object from their next poll or service on, and emits
/// [signal Resource.changed]. A number out of range prints an error and changes nothing. The simulation sees datagrams
/// as they are on the wire, that is compressed and encrypted, and several packets in one.
///
/// With the network thread (see [member ENetMultiplayerPeerRs.threaded]), datagrams are delivered within about a
/// millisecond of their time, whatever the main thread does; the thread then does the work of the main thread in small
/// games too. Without the thread, datagrams move with the polls, so times are rounded up to frames. At most 65536
/// datagrams and 64 MiB wait in each direction; further ones are lost. Datagrams that wait to be sent leave at once when
/// the host is closed.
///
/// A game takes a simulation from its command line, too, for the hosts of all peers whose script sets none: a preset,
/// properties (for both directions without the prefix), or a preset with properties behind it:
///
/// ```text
/// godot --path game -- --net-sim=4G
/// godot --path game -- --net-sim=latency:80,jitter:10,loss:2
/// godot --path game -- --net-sim=4G,outgoing_loss:10,seed:42
/// ```
///
/// Like all objects of this extension, the object belongs to the main thread: load it there.
#[derive(GodotClass)]
#[class(tool, init, base = Resource)]
pub struct ENetSimulationRs {
    base: Base<Resource>,
    shared: Rc<SharedSimulation>,
    /// Time in milliseconds that datagrams (UDP packets) which are sent take on average, in addition to the time of the
    /// real network (0 to 10000, 0 by default). The latency of one direction is about half of the ping.
    #[export_group(name = "Outgoing", prefix = "outgoing_")]
    #[export]
    #[var(get = get_outgoing_latency, set = set_outgoing_latency, hint = RANGE, hint_string = TIME_HINT)]
    outgoing_latency: PhantomVar<f64>,
    /// How far in milliseconds the time of a single datagram may be from [member outgoing_latency] (0 to 10000, 0 by
    /// default): all times from [code]latency - jitter[/code] to [code]latency + jitter[/code] are equally likely, and
    /// none is below 0. A datagram can overtake another one that was sent less than twice this time before it, as on a
    /// real network.
    #[export]
    #[var(get = get_outgoing_jitter, set = set_outgoing_jitter, hint = RANGE, hint_string = TIME_HINT)]
    outgoing_jitter: PhantomVar<f64>,
    /// Share in percent of datagrams that are lost (0 to 100, 0 by default). ENet sends reliable packets again, and
    /// unreliable ones are lost.
    #[export]
    #[var(get = get_outgoing_loss, set = set_outgoing_loss, hint = RANGE, hint_string = PERCENT_HINT)]
    outgoing_loss: PhantomVar<f64>,
    /// Mean length of a burst of losses, in datagrams (1 to 1000, 1 by default), while [member outgoing_loss] stays
    /// the share of all. With 1, each datagram is lost or not regardless of the others. A mobile network loses several
    /// in a row. With a loss of more than half, the runs are as long as the share demands, at least.
    #[export]
    #[var(get = get_outgoing_burst, set = set_outgoing_burst, hint = RANGE, hint_string = BURST_HINT)]
    outgoing_burst: PhantomVar<f64>,
    /// Share in percent of datagrams that arrive twice (0 to 100, 0 by default). ENet recognizes and drops second
    /// copies.
    #[export]
    #[var(get = get_outgoing_duplication, set = set_outgoing_duplication, hint = RANGE, hint_string = PERCENT_HINT)]
    outgoing_duplication: PhantomVar<f64>,
    /// Share in percent of datagrams that take 40 milliseconds more than the others, so that later ones overtake them
    /// (0 to 100, 0 by default).
    #[export]
    #[var(get = get_outgoing_reordering, set = set_outgoing_reordering, hint = RANGE, hint_string = PERCENT_HINT)]
    outgoing_reordering: PhantomVar<f64>,
    /// Rate of the slowest part of the network, in kilobits per second (0 to 100000000); 0, as by default, for no
    /// limit. Only the contents of datagrams count, without 28 bytes (48 with IPv6) of headers in each.
    #[export]
    #[var(get = get_outgoing_rate, set = set_outgoing_rate, hint = RANGE, hint_string = RATE_HINT)]
    outgoing_rate: PhantomVar<f64>,
    /// For how many milliseconds of [member outgoing_rate] datagrams wait when more are sent than the rate allows (0 to
    /// 10000, 250 by default). Further ones are lost. One datagram always has room. Has no effect without a rate.
    #[export]
    #[var(get = get_outgoing_queue, set = set_outgoing_queue, hint = RANGE, hint_string = TIME_HINT)]
    outgoing_queue: PhantomVar<f64>,
    /// Size in bytes of the largest datagram that passes, without the headers of IP and UDP (0 to 65535); larger ones
    /// are lost. 0, as by default, for no limit. ENet's own datagrams have 1392 bytes at most, and encrypted ones as
    /// well.
    #[export]
    #[var(get = get_outgoing_mtu, set = set_outgoing_mtu, hint = RANGE, hint_string = MTU_HINT)]
    outgoing_mtu: PhantomVar<i64>,
    /// Time in milliseconds that datagrams (UDP packets) which are received take on average, in addition to the time of
    /// the real network (0 to 10000, 0 by default). The latency of one direction is about half of the ping.
    #[export_group(name = "Incoming", prefix = "incoming_")]
    #[export]
    #[var(get = get_incoming_latency, set = set_incoming_latency, hint = RANGE, hint_string = TIME_HINT)]
    incoming_latency: PhantomVar<f64>,
    /// How far in milliseconds the time of a single datagram may be from [member incoming_latency] (0 to 10000, 0 by
    /// default): all times from [code]latency - jitter[/code] to [code]latency + jitter[/code] are equally likely, and
    /// none is below 0. A datagram can overtake another one that was sent less than twice this time before it, as on a
    /// real network.
    #[export]
    #[var(get = get_incoming_jitter, set = set_incoming_jitter, hint = RANGE, hint_string = TIME_HINT)]
    incoming_jitter: PhantomVar<f64>,
    /// Share in percent of datagrams that are lost (0 to 100, 0 by default). ENet sends reliable packets again, and
    /// unreliable ones are lost.
    #[export]
    #[var(get = get_incoming_loss, set = set_incoming_loss, hint = RANGE, hint_string = PERCENT_HINT)]
    incoming_loss: PhantomVar<f64>,
    /// Mean length of a burst of losses, in datagrams (1 to 1000, 1 by default), while [member incoming_loss] stays
    /// the share of all. With 1, each datagram is lost or not regardless of the others. A mobile network loses several
    /// in a row. With a loss of more than half, the runs are as long as the share demands, at least.
    #[export]
    #[var(get = get_incoming_burst, set = set_incoming_burst, hint = RANGE, hint_string = BURST_HINT)]
    incoming_burst: PhantomVar<f64>,
    /// Share in percent of datagrams that arrive twice (0 to 100, 0 by default). ENet recognizes and drops second
    /// copies.
    #[export]
    #[var(get = get_incoming_duplication, set = set_incoming_duplication, hint = RANGE, hint_string = PERCENT_HINT)]
    incoming_duplication: PhantomVar<f64>,
    /// Share in percent of datagrams that take 40 milliseconds more than the others, so that later ones overtake them
    /// (0 to 100, 0 by default).
    #[export]
    #[var(get = get_incoming_reordering, set = set_incoming_reordering, hint = RANGE, hint_string = PERCENT_HINT)]
    incoming_reordering: PhantomVar<f64>,
    /// Rate of the slowest part of the network, in kilobits per second (0 to 100000000); 0, as by default, for no
    /// limit. Only the contents of datagrams count, without 28 bytes (48 with IPv6) of headers in each.
    #[export]
    #[var(get = get_incoming_rate, set = set_incoming_rate, hint = RANGE, hint_string = RATE_HINT)]
    incoming_rate: PhantomVar<f64>,
    /// For how many milliseconds of [member incoming_rate] datagrams wait when more are received than the rate allows
    /// (0 to 10000, 250 by default). Further ones are lost. One datagram always has room. Has no effect without a rate.
    #[export]
    #[var(get = get_incoming_queue, set = set_incoming_queue, hint = RANGE, hint_string = TIME_HINT)]
    incoming_queue: PhantomVar<f64>,
    /// Size in bytes of the largest datagram that passes, without the headers of IP and UDP (0 to 65535); larger ones
    /// are lost. 0, as by default, for no limit. ENet's own datagrams have 1392 bytes at most, and encrypted ones as
    /// well.
    #[export]
    #[var(get = get_incoming_mtu, set = set_incoming_mtu, hint = RANGE, hint_string = MTU_HINT)]
    incoming_mtu: PhantomVar<i64>,
    /// Decides which datagrams are lost, doubled and delayed (0 to 9223372036854775807); 0, as by default, for a random
    /// seed, which [member used_seed] tells. With the same seed the first datagram has the same fate, the second one
    /// too, and so on. Hosts and peers that use the same object have different fates. Setting the seed restarts the random numbers.
    #[export_group(name = "")]
    #[export]
    #[var(get = get_seed, set = set_seed)]
    seed: PhantomVar<i64>,
    /// The seed in use: [member seed], or by default a random number from 1 to 2147483647. Set [member seed] to this
    /// number to repeat a run. The property is read-only.
    #[var(get = get_used_seed, no_set, usage_flags = [NONE])]
    used_seed: PhantomVar<i64>,
}

// The module needs a macro that the derive above defines.
mod accessors;

impl ENetSimulationRs {
    /// The settings, for hosts.
    pub fn shared(&self) -> Rc<SharedSimulation> {
        Rc::clone(&self.shared)
    }

    /// An object for settings.
    pub fn of(shared: SharedSimulation) -> Gd<Self> {
        let mut object = Self::new_gd();
        object.bind_mut().shared = Rc::new(shared);
        object
    }
}

impl Reports for ENetSimulationRs {
    const NAME: &'static str = "ENetSimulationRs";
}
