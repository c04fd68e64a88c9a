//! STUB: w-adm's file takes its place.

#![allow(missing_docs)]

use std::net::SocketAddr;

/// A request to connect that waits to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinRequest {
    pub id: u64,
    pub address: SocketAddr,
    pub data: u32,
    pub channels: usize,
    pub is_proven: bool,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    Refuse(u32),
}
