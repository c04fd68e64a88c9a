//! Accessors and methods of ENetSimulationRs. The fields of the class document the properties.

use enet_multiplayer::simulation::PRESETS;
use enet_multiplayer::{LinkProperty, SharedSimulation, SimulationError, SimulationSettings};
use godot::classes::Resource;
use godot::prelude::*;

use super::ENetSimulationRs;
use crate::report::{Reports, print_error};

/// Defines getter and setter of the properties of both directions.
macro_rules! accessors {
    ($($name:ident $get:ident $set:ident $direction:ident $property:ident $type:ident)* => {$($more:tt)*}) => {
        // The bindings find the items generated beside the class by this path.
        #[godot_api]
        impl super::ENetSimulationRs {
            $(
                #[func]
                pub(super) fn $get(&self) -> $type {
                    self.shared.get().$direction.get(LinkProperty::$property) as $type
                }

                #[func]
                pub(super) fn $set(&mut self, value: $type) {
                    let set = self.change(|it| {
                        it.$direction.set(LinkProperty::$property, value as f64)
                    });
                    if let Err(error) = set {
                        let cause = format!("{}_{error}", stringify!($direction));
                        self.report(stringify!($set), &cause);
                    }
                }
            )*

            $($more)*
        }
    };
}

accessors! {
    outgoing_latency get_outgoing_latency set_outgoing_latency outgoing Latency f64
    outgoing_jitter get_outgoing_jitter set_outgoing_jitter outgoing Jitter f64
    outgoing_loss get_outgoing_loss set_outgoing_loss outgoing Loss f64
    outgoing_burst get_outgoing_burst set_outgoing_burst outgoing Burst f64
    outgoing_duplication get_outgoing_duplication set_outgoing_duplication outgoing Duplication f64
    outgoing_reordering get_outgoing_reordering set_outgoing_reordering outgoing Reordering f64
    outgoing_rate get_outgoing_rate set_outgoing_rate outgoing Rate f64
    outgoing_queue get_outgoing_queue set_outgoing_queue outgoing Queue f64
    outgoing_mtu get_outgoing_mtu set_outgoing_mtu outgoing Mtu i64
    incoming_latency get_incoming_latency set_incoming_latency incoming Latency f64
    incoming_jitter get_incoming_jitter set_incoming_jitter incoming Jitter f64
    incoming_loss get_incoming_loss set_incoming_loss incoming Loss f64
    incoming_burst get_incoming_burst set_incoming_burst incoming Burst f64
    incoming_duplication get_incoming_duplication set_incoming_duplication incoming Duplication f64
    incoming_reordering get_incoming_reordering set_incoming_reordering incoming Reordering f64
    incoming_rate get_incoming_rate set_incoming_rate incoming Rate f64
    incoming_queue get_incoming_queue set_incoming_queue incoming Queue f64
    incoming_mtu get_incoming_mtu set_incoming_mtu incoming Mtu i64
    => {
    /// Returns a new simulation of a typical network. `name` is one of [method get_preset_names], and upper and lower case
    /// do not matter. Prints an error and returns [code]null[/code] for any other name.
    ///
    /// ```gdscript
    /// peer.simulation = ENetSimulationRs.preset("3G")
    /// ```
    #[func]
    pub(super) fn preset(name: GString) -> Option<Gd<Self>> {
        match SimulationSettings::preset(&name.to_string()) {
            Ok(settings) => Some(Self::of(SharedSimulation::new(settings, 0))),
            Err(error) => {
                print_error(Self::NAME, "preset", &error);
                None
            }
        }
    }

    /// Returns the names for [method preset]. The presets have the numbers of Unity's network simulator. Each name is
    /// followed here by the latency and the jitter in milliseconds and the loss in percent, of each direction: Broadband 32/12/2, Fiber 10/1/0, Cable 25/5/0, DSL 30/10/0, Satellite 100/10/0, Congested 50/50/1, 2G 520/50/7,
    /// 2.5G 480/40/7, 2.75G 440/40/7, 3G 360/30/7, 3.5G 160/30/6, 3.75G 130/30/6, 4G 100/20/4, 4.5G 80/20/4 and
    /// 5G 30/20/4.
    #[func]
    pub(super) fn get_preset_names() -> PackedStringArray {
        PRESETS.iter().map(|(name, ..)| GString::from(*name)).collect()
    }

    /// Sets the properties of both directions at once: [member outgoing_latency] and [member incoming_latency] become
    /// `latency` (in milliseconds), and so on for `jitter` (in milliseconds), `loss` (in percent), `burst`,
    /// `duplication` and `reordering` (in percent), `rate` (in kilobits per second), `queue` (in milliseconds) and
    /// `mtu` (in bytes). Arguments that are left out stand for a perfect network. If a number is out of range, the method
    /// prints an error and changes nothing.
    ///
    /// ```gdscript
    /// var simulation := ENetSimulationRs.new()
    /// simulation.set_both(60.0, 15.0, 2.0) # A ping of about 120 ms, and 2 % of the datagrams lost in each direction.
    /// peer.simulation = simulation
    /// ```
    #[func]
    #[allow(clippy::too_many_arguments, reason = "a script names those that it means")]
    pub(super) fn set_both(
        &mut self,
        latency: f64,
        #[opt(default = 0.0)] jitter: f64,
        #[opt(default = 0.0)] loss: f64,
        #[opt(default = 1.0)] burst: f64,
        #[opt(default = 0.0)] duplication: f64,
        #[opt(default = 0.0)] reordering: f64,
        #[opt(default = 0.0)] rate: f64,
        #[opt(default = 250.0)] queue: f64,
        #[opt(default = 0)] mtu: i64,
    ) {
        let values = [
            latency,
            jitter,
            loss,
            burst,
            duplication,
            reordering,
            rate,
            queue,
            mtu as f64,
        ];
        let set = self.change(|it| {
            let mut changed = *it;
            for (property, value) in LinkProperty::ALL.into_iter().zip(values) {
                changed.set_both(property, value)?;
            }
            *it = changed;
            Ok::<_, SimulationError>(())
        });
        self.report_failure("set_both", set);
    }

    /// See [member seed].
    #[func]
    pub(super) fn get_seed(&self) -> i64 {
        self.shared.get().seed() as i64
    }

    /// See [member seed].
    #[func]
    pub(super) fn set_seed(&mut self, seed: i64) {
        match u64::try_from(seed) {
            Ok(seed) => self.change(|it| it.set_seed(seed)),
            Err(_) => {
                let cause = format!("seed must be 0 to 9223372036854775807, not {seed}");
                self.report("set_seed", &cause);
            }
        }
    }

    /// See [member used_seed].
    #[func]
    pub(super) fn get_used_seed(&self) -> i64 {
        self.shared.get().used_seed() as i64
    }
    }
}

impl ENetSimulationRs {
    /// Changes the settings, and tells the scripts if they differ from before.
    fn change<R>(&mut self, change: impl FnOnce(&mut SimulationSettings) -> R) -> R {
        let (done, differs) = self.shared.change(change);
        if differs {
            self.lend(|this| this.clone().cast::<Resource>().emit_changed());
        }
        done
    }
}
