//! Accessors of the properties of ENetConnectionRs. The bindings require them in one block, which is the class's first.
//! The fields of the class document the properties.

use enet_multiplayer::CreateError;
use godot::prelude::*;

use super::ENetConnectionRs;
use crate::classes::limits::ENetLimitsRs;
use crate::classes::simulation::ENetSimulationRs;
use crate::report::Reports;
use crate::vocabulary::FlushMode;
use crate::{clock, convert, frame};

// The bindings find the items generated beside the class by this path.
#[godot_api]
impl super::ENetConnectionRs {
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
        let handle = self.handle.clone();
        let done = (handle.connection().borrow_mut()).set_thread(clock::thread(threaded));
        self.report_failure("set_threaded", done.map_err(CreateError::Thread));
    }

    /// See [member threaded].
    #[func]
    pub(super) fn is_threaded(&self) -> bool {
        self.handle.connection().borrow().is_threaded()
    }

    /// See [member stall_timeout].
    #[func]
    pub(super) fn set_stall_timeout(&mut self, seconds: f64) {
        match convert::stall_timeout(seconds) {
            Ok(timeout) => {
                (self.handle.connection().borrow_mut()).set_stall_timeout(timeout);
            }
            Err(cause) => self.report("set_stall_timeout", &cause),
        }
    }

    /// See [member stall_timeout].
    #[func]
    pub(super) fn get_stall_timeout(&self) -> f64 {
        let timeout = self.handle.connection().borrow().stall_timeout();
        timeout.unwrap_or_default().as_secs_f64()
    }

    /// See [member connect_timeout].
    #[func]
    pub(super) fn set_connect_timeout(&mut self, seconds: f64) {
        match convert::connect_timeout(seconds) {
            Ok(timeout) => (self.handle.connection().borrow_mut()).set_connect_timeout(timeout),
            Err(cause) => self.report("set_connect_timeout", &cause),
        }
    }

    /// See [member connect_timeout].
    #[func]
    pub(super) fn get_connect_timeout(&self) -> f64 {
        let timeout = self.handle.connection().borrow().connect_timeout();
        timeout.unwrap_or_default().as_secs_f64()
    }

    /// See [member limits].
    #[func]
    pub(super) fn set_limits(&mut self, limits: Option<Gd<ENetLimitsRs>>) {
        let shared = limits.as_ref().map(|limits| limits.bind().shared());
        let handle = self.handle.clone();
        (handle.connection().borrow_mut()).set_limits(shared.unwrap_or_default());
        let former = std::mem::replace(&mut self.limits_object, limits);
        // Dropping an object can run a script's notification.
        self.lend(|_| drop(former));
    }

    /// See [member limits].
    #[func]
    pub(super) fn get_limits(&self) -> Option<Gd<ENetLimitsRs>> {
        self.limits_object.clone()
    }

    /// See [member join_filter].
    #[func]
    pub(super) fn set_join_filter(&mut self, filter: Callable) {
        if self.is_of_session {
            let cause = "set the property of the ENetMultiplayerPeerRs that has this host";
            return self.report("set_join_filter", &cause);
        }
        let is_judged = !filter.is_null();
        self.handle.connection().borrow_mut().set_judged(is_judged);
        let former = self.session.filter.replace(filter);
        self.lend(|_| drop(former));
    }

    /// See [member join_filter].
    #[func]
    pub(super) fn get_join_filter(&self) -> Callable {
        self.session.filter.callable()
    }

    /// See [member datagram_suffix].
    #[func]
    pub(super) fn set_datagram_suffix(&mut self, suffix: PackedByteArray) {
        let handle = self.handle.clone();
        let set = (handle.connection().borrow_mut()).set_suffix(suffix.as_slice());
        self.report_failure("set_datagram_suffix", set);
    }

    /// See [member datagram_suffix].
    #[func]
    pub(super) fn get_datagram_suffix(&self) -> PackedByteArray {
        self.handle.connection().borrow().suffix().into()
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
