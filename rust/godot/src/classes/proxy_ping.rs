//! Class ENetProxyPingRs: round-trip times to proxies.

use enet_multiplayer::{address, proxies};
use enet_net::{Measurement, PingResult, Udp};
use godot::classes::notify::ObjectNotification;
use godot::classes::{Engine, IRefCounted, RefCounted, SceneTree};
use godot::global::Error;
use godot::prelude::*;

use crate::report::Reports;

/// The notification of the tree's signal, beyond the engine's own.
const FRAME: i32 = 0x4E65_7403;
const NOTIFICATION: &str = "notification";
const PROCESS_FRAME: &str = "process_frame";
/// The signal.
const FINISHED: &str = "finished";

/// Measures the round-trip times to proxies, so that a client can connect through the nearest one.
///
/// The proxies must answer QCMP, the ping of the UDP proxy Quilkin (UDP port 7600 unless it is configured otherwise).
/// See [member ENetMultiplayerPeerRs.datagram_suffix] for the token by which such a proxy finds the server.
///
/// [method measure] returns at once, and [signal finished] brings the results:
///
/// ```gdscript
/// var ping := ENetProxyPingRs.new()
/// if ping.measure(["europe.example.com", "asia.example.com:7601"]) == OK:
///     await ping.finished
///     print("The nearest proxy: ", ping.get_best())
/// ```
///
/// A thread of its own sends and receives the pings, so that neither a slow frame nor a slow name server changes the
/// measured times. Nothing needs to be polled. This computer measures the round trips itself, and ignores the times in
/// a proxy's answer. It also ignores answers from another address than the one that it asked, and answers to pings that
/// it did not send. A measurement ends when its object is freed, so keep the object in a variable.
///
/// Like all objects of this extension, the object belongs to the main thread.
#[derive(GodotClass)]
#[class(tool, init, base = RefCounted)]
pub struct ENetProxyPingRs {
    base: Base<RefCounted>,
    /// What goes on, with the proxies as they were given.
    running: Option<(Measurement, PackedStringArray)>,
    proxies: PackedStringArray,
    results: Vec<PingResult>,
}

#[godot_api]
impl ENetProxyPingRs {
    /// Emitted when a measurement is over. `results` is what [method get_results] returns. A handler may begin another
    /// measurement.
    ///
    /// The signal comes between two frames, and only while the main loop is a [SceneTree]. With another main loop, ask
    /// [method is_measuring].
    #[signal]
    fn finished(results: VarArray);

    /// Begins to measure the round trips to `proxies` (1 to 64 texts), with `pings` pings to each of them (1 to 20, 5
    /// by default), one every 0.1 seconds. A ping that is not answered within `timeout` seconds (0.05 to 10, 2 by
    /// default) is lost. With the defaults, the measurement takes less than a second if all proxies answer within half
    /// a second, and 2.4 seconds at most. Slow name servers can make it up to `timeout` longer.
    ///
    /// A proxy is a host name or an IP address. If its UDP port is not 7600, a colon and the port follow:
    /// [code]"example.com"[/code], [code]"192.0.2.7:7601"[/code], [code]"[2001:db8::7]:7601"[/code]. The port is that
    /// of QCMP, not the one that [method ENetMultiplayerPeerRs.create_client] connects to.
    ///
    /// Returns [constant OK], [constant ERR_BUSY] while this object measures already, [constant ERR_INVALID_PARAMETER]
    /// for a number out of range or a text that is no proxy, or [constant ERR_CANT_CREATE] if 8 measurements of other
    /// objects go on or the system could not start a thread. Errors are printed with their cause. A proxy that has no
    /// address, or does not answer, is no error: the results say so.
    #[func]
    fn measure(
        &mut self,
        proxies: PackedStringArray,
        #[opt(default = 5)] pings: i64,
        #[opt(default = 2.0)] timeout: f64,
    ) -> Error {
        if self.running.is_some() {
            let cause = "a measurement goes on; wait for its signal, or cancel() it";
            self.report("measure", &cause);
            return Error::ERR_BUSY;
        }
        let texts: Vec<_> = proxies.as_slice().iter().map(GString::to_string).collect();
        let plan = match proxies::plan(&texts, pings, timeout) {
            Ok(plan) => plan,
            Err(error) => {
                self.report("measure", &error);
                return Error::ERR_INVALID_PARAMETER;
            }
        };
        match Measurement::start(plan, || Udp) {
            Ok(measurement) => {
                self.running = Some((measurement, proxies));
                self.wait_for_frames();
                Error::OK
            }
            Err(error) => {
                self.report("measure", &error);
                Error::ERR_CANT_CREATE
            }
        }
    }

    /// Gives up the measurement that goes on. [signal finished] is not emitted, and the results of the measurement
    /// before it stay. Does nothing if none goes on.
    #[func]
    fn cancel(&mut self) {
        self.running = None;
        self.leave_frames();
    }

    /// Returns [code]true[/code] from [method measure] until [signal finished] is emitted. Where no signal can be
    /// emitted, the first call after the end of the measurement makes the results available, and returns
    /// [code]false[/code].
    #[func]
    fn is_measuring(&mut self) -> bool {
        if tree().is_none() {
            self.take_over();
        }
        self.running.is_some()
    }

    /// Returns the results of the last measurement that is over: an [Array] with a [Dictionary] for each proxy, in the
    /// order in which the proxies were given. The [Array] is empty before the first measurement is over. Each
    /// [Dictionary] has [code]proxy[/code] (a String, as it was given), [code]address[/code] (a String, the proxy's IP
    /// address, or an empty one if it has none), [code]port[/code] (an int, its UDP port for QCMP),
    /// [code]round_trip[/code] (a float, the median of the round trips in milliseconds, -1 if no ping was answered),
    /// [code]loss[/code] (a float, the share of the pings that were not answered, 0 to 1) and [code]error[/code] (a
    /// String, why the proxy could not be asked, for example because its name has no address; otherwise an empty one).
    #[func]
    fn get_results(&self) -> VarArray {
        let proxies = self.proxies.as_slice().iter();
        let rows = proxies.zip(&self.results);
        rows.map(|(proxy, result)| row(proxy, result).to_variant())
            .collect()
    }

    /// Returns the best proxy of the last measurement that is over, as it was given to [method measure]. The best proxy
    /// is the one with the shortest round trip among those that answered at least half of their pings, or, if there is
    /// none, among all that answered. Returns an empty String if no proxy answered, and before the first measurement is
    /// over.
    #[func]
    fn get_best(&self) -> GString {
        let best = proxies::best(&self.results);
        let proxy = best.and_then(|number| self.proxies.get(number));
        proxy.unwrap_or_default()
    }
}

#[godot_api]
impl IRefCounted for ENetProxyPingRs {
    fn on_notification(&mut self, what: ObjectNotification) {
        if what != ObjectNotification::Unknown(FRAME) {
            return;
        }
        let is_over = self.take_over();
        // A library that was loaded anew has forgotten what it measured.
        if self.running.is_none() {
            self.leave_frames();
        }
        if !is_over {
            return;
        }
        let results = self.get_results().to_variant();
        // The handlers may do anything to this object.
        self.lend(|object| {
            object.emit_signal(FINISHED, &[results]);
        });
    }
}

impl ENetProxyPingRs {
    /// Takes the results of a measurement that is over. True if there are some.
    fn take_over(&mut self) -> bool {
        let is_over = |(running, _): &mut (Measurement, _)| !running.is_running();
        let Some((measurement, proxies)) = self.running.take_if(is_over) else {
            return false;
        };
        self.results = measurement.take_results().unwrap_or_default();
        self.proxies = proxies;
        true
    }

    /// Has the tree tell of its frames. The connection does not keep the object alive, and survives a reload of this
    /// library.
    fn wait_for_frames(&self) {
        let call = self.frame_call();
        if let Some(mut tree) = tree()
            && !tree.is_connected(PROCESS_FRAME, &call)
        {
            tree.connect(PROCESS_FRAME, &call);
        }
    }

    fn leave_frames(&self) {
        let call = self.frame_call();
        if let Some(mut tree) = tree()
            && tree.is_connected(PROCESS_FRAME, &call)
        {
            tree.disconnect(PROCESS_FRAME, &call);
        }
    }

    fn frame_call(&self) -> Callable {
        let object = self.to_gd();
        Callable::from_object_method(&object, NOTIFICATION).bind(&[FRAME.to_variant()])
    }
}

fn tree() -> Option<Gd<SceneTree>> {
    Engine::singleton().get_main_loop()?.try_cast().ok()
}

fn row(proxy: &GString, result: &PingResult) -> VarDictionary {
    let ip = result.address.map(|it| address::text(it.ip()));
    let round_trip = result.round_trip.map(|trip| trip.as_secs_f64() * 1000.0);
    let answered = f64::from(result.answers) / f64::from(result.pings.max(1));
    vdict! {
        "proxy" => proxy,
        "address" => ip.unwrap_or_default(),
        "port" => result.address.map_or(0, |it| i64::from(it.port())),
        "round_trip" => round_trip.unwrap_or(-1.0),
        "loss" => 1.0 - answered,
        "error" => result.error.as_deref().unwrap_or_default(),
    }
}

impl Reports for ENetProxyPingRs {
    const NAME: &'static str = "ENetProxyPingRs";
}
