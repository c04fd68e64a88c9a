//! The only translation between Godot's vocabulary and the core's.

use enet_codec::{Compression, Dictionary, ModeError};
use enet_multiplayer::{CreateError, MeshError, PacketError, SendError, Status, TransferMode};
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode as GodotTransferMode};
use godot::global::Error;

use crate::vocabulary::CompressionMode;

pub fn create_error(error: &CreateError) -> Error {
    match error {
        CreateError::AlreadyActive => Error::ERR_ALREADY_IN_USE,
        CreateError::LocalPort(_)
        | CreateError::BindAddress(_)
        | CreateError::MaxPeers(_)
        | CreateError::MaxChannels(_)
        | CreateError::InBandwidth(_)
        | CreateError::OutBandwidth(_)
        | CreateError::UniqueId { .. } => Error::ERR_INVALID_PARAMETER,
        CreateError::MeshOfGodot3 => Error::ERR_UNAVAILABLE,
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

pub fn packet_error(error: PacketError) -> Error {
    match error {
        PacketError::Inactive => Error::ERR_UNCONFIGURED,
        PacketError::Channel { .. } | PacketError::Flags(_) => Error::ERR_INVALID_PARAMETER,
        _ => Error::FAILED,
    }
}

/// The compression of a mode's number; `None` for a number of no mode, which changes nothing.
pub fn compression(
    mode: CompressionMode,
    dictionary: Option<&Dictionary>,
) -> Result<Option<Compression>, String> {
    match Compression::by_number(mode.0, dictionary) {
        Ok(compression) => Ok(Some(compression)),
        Err(ModeError::Unknown(_)) => Ok(None),
        Err(ModeError::NoDictionary { name }) => {
            Err(format!("{name} needs set_compression_dictionary first"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The number of a compression's mode.
pub fn compression_mode(compression: &Compression) -> CompressionMode {
    CompressionMode(compression.number())
}

pub fn mesh_error(error: MeshError) -> Error {
    match error {
        MeshError::NotAMesh => Error::ERR_UNCONFIGURED,
        MeshError::InUse => Error::ERR_ALREADY_IN_USE,
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

/// A script's number as the core takes it. What does not fit stays out of the range of every port and
/// count; ids need more care.
pub fn int(value: i64) -> i32 {
    value.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}
