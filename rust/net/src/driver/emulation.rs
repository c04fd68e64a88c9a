//! The emulated network between a host and its socket.
//!
//! The wrapped transport is part of the socket side. Its settings have a lock of their own, behind all others and held
//! for a copy of the settings.

use std::sync::Arc;

use enet_proto::Time;

use super::state::State;
use super::{Clock, Driver};
use crate::netem::Emulator;

impl Driver {
    /// Changes the emulated network. The first call puts it between the host and its socket, where it stays: while it
    /// has nothing to do it passes each call on. `clock` tells the time that the owner passes to the calls.
    pub fn emulate(&self, clock: Clock, change: impl FnOnce(&Emulator)) {
        let known = self.state.lock().emulator.clone();
        let emulator = known.unwrap_or_else(|| {
            let emulator = Emulator::new(0, Arc::new(clock));
            let mut socket = self.socket.demand();
            emulator.wrap_in_place(&mut socket.transport);
            self.state.lock().emulator = Some(emulator.clone());
            emulator
        });
        change(&emulator);
        // The thread may stand by, or sleep for longer than it now may.
        self.call(|state| state.schedule.set_emulated(true));
    }

    /// Datagrams that the emulated network lost.
    pub fn emulated_drops(&self) -> u64 {
        let state = self.state.lock();
        state.emulator.as_ref().map_or(0, Emulator::drops)
    }

    /// Has the thread see datagrams that the owner gave to an emulated network in a rare call.
    pub(super) fn show_held(&self) {
        let mut state = self.state.lock();
        if state.schedule.is_emulated() {
            let wake = state.schedule.on_call();
            self.wake(state, wake);
        }
    }
}

impl State {
    /// Lets the owner serve again if nothing is emulated any more and nothing is held. For the thread, after its round.
    pub fn judge_emulation(&mut self, now: Time, holds: bool) {
        if self.schedule.is_emulated() && !holds {
            let emulator = self.emulator.as_ref();
            let is_active = emulator.is_some_and(|emulator| emulator.is_active(now));
            self.schedule.set_emulated(is_active);
        }
    }
}
