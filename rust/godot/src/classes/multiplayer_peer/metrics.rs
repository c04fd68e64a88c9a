//! Metrics of ENetMultiplayerPeerRs for Prometheus.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use enet_multiplayer::metrics::Metrics;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::clock;
use crate::report::Reports;

/// The property `metrics_address` for all interfaces.
const ANY: &str = "*";

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Adds `seconds`, the time that a tick of the game took, to the histogram [code]enet_tick_seconds[/code] of the
    /// metrics (see [member metrics_port]). Call it on a dedicated server, once in each physics step:
    ///
    /// ```gdscript
    /// func _physics_process(_delta: float) -> void:
    ///     var begun := Time.get_ticks_usec()
    ///     # The game's work.
    ///     peer.observe_tick_time((Time.get_ticks_usec() - begun) / 1e6)
    /// ```
    ///
    /// Does nothing while [member metrics_port] is 0, or if `seconds` is negative, infinite or NAN.
    #[func]
    fn observe_tick_time(&mut self, seconds: f64) {
        if let Some(metrics) = &mut self.session.metrics {
            metrics.observe_tick(seconds);
        }
    }
}

impl ENetMultiplayerPeerRs {
    /// See the property `metrics_port`.
    pub(super) fn listen_for_scrapes(&mut self, port: i64) {
        let Ok(port) = u16::try_from(port) else {
            let cause = format!("metrics_port must be 0 to 65535, not {port}");
            return self.report("set_metrics_port", &cause);
        };
        // The counts of a server that shows its metrics already go on.
        if port > 0 && self.metrics_port() == Some(port) {
            return;
        }
        self.session.metrics = None;
        if port > 0 {
            self.bind_metrics("set_metrics_port", port);
        }
    }

    /// See the property `metrics_address`.
    pub(super) fn choose_metrics_address(&mut self, text: &GString) {
        let text = text.to_string();
        let address = match text.as_str() {
            ANY => Some(IpAddr::from([0u16; 8])),
            text => text.parse().ok(),
        };
        let Some(address) = address else {
            let cause =
                format!("metrics_address must be an IP address or \"{ANY}\", not \"{text}\"");
            return self.report("set_metrics_address", &cause);
        };
        if self.session.metrics_address != address {
            self.session.metrics_address = address;
            if let Some(port) = self.metrics_port() {
                self.session.metrics = None;
                self.bind_metrics("set_metrics_address", port);
            }
        }
    }

    /// The value of the property `metrics_address`.
    pub(super) fn metrics_address_text(&self) -> GString {
        match self.session.metrics_address {
            address if address.is_unspecified() => GString::from(ANY),
            address => GString::from(&enet_multiplayer::address::text(address)),
        }
    }

    fn metrics_port(&self) -> Option<u16> {
        let metrics = self.session.metrics.as_ref();
        metrics.map(|metrics| metrics.address().port())
    }

    fn bind_metrics(&mut self, method: &str, port: u16) {
        let address = SocketAddr::new(self.session.metrics_address, port);
        match Metrics::bind(address, clock::now(), &self.session.core) {
            Ok(metrics) => self.session.metrics = Some(metrics),
            Err(error) => {
                let way_out = match error.kind() {
                    ErrorKind::AddrInUse => {
                        ". Another peer or program has it: choose another metrics_port"
                    }
                    ErrorKind::PermissionDenied => {
                        ". Ports below 1024 need special rights: choose a larger metrics_port"
                    }
                    ErrorKind::AddrNotAvailable => {
                        ". This computer does not have the metrics_address"
                    }
                    _ => "",
                };
                let place = enet_multiplayer::address::endpoint(address);
                let cause = format!("metrics cannot be offered at {place}: {error}{way_out}");
                self.report(method, &cause);
            }
        }
    }
}
