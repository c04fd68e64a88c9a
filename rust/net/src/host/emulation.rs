//! The emulated network of a host.

use super::Host;
use crate::driver::Clock;
use crate::netem::Emulator;

impl Host {
    /// Changes the emulated network between this host and its socket; the first call makes it. `clock` must tell the
    /// time that the owner passes to the calls.
    ///
    /// A network thread delivers held datagrams when they are due, and does all the work while a network is emulated.
    /// Without one they move with the owner's calls.
    pub fn emulate(&mut self, clock: Clock, change: impl FnOnce(&Emulator)) {
        self.driver.emulate(clock, change);
    }

    /// Datagrams that the emulated network lost, of whichever cause.
    pub fn emulated_drops(&self) -> u64 {
        self.driver.emulated_drops()
    }
}
