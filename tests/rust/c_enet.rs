//! Our engine against the C library over real sockets, in both roles.
//!
//! The C library runs in a program of its own (`tests/c/peer.c`). `cargo xtask test` builds the
//! program and names it in `ENET_C_PEER`. Without the program these tests are skipped with a message.

mod bad_network;
mod connections;
mod content;
mod endings;
mod node;
mod packets;
mod program;
mod refusals;
mod relay;
mod world;

use std::thread;

use node::Kind;

/// Runs a test with the C library as server and as client, concurrently, since both mostly wait.
fn in_each_role(test: impl Fn(Kind, Kind) + Sync) {
    if !program::is_there() {
        return;
    }
    thread::scope(|scope| {
        for (server, client) in [(Kind::C, Kind::Ours), (Kind::Ours, Kind::C)] {
            let test = &test;
            scope.spawn(move || {
                println!("server {server:?}, client {client:?}");
                test(server, client);
            });
        }
    });
}
