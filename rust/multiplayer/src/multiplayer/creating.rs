//! How a session begins: as a server or client with a host of its own, or on a host that exists already.

use std::cell::RefCell;
use std::rc::Rc;

use super::{MAIN_HOST, Mode, Multiplayer, SERVER_ID, Status};
use crate::config::{checked_config, port};
use crate::{
    ClientOptions, ConnectError, Connection, CreateError, ServerOptions, SharedConnection,
};
use enet_net::BindAddress;
use enet_proto::{Admission, HostConfig, PeerId, Seed, Time};

/// The admission of a server: every remote whose connect data is a Godot id that no other client has.
pub(super) fn unique_ids() -> Admission {
    Admission::UniqueData {
        min: 2,
        max: i32::MAX as u32,
    }
}

impl Multiplayer {
    /// Becomes a server, which is connected at once. Clears the refuse flag, also when the call fails.
    pub fn create_server(&mut self, options: &ServerOptions, now: Time) -> Result<(), CreateError> {
        self.begin_create(now)?;
        if !self.suffix().is_empty() {
            return Err(CreateError::SuffixOfServer);
        }
        let port = port(options.port)?;
        let config = checked_config(
            options.max_clients,
            self.wire_count(options.max_channels),
            options.in_bandwidth,
            options.out_bandwidth,
            self.next_seed(),
            now,
        )?;
        let mut host = self.open(&config, self.settings.bind_address, port)?;
        host.join_session(unique_ids(), self.settings.flush_mode);
        self.serve(Rc::new(RefCell::new(host)));
        Ok(())
    }

    /// Becomes a client and starts to connect. Nothing is sent before the next poll. A name is
    /// resolved as in [`Connection::connect`]. Clears the refuse flag, also when the call fails.
    pub fn create_client(&mut self, options: &ClientOptions, now: Time) -> Result<(), CreateError> {
        self.begin_create(now)?;
        let local_port = port(options.local_port)?;
        let config = checked_config(
            1,
            self.wire_count(options.channels),
            options.in_bandwidth,
            options.out_bandwidth,
            self.next_seed(),
            now,
        )?;
        if options.unique_id <= SERVER_ID {
            return Err(CreateError::UniqueId {
                id: options.unique_id.into(),
                least: SERVER_ID + 1,
            });
        }
        let bind_address = match local_port {
            0 => BindAddress::Any,
            _ => self.settings.bind_address,
        };
        let mut host = self.open(&config, bind_address, local_port)?;
        let channels = config.max_channels as i32;
        let peer = host
            .connect(
                &options.address,
                options.port,
                channels,
                options.unique_id as u32,
                now,
            )
            .map_err(|error| match error {
                ConnectError::RemotePort(port) => CreateError::RemotePort(port),
                ConnectError::Resolve { host, error } => CreateError::Resolve { host, error },
                _ => CreateError::NoFreeSlot,
            })?;
        host.join_session(Admission::Nobody, self.settings.flush_mode);
        self.join(Rc::new(RefCell::new(host)), peer, options.unique_id);
        Ok(())
    }

    /// Becomes the server on a host that was made elsewhere. The next poll reports the peers that are
    /// connected already.
    pub fn serve(&mut self, host: SharedConnection) {
        self.leave();
        self.hosts.insert(MAIN_HOST, host);
        self.activate(Mode::Server, Status::Connected, SERVER_ID);
    }

    /// Becomes the client on a host that began to connect elsewhere. If the connection is up already,
    /// the next poll reports it.
    pub fn join(&mut self, host: SharedConnection, peer: PeerId, unique_id: i32) {
        self.leave();
        self.hosts.insert(MAIN_HOST, host);
        self.roster.insert(SERVER_ID, peer);
        self.activate(Mode::Client, Status::Connecting, unique_id);
    }

    fn begin_create(&mut self, now: Time) -> Result<(), CreateError> {
        self.last_time = now;
        if self.is_active() {
            return Err(CreateError::AlreadyActive);
        }
        self.facts.refuses_newcomers.set(false);
        Ok(())
    }

    fn open(
        &mut self,
        config: &HostConfig,
        address: BindAddress,
        port: u16,
    ) -> Result<Connection, CreateError> {
        let network = Rc::clone(&self.network);
        let mut host = Connection::with_seed(network, self.next_seed());
        self.guard.equip(&mut host);
        host.take_over_suffix(self.settings.suffix.clone());
        host.set_stall_timeout(self.settings.stall_timeout);
        host.set_connect_timeout(self.settings.connect_timeout);
        if let Some((simulation, clock)) = &self.settings.simulation {
            host.set_simulation(simulation.clone(), *clock);
        }
        host.set_thread(self.settings.thread_clock)
            .map_err(CreateError::Thread)?;
        host.open(config, address, port)?;
        // The host is open, so this cannot fail.
        let _ = host.set_compression(self.settings.compression.clone());
        self.capture_host(&mut host);
        Ok(host)
    }

    fn next_seed(&mut self) -> Seed {
        self.seed.split()
    }
}
