//! Accessors of the properties of ENetMultiplayerPeerRs, and the signals that it adds. The bindings require
//! them in one block, which is the class's first. The fields of the class document the properties.

use enet_multiplayer::CreateError;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::classes::connection::ENetConnectionRs;
use crate::classes::limits::ENetLimitsRs;
use crate::classes::simulation::ENetSimulationRs;
use crate::report::Reports;
use crate::vocabulary::{DisconnectReason, FlushMode, PeerCompressionMode, WireProtocol};
use crate::{clock, convert, frame};

// The bindings find the items generated beside the class by this path.
#[godot_api(no_typed_signals)]
impl super::ENetMultiplayerPeerRs {
    /// Emitted on a client when its connection is established, after [signal MultiplayerPeer.peer_connected] for
    /// the server. The signal comes from Godot 3; [signal MultiplayerAPI.connected_to_server] means the same.
    #[signal]
    fn connection_succeeded();

    /// Emitted on a client when its attempt to connect failed. The peer is closed by then, so that the handler
    /// can call [method create_client] again. The signal comes from Godot 3;
    /// [signal MultiplayerAPI.connection_failed] means the same.
    #[signal]
    fn connection_failed();

    /// Emitted on a client when its connection to the server ended, after
    /// [signal MultiplayerPeer.peer_disconnected] for the server. The peer is closed by then, so that the
    /// handler can call [method create_client] again. [method MultiplayerPeer.close] and a forced
    /// [method MultiplayerPeer.disconnect_peer] on this side emit no signal. The signal comes from Godot 3;
    /// [signal MultiplayerAPI.server_disconnected] means the same.
    #[signal]
    fn server_disconnected();

    /// Emitted right after [signal MultiplayerPeer.peer_disconnected] of the same peer, when all handlers of that signal
    /// have returned, with the reason (a [enum DisconnectReason]) and the number that was sent (see
    /// [method get_disconnect_data]). The address of the leaving peer can still be asked for, as in the handlers of the
    /// first signal. Those handlers may have closed this peer, or begun another session: this signal is
    /// emitted all the same, and its arguments are about the connection that ended.
    ///
    /// Where no [signal MultiplayerPeer.peer_disconnected] is emitted, as after [method MultiplayerPeer.close] on this
    /// side, this signal is not emitted either.
    ///
    /// ```gdscript
    /// peer.peer_disconnected_with_reason.connect(func(id: int, reason: int, data: int) -> void:
    ///     print("Player %d left: %s" % [id, ENetMultiplayerPeerRs.get_reason_text(reason, data)]))
    /// ```
    #[signal]
    fn peer_disconnected_with_reason(id: i64, reason: DisconnectReason, data: i64);

    /// Emitted on a client right after [signal connection_failed], with the reason (a [enum DisconnectReason]), the
    /// number that the server sent (see [method get_disconnect_data]), and a sentence in English for players and logs.
    /// After [constant REASON_HANDSHAKE_FAILED] and [constant REASON_NOT_RESOLVED] the sentence has the details, for
    /// example why the certificate was refused; otherwise it is that of [method get_reason_text].
    ///
    /// A handler of [signal connection_failed] may have called [method create_client] again; the arguments are about
    /// the attempt that failed.
    #[signal]
    fn connection_failed_with_reason(reason: DisconnectReason, data: i64, text: GString);

    /// The host of a server or client, see [member host].
    #[func]
    pub(super) fn get_host(&self) -> Option<Gd<ENetConnectionRs>> {
        let Some(connection) = self.session.core.host() else {
            let cause = match self.session.core.is_active() {
                true => "a mesh has a host for each peer",
                false => "the peer is not active",
            };
            self.report_looking("get_host", &cause);
            return None;
        };
        let handle = self.hosted(0, connection);
        if let Some(object) = self.hosts.borrow().get(&0)?.object.clone() {
            return Some(object);
        }
        let facts = self.session.core.facts();
        let object = ENetConnectionRs::of_session(handle, self.limits_object.clone(), facts);
        let simulation = self.simulation_chosen.object.clone();
        object.clone().bind_mut().show_simulation(simulation);
        let mut hosts = self.hosts.borrow_mut();
        hosts.get_mut(&0)?.object = Some(object.clone());
        Some(object)
    }

    /// See [member compression_mode].
    #[func]
    pub(super) fn set_compression_mode(&mut self, mode: PeerCompressionMode) {
        match convert::compression(mode.0, self.dictionary.as_ref()) {
            Ok(Some(mode)) => self.session.core.set_compression(mode),
            Ok(None) => {}
            Err(cause) => self.report("set_compression_mode", &cause),
        }
    }

    /// See [member compression_mode].
    #[func]
    pub(super) fn get_compression_mode(&self) -> PeerCompressionMode {
        PeerCompressionMode(self.session.core.compression().number())
    }

    /// See [member always_ordered].
    #[func]
    pub(super) fn set_always_ordered(&mut self, ordered: bool) {
        self.session.core.set_always_ordered(ordered);
    }

    /// See [member always_ordered].
    #[func]
    pub(super) fn is_always_ordered(&self) -> bool {
        self.session.core.is_always_ordered()
    }

    /// See [member channel_count].
    #[func]
    pub(super) fn set_channel_count(&mut self, channels: i64) {
        let set = self.session.core.set_channel_count(channels);
        self.report_failure("set_channel_count", set);
    }

    /// See [member channel_count].
    #[func]
    pub(super) fn get_channel_count(&self) -> i64 {
        self.session.core.channel_count() as i64
    }

    /// See [member server_relay].
    #[func]
    pub(super) fn set_server_relay_enabled(&mut self, enabled: bool) {
        let set = self.session.core.set_server_relay_enabled(enabled);
        self.report_failure("set_server_relay_enabled", set);
    }

    /// See [member server_relay].
    #[func]
    pub(super) fn is_server_relay_enabled(&self) -> bool {
        self.session.core.is_server_relay_enabled()
    }

    /// See [member wire_protocol].
    #[func]
    pub(super) fn set_wire_protocol(&mut self, protocol: WireProtocol) {
        let Some(protocol) = convert::from_wire_protocol(protocol) else {
            let cause = format!("there is no wire protocol {}", protocol.0);
            return self.report("set_wire_protocol", &cause);
        };
        let set = self.session.core.set_wire_protocol(protocol);
        self.report_failure("set_wire_protocol", set);
    }

    /// See [member wire_protocol].
    #[func]
    pub(super) fn get_wire_protocol(&self) -> WireProtocol {
        convert::wire_protocol(self.session.core.wire_protocol())
    }

    /// See [member use_dtls].
    #[func]
    pub(super) fn set_dtls_enabled(&mut self, enabled: bool) {
        if self.can_change_dtls("set_dtls_enabled") {
            self.dtls.is_enabled = enabled;
        }
    }

    /// See [member use_dtls].
    #[func]
    pub(super) fn is_dtls_enabled(&self) -> bool {
        self.dtls.is_enabled
    }

    /// See [member dtls_verify].
    #[func]
    pub(super) fn set_dtls_verify_enabled(&mut self, enabled: bool) {
        if self.can_change_dtls("set_dtls_verify_enabled") {
            self.dtls.verifies = enabled;
        }
    }

    /// See [member dtls_verify].
    #[func]
    pub(super) fn is_dtls_verify_enabled(&self) -> bool {
        self.dtls.verifies
    }

    /// See [member dtls_hostname].
    #[func]
    pub(super) fn set_dtls_hostname(&mut self, hostname: GString) {
        if self.can_change_dtls("set_dtls_hostname") {
            self.dtls.hostname = hostname;
        }
    }

    /// See [member dtls_hostname].
    #[func]
    pub(super) fn get_dtls_hostname(&self) -> GString {
        self.dtls.hostname.clone()
    }

    /// See [member flush_mode].
    #[func]
    pub(super) fn set_flush_mode(&mut self, mode: FlushMode) {
        frame::set_mode(self, mode);
    }

    /// See [member flush_mode].
    #[func]
    pub(super) fn get_flush_mode(&self) -> FlushMode {
        frame::mode(self)
    }

    /// See [member threaded].
    #[func]
    pub(super) fn set_threaded(&mut self, threaded: bool) {
        if let Err(error) = self.session.core.set_thread(clock::thread(threaded)) {
            self.report("set_threaded", &CreateError::Thread(error));
        }
    }

    /// See [member threaded].
    #[func]
    pub(super) fn is_threaded(&self) -> bool {
        self.session.core.is_threaded()
    }

    /// See [member stall_timeout].
    #[func]
    pub(super) fn set_stall_timeout(&mut self, seconds: f64) {
        match convert::stall_timeout(seconds) {
            Ok(timeout) => self.session.core.set_stall_timeout(timeout),
            Err(cause) => self.report("set_stall_timeout", &cause),
        }
    }

    /// See [member stall_timeout].
    #[func]
    pub(super) fn get_stall_timeout(&self) -> f64 {
        let timeout = self.session.core.stall_timeout();
        timeout.unwrap_or_default().as_secs_f64()
    }

    /// See [member connect_timeout].
    #[func]
    pub(super) fn set_connect_timeout(&mut self, seconds: f64) {
        match convert::connect_timeout(seconds) {
            Ok(timeout) => self.session.core.set_connect_timeout(timeout),
            Err(cause) => self.report("set_connect_timeout", &cause),
        }
    }

    /// See [member connect_timeout].
    #[func]
    pub(super) fn get_connect_timeout(&self) -> f64 {
        let timeout = self.session.core.connect_timeout();
        timeout.unwrap_or_default().as_secs_f64()
    }

    /// See [member limits].
    #[func]
    pub(super) fn set_limits(&mut self, limits: Option<Gd<ENetLimitsRs>>) {
        let shared = limits.as_ref().map(|limits| limits.bind().shared());
        self.session.core.set_limits(shared.unwrap_or_default());
        let former = std::mem::replace(&mut self.limits_object, limits.clone());
        self.tell_hosts(former, |host| host.take_over_limits(limits.clone()));
    }

    /// See [member limits].
    #[func]
    pub(super) fn get_limits(&self) -> Option<Gd<ENetLimitsRs>> {
        self.limits_object.clone()
    }

    /// See [member join_filter].
    #[func]
    pub(super) fn set_join_filter(&mut self, filter: Callable) {
        self.session.core.set_judged(!filter.is_null());
        let former = self.session.filter.replace(filter);
        self.lend(|_| drop(former));
    }

    /// See [member join_filter].
    #[func]
    pub(super) fn get_join_filter(&self) -> Callable {
        self.session.filter.callable()
    }

    /// See [member connect_id].
    #[func]
    pub(super) fn set_connect_id(&mut self, id: i64) {
        match i32::try_from(id) {
            Ok(id @ (0 | 2..)) => self.chosen_id = id,
            _ => {
                let cause = format!("connect_id must be 0 or 2 to 2147483647, not {id}");
                self.report("set_connect_id", &cause);
            }
        }
    }

    /// See [member connect_id].
    #[func]
    pub(super) fn get_connect_id(&self) -> i64 {
        self.chosen_id.into()
    }

    /// See [member metrics_port].
    #[func]
    pub(super) fn set_metrics_port(&mut self, port: i64) {
        self.listen_for_scrapes(port);
    }

    /// See [member metrics_port].
    #[func]
    pub(super) fn get_metrics_port(&self) -> i64 {
        let metrics = self.session.metrics.as_ref();
        metrics.map_or(0, |metrics| metrics.address().port().into())
    }

    /// See [member metrics_address].
    #[func]
    pub(super) fn set_metrics_address(&mut self, address: GString) {
        self.choose_metrics_address(&address);
    }

    /// See [member metrics_address].
    #[func]
    pub(super) fn get_metrics_address(&self) -> GString {
        self.metrics_address_text()
    }

    /// See [member simulation].
    #[func]
    pub(super) fn set_simulation(&mut self, simulation: Option<Gd<ENetSimulationRs>>) {
        self.choose_simulation(simulation, true);
    }

    /// See [member simulation].
    #[func]
    pub(super) fn get_simulation(&self) -> Option<Gd<ENetSimulationRs>> {
        self.simulation_chosen.object.clone()
    }
}
