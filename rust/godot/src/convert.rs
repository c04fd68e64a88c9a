//! The only translation between Godot's vocabulary and the core's.

use enet_core::{CreateError, SendError, Status, TransferMode};
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode as GodotTransferMode};
use godot::global::Error;

pub fn create_error(error: &CreateError) -> Error {
    match error {
        CreateError::AlreadyActive => Error::ERR_ALREADY_IN_USE,
        CreateError::LocalPort(_)
        | CreateError::MaxPeers(_)
        | CreateError::InBandwidth(_)
        | CreateError::OutBandwidth(_)
        | CreateError::UniqueId { .. } => Error::ERR_INVALID_PARAMETER,
        // A host that could not be made, or could not start to connect.
        _ => Error::ERR_CANT_CREATE,
    }
}

pub fn send_error(error: SendError) -> Error {
    match error {
        SendError::Inactive | SendError::NotConnected => Error::ERR_UNCONFIGURED,
        _ => Error::ERR_INVALID_PARAMETER,
    }
}

pub fn status(status: Status) -> ConnectionStatus {
    match status {
        Status::Disconnected => ConnectionStatus::DISCONNECTED,
        Status::Connecting => ConnectionStatus::CONNECTING,
        Status::Connected => ConnectionStatus::CONNECTED,
    }
}

pub fn transfer_mode(mode: TransferMode) -> GodotTransferMode {
    match mode {
        TransferMode::Unreliable => GodotTransferMode::UNRELIABLE,
        TransferMode::UnreliableOrdered => GodotTransferMode::UNRELIABLE_ORDERED,
        TransferMode::Reliable => GodotTransferMode::RELIABLE,
    }
}

pub fn from_transfer_mode(mode: GodotTransferMode) -> TransferMode {
    match mode {
        GodotTransferMode::UNRELIABLE => TransferMode::Unreliable,
        GodotTransferMode::UNRELIABLE_ORDERED => TransferMode::UnreliableOrdered,
        _ => TransferMode::Reliable,
    }
}

/// A script's number as the core takes it. What does not fit stays out of every valid range.
pub fn int(value: i64) -> i32 {
    value.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}
