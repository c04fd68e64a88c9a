//! Our engine and the C library, over real sockets, in both roles.
//!
//! The C library runs in a program of its own (`tests/c/peer.c`), which `cargo xtask test` builds
//! and names in `ENET_C_PEER`. Without it these tests are left out, and say so.

mod bad_network;
mod connections;
mod content;
mod endings;
mod node;
mod packets;
mod program;
mod relay;
mod world;

use node::Kind;

/// Server and client, each way round.
const ROLES: [(Kind, Kind); 2] = [(Kind::C, Kind::Ours), (Kind::Ours, Kind::C)];
