//! A host whose socket stopped working.

use super::Host;
use crate::Mishap;

/// What happened to a host's socket since the host was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SocketTrouble {
    /// How often another socket was opened in the place of one that died.
    pub reopened: u64,
    /// The error of the last one that died.
    pub death: Option<String>,
    /// How often the connections were given up because no other socket could be opened.
    pub lost: u64,
    /// Why the last time.
    pub cause: Option<String>,
}

impl SocketTrouble {
    pub(crate) fn note(&mut self, mishap: Mishap) {
        match mishap {
            Mishap::Reopened(error) => {
                self.reopened += 1;
                self.death = Some(error.to_string());
            }
            Mishap::Lost(error) => {
                self.lost += 1;
                self.cause = Some(error.to_string());
            }
        }
    }
}

impl Host {
    /// What happened to the socket since the host was made. Nothing unless [`Host::has_trouble`].
    pub fn socket_trouble(&self) -> SocketTrouble {
        self.driver.state().socket_trouble.clone()
    }
}
