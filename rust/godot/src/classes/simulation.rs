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

/// A bad network, simulated inside the game for tests. It delays, loses, doubles and reorders what the game sends and
/// receives. It works in debug and in release builds, and needs no other program.
///
/// Assign the object to [member ENetMultiplayerPeerRs.simulation] or [member ENetConnectionRs.simulation]. Choose a preset
/// by its name, or set the properties: both directions with [method set_both], or each direction on its own.
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
/// Set it at one end of a connection only. If both ends have one, each datagram passes both networks. On a client, the
/// object is the client's own line. On a server, all clients share one line; use
/// [method ENetMultiplayerPeerRs.set_peer_simulation] to give a single client a line of its own.
///
/// ENet sends UDP packets, which are called datagrams here. A datagram carries several packets of the game, or a part of a
/// large one. The simulation treats datagrams as they are on the wire, after compression and encryption. So a loss of 10 %
/// loses every tenth datagram, with all packets in it.
///
/// A property can be changed at any time. The hosts that use the object apply the change with their next poll or service,
/// and the object emits [signal Resource.changed]. A number out of range prints an error and changes nothing.
///
/// With the network thread (see [member ENetMultiplayerPeerRs.threaded]), a datagram arrives within about a millisecond of
/// its time, whatever the main thread does. Without the thread, datagrams arrive with a poll, so that times are rounded up
/// to frames. At most 65536 datagrams and 64 MiB wait in each direction, and further ones are lost. Datagrams that wait to
/// be sent leave at once when the host is closed.
///
/// The command line of a game can ask for a simulation, too. It applies to all peers whose script sets no simulation. The
/// value of the option is a preset, a list of properties, or a preset and then properties. A property without the prefix
/// [code]outgoing_[/code] or [code]incoming_[/code] applies to both directions.
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
    /// How long a datagram (UDP packet) takes to the remote on average, in milliseconds (0 to 10000, 0 by default). The time
    /// of the real network is added. A player's ping is the sum of both directions: for a ping of 100, set 50 here and in
    /// [member incoming_latency].
    #[export_group(name = "Outgoing", prefix = "outgoing_")]
    #[export]
    #[var(get = get_outgoing_latency, set = set_outgoing_latency, hint = RANGE, hint_string = TIME_HINT)]
    outgoing_latency: PhantomVar<f64>,
    /// How much the time of single datagrams varies, in milliseconds (0 to 10000, 0 by default). All times from
    /// [code]latency - jitter[/code] to [code]latency + jitter[/code] are equally likely, and none is below 0; the latency
    /// is [member outgoing_latency]. As on a real network, a datagram can overtake another one that was sent less than twice
    /// the jitter before it.
    #[export]
    #[var(get = get_outgoing_jitter, set = set_outgoing_jitter, hint = RANGE, hint_string = TIME_HINT)]
    outgoing_jitter: PhantomVar<f64>,
    /// Share of datagrams that are lost, in percent (0 to 100, 0 by default). ENet sends the reliable packets in them again.
    /// The unreliable packets in them never arrive.
    #[export]
    #[var(get = get_outgoing_loss, set = set_outgoing_loss, hint = RANGE, hint_string = PERCENT_HINT)]
    outgoing_loss: PhantomVar<f64>,
    /// How many datagrams in a row are lost, on average (1 to 1000, 1 by default). With 1, each datagram is lost or not
    /// regardless of the others. Mobile networks lose several in a row. [member outgoing_loss] stays the share of all
    /// datagrams: longer bursts are rarer. With a loss of more than half, bursts are at least as long as that share needs.
    #[export]
    #[var(get = get_outgoing_burst, set = set_outgoing_burst, hint = RANGE, hint_string = BURST_HINT)]
    outgoing_burst: PhantomVar<f64>,
    /// Share of datagrams that arrive twice, in percent (0 to 100, 0 by default). ENet recognizes the second copy and drops
    /// it, so that the game gets each packet once.
    #[export]
    #[var(get = get_outgoing_duplication, set = set_outgoing_duplication, hint = RANGE, hint_string = PERCENT_HINT)]
    outgoing_duplication: PhantomVar<f64>,
    /// Share of datagrams that take 40 milliseconds longer than the others, in percent (0 to 100, 0 by default). Later
    /// datagrams overtake them.
    #[export]
    #[var(get = get_outgoing_reordering, set = set_outgoing_reordering, hint = RANGE, hint_string = PERCENT_HINT)]
    outgoing_reordering: PhantomVar<f64>,
    /// How much the slowest part of the network carries, in kilobits per second (0 to 100000000). 0, as by default, stands
    /// for no limit. Only the contents of datagrams count. Their headers, 28 bytes each (48 with IPv6), do not.
    #[export]
    #[var(get = get_outgoing_rate, set = set_outgoing_rate, hint = RANGE, hint_string = RATE_HINT)]
    outgoing_rate: PhantomVar<f64>,
    /// How long datagrams wait at most for the slowest part of the network, in milliseconds (0 to 10000, 250 by default).
    /// They wait while more is sent than [member outgoing_rate] allows. Datagrams that would wait longer are lost. One datagram always
    /// has room. The property has no effect without a rate.
    #[export]
    #[var(get = get_outgoing_queue, set = set_outgoing_queue, hint = RANGE, hint_string = TIME_HINT)]
    outgoing_queue: PhantomVar<f64>,
    /// The size of the largest datagram that passes, in bytes, without the headers of IP and UDP (0 to 65535). Larger ones
    /// are lost. 0, as by default, stands for no limit. ENet's datagrams have 1392 bytes at most, encrypted or not.
    #[export]
    #[var(get = get_outgoing_mtu, set = set_outgoing_mtu, hint = RANGE, hint_string = MTU_HINT)]
    outgoing_mtu: PhantomVar<i64>,
    /// How long a datagram (UDP packet) takes from the remote on average, in milliseconds (0 to 10000, 0 by default). The
    /// time of the real network is added. See [member outgoing_latency].
    #[export_group(name = "Incoming", prefix = "incoming_")]
    #[export]
    #[var(get = get_incoming_latency, set = set_incoming_latency, hint = RANGE, hint_string = TIME_HINT)]
    incoming_latency: PhantomVar<f64>,
    /// How much the time of single datagrams varies, in milliseconds (0 to 10000, 0 by default). All times from
    /// [code]latency - jitter[/code] to [code]latency + jitter[/code] are equally likely, and none is below 0; the latency
    /// is [member incoming_latency]. As on a real network, a datagram can overtake another one that was sent less than twice
    /// the jitter before it.
    #[export]
    #[var(get = get_incoming_jitter, set = set_incoming_jitter, hint = RANGE, hint_string = TIME_HINT)]
    incoming_jitter: PhantomVar<f64>,
    /// Share of datagrams that are lost, in percent (0 to 100, 0 by default). ENet sends the reliable packets in them again.
    /// The unreliable packets in them never arrive.
    #[export]
    #[var(get = get_incoming_loss, set = set_incoming_loss, hint = RANGE, hint_string = PERCENT_HINT)]
    incoming_loss: PhantomVar<f64>,
    /// How many datagrams in a row are lost, on average (1 to 1000, 1 by default). With 1, each datagram is lost or not
    /// regardless of the others. Mobile networks lose several in a row. [member incoming_loss] stays the share of all
    /// datagrams: longer bursts are rarer. With a loss of more than half, bursts are at least as long as that share needs.
    #[export]
    #[var(get = get_incoming_burst, set = set_incoming_burst, hint = RANGE, hint_string = BURST_HINT)]
    incoming_burst: PhantomVar<f64>,
    /// Share of datagrams that arrive twice, in percent (0 to 100, 0 by default). ENet recognizes the second copy and drops
    /// it, so that the game gets each packet once.
    #[export]
    #[var(get = get_incoming_duplication, set = set_incoming_duplication, hint = RANGE, hint_string = PERCENT_HINT)]
    incoming_duplication: PhantomVar<f64>,
    /// Share of datagrams that take 40 milliseconds longer than the others, in percent (0 to 100, 0 by default). Later
    /// datagrams overtake them.
    #[export]
    #[var(get = get_incoming_reordering, set = set_incoming_reordering, hint = RANGE, hint_string = PERCENT_HINT)]
    incoming_reordering: PhantomVar<f64>,
    /// How much the slowest part of the network carries, in kilobits per second (0 to 100000000). 0, as by default, stands
    /// for no limit. Only the contents of datagrams count. Their headers, 28 bytes each (48 with IPv6), do not.
    #[export]
    #[var(get = get_incoming_rate, set = set_incoming_rate, hint = RANGE, hint_string = RATE_HINT)]
    incoming_rate: PhantomVar<f64>,
    /// How long datagrams wait at most for the slowest part of the network, in milliseconds (0 to 10000, 250 by default).
    /// They wait while more is received than [member incoming_rate] allows. Datagrams that would wait longer are lost. One datagram always
    /// has room. The property has no effect without a rate.
    #[export]
    #[var(get = get_incoming_queue, set = set_incoming_queue, hint = RANGE, hint_string = TIME_HINT)]
    incoming_queue: PhantomVar<f64>,
    /// The size of the largest datagram that passes, in bytes, without the headers of IP and UDP (0 to 65535). Larger ones
    /// are lost. 0, as by default, stands for no limit. ENet's datagrams have 1392 bytes at most, encrypted or not.
    #[export]
    #[var(get = get_incoming_mtu, set = set_incoming_mtu, hint = RANGE, hint_string = MTU_HINT)]
    incoming_mtu: PhantomVar<i64>,
    /// The start of the random numbers that decide which datagrams are lost, doubled and delayed (0 to
    /// 9223372036854775807). 0, as by default, stands for a random seed, which [member used_seed] returns. With the
    /// same seed, the first datagram is lost, doubled or delayed in the same way in each run, the second one too, and
    /// so on. Hosts and peers that share the object have different random numbers. Setting the seed starts them anew.
    #[export_group(name = "")]
    #[export]
    #[var(get = get_seed, set = set_seed)]
    seed: PhantomVar<i64>,
    /// The seed in use: [member seed], or a random number from 1 to 2147483647 if that is 0. To repeat a run, set
    /// [member seed] to this number. The property is read-only.
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
