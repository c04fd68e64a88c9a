//! Enums of the classes as scripts see them: `ENetConnectionRs.COMPRESS_ZSTD`, and
//! `ENetConnectionRs.CompressionMode` as a type.
//!
//! Each enum's numbers, names and help stand here once: the engine gets them by [`register`], and
//! `convert.rs` translates between them and the core's types.

use enet_codec::{Compression, MODES, Mode};
use enet_proto::PeerStatistics;
use godot::meta::conv::ByValue;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::obj::GodotClass;
use godot::prelude::*;

use crate::bindings::enums::{self, Value};

mod reasons;

use reasons::disconnect_reasons;

/// Names of the compression modes, as the editor's inspector shows them.
pub const COMPRESSION_HINT: &str = "None,Range Coder,FastLZ,ZLib,ZStd,LZ4,ZStd With Dictionary";

// Every mode has a name in the hint.
const _: () = assert!(names_in(COMPRESSION_HINT) == MODES.len());

const fn names_in(hint: &str) -> usize {
    let hint = hint.as_bytes();
    let mut names = 1;
    let mut position = 0;
    while position < hint.len() {
        if hint[position] == b',' {
            names += 1;
        }
        position += 1;
    }
    names
}

/// An enum of a class, as it is registered.
struct Enum {
    class: &'static str,
    name: &'static str,
    values: fn() -> Vec<Value>,
}

/// Makes the enums of a class known to the engine, with their help. The class must be already.
pub fn register<T: GodotClass>() {
    let class = T::class_id().to_string();
    for of_class in ENUMS.iter().filter(|entry| entry.class == class) {
        enums::register::<T>(of_class.name, &(of_class.values)());
    }
}

/// Adds the help of the enums of a class to that of the class, without an engine.
#[cfg(test)]
pub fn document<T: GodotClass>() {
    let class = T::class_id().to_string();
    for of_class in ENUMS.iter().filter(|entry| entry.class == class) {
        enums::document::<T>(of_class.name, &(of_class.values)());
    }
}

/// The shape of an enum whose values are numbers and whose name is `Class.Enum`.
fn shape(name: &'static str) -> GodotShape {
    GodotShape::Enum {
        variant_type: VariantType::INT,
        enumerators: (&[]).into(),
        godot_name: Some(name.into()),
        is_bitfield: false,
    }
}

/// Defines the types of the enums and the function that registers them. As with the built-in classes, a
/// script can pass any number for a value, and each method checks the number itself.
macro_rules! script_enums {
    (@values { $($value:ident = $number:literal $text:literal)* }) => {
        || vec![$(Value(stringify!($value), $number, $text.into())),*]
    };
    (@values $values:ident) => { $values };
    (@numbers $type:ident { $($value:ident = $number:literal $text:literal)* }) => {
        impl $type {
            $(pub const $value: Self = Self($number);)*
        }
    };
    // The codecs' table has the numbers.
    (@numbers $type:ident $values:ident) => {};
    ($($class:ident . $name:ident as $type:ident $values:tt)*) => {
        $(
            /// A value of this enum as a script passes or receives it, unchecked.
            #[allow(dead_code, reason = "scripts get some values as plain numbers")]
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $type(pub i64);

            script_enums!(@numbers $type $values);

            impl GodotConvert for $type {
                type Via = i64;

                fn godot_shape() -> GodotShape {
                    shape(concat!(stringify!($class), ".", stringify!($name)))
                }
            }

            impl ToGodot for $type {
                type Pass = ByValue;

                fn to_godot(&self) -> i64 {
                    self.0
                }
            }

            impl godot::register::property::SimpleVar for $type {}

            impl FromGodot for $type {
                fn try_from_godot(via: i64) -> Result<Self, ConvertError> {
                    Ok(Self(via))
                }
            }
        )*

        /// All enums of the classes.
        static ENUMS: &[Enum] = &[$(
            Enum {
                class: stringify!($class),
                name: stringify!($name),
                values: script_enums!(@values $values),
            }
        ),*];
    };
}

script_enums! {
    ENetConnectionRs.CompressionMode as CompressionMode compression_modes
    ENetMultiplayerPeerRs.CompressionMode as PeerCompressionMode peer_compression_modes
    ENetMultiplayerPeerRs.WireProtocol as WireProtocol {
        WIRE_GODOT4 = 0 "The remote peers are Godot 4's [ENetMultiplayerPeer], or peers of this extension with the same setting. This is the default."
        WIRE_GODOT3 = 1 "The remote peers are the [code]NetworkedMultiplayerENet[/code] of Godot 3, or peers of this extension with the same setting."
    }
    ENetConnectionRs.EventType as EventType {
        EVENT_ERROR = -1 "There is no host: it was not made yet, or was destroyed."
        EVENT_NONE = 0 "No event happened within the timeout of [method service]."
        EVENT_CONNECT = 1 "A connection is established. On the side that accepted it, the event's data is the number that the remote passed to [method connect_to_host]; on the other side the data is 0."
        EVENT_DISCONNECT = 2 "A connection ended, or an attempt to connect failed. The event's data is the number that the remote passed to [method ENetPacketPeerRs.peer_disconnect]; after a timeout, or if this side disconnected, the data is 0."
        EVENT_RECEIVE = 3 "A packet arrived and waits in the event's peer: take it with [method PacketPeer.get_packet]. The event's channel is the ENet channel of the packet."
    }
    ENetConnectionRs.HostStatistic as HostStatistic {
        HOST_TOTAL_SENT_DATA = 0 "Bytes sent in UDP datagrams, without the headers of UDP and IP. As with Godot's class, encryption is not counted: DTLS adds 37 bytes to each datagram, and its handshakes."
        HOST_TOTAL_SENT_PACKETS = 1 "UDP datagrams sent."
        HOST_TOTAL_RECEIVED_DATA = 2 "Bytes received in UDP datagrams, without the headers of UDP and IP."
        HOST_TOTAL_RECEIVED_PACKETS = 3 "UDP datagrams received."
    }
    ENetMultiplayerPeerRs.FlushMode as FlushMode {
        FLUSH_FRAME = 0 "Packets leave in the frame in which they were put, and small packets share datagrams. This is the default."
        FLUSH_IMMEDIATE = 1 "Each packet leaves at once in a datagram of its own, as with the built-in class."
    }
    ENetMultiplayerPeerRs.DisconnectReason as DisconnectReason disconnect_reasons
    ENetPacketPeerRs.PeerState as PeerState {
        STATE_DISCONNECTED = 0 "Not connected, or no longer connected."
        STATE_CONNECTING = 1 "This side requested the connection and waits for the remote's answer."
        STATE_ACKNOWLEDGING_CONNECT = 2 "The remote requested the connection, and this side has answered."
        STATE_CONNECTION_PENDING = 3 "The connection that the remote requested is established. The script has not taken the event yet."
        STATE_CONNECTION_SUCCEEDED = 4 "The connection that this side requested is established. The script has not taken the event yet."
        STATE_CONNECTED = 5 "Connected: both sides can send packets."
        STATE_DISCONNECT_LATER = 6 "This side disconnects once all queued packets have been delivered."
        STATE_DISCONNECTING = 7 "This side disconnects and waits for the remote's acknowledgement."
        STATE_ACKNOWLEDGING_DISCONNECT = 8 "The remote disconnects, and this side acknowledges it."
        STATE_ZOMBIE = 9 "The connection ended. The script has not taken the event yet."
    }
    ENetPacketPeerRs.PeerStatistic as PeerStatistic {
        PEER_PACKET_LOSS = 0 "Packet loss: of the packets and fragments sent, the share that had to be sent again, smoothed. [constant PACKET_LOSS_SCALE] stands for all of them."
        PEER_PACKET_LOSS_VARIANCE = 1 "Variance (mean deviation) of the packet loss, on the same scale as [constant PEER_PACKET_LOSS]."
        PEER_PACKET_LOSS_EPOCH = 2 "Time at which the packet loss was last averaged, in milliseconds of the peer's own clock."
        PEER_ROUND_TRIP_TIME = 3 "Round-trip time: from sending a reliable packet to receiving its acknowledgement, in milliseconds, smoothed."
        PEER_ROUND_TRIP_TIME_VARIANCE = 4 "Variance (mean deviation) of the round-trip time, in milliseconds."
        PEER_LAST_ROUND_TRIP_TIME = 5 "Lowest round-trip time in the last interval of the throttle (see [method throttle_configure]), in milliseconds."
        PEER_LAST_ROUND_TRIP_TIME_VARIANCE = 6 "Highest variance of the round-trip time in the last interval of the throttle, in milliseconds."
        PEER_PACKET_THROTTLE = 7 "The throttle: the share of unreliable packets that are sent and not dropped. [constant PACKET_THROTTLE_SCALE] stands for all of them."
        PEER_PACKET_THROTTLE_LIMIT = 8 "The highest value that the throttle can reach, which follows from the bandwidth limits."
        PEER_PACKET_THROTTLE_COUNTER = 9 "Internal counter that selects the unreliable packets to drop."
        PEER_PACKET_THROTTLE_EPOCH = 10 "Time at which the current interval of the throttle began, in milliseconds of the peer's own clock."
        PEER_PACKET_THROTTLE_ACCELERATION = 11 "Number that a good round-trip time adds to the throttle."
        PEER_PACKET_THROTTLE_DECELERATION = 12 "Number that a bad round-trip time subtracts from the throttle."
        PEER_PACKET_THROTTLE_INTERVAL = 13 "Interval of the throttle in milliseconds, over which the lowest round-trip time is measured."
    }
}

/// The value of a statistic; `None` if no statistic has the number. Beside the enum, so that a new statistic
/// needs one place here.
pub fn peer_statistic(statistics: &PeerStatistics, statistic: PeerStatistic) -> Option<u32> {
    Some(match statistic {
        PeerStatistic::PEER_PACKET_LOSS => statistics.packet_loss,
        PeerStatistic::PEER_PACKET_LOSS_VARIANCE => statistics.packet_loss_variance,
        PeerStatistic::PEER_PACKET_LOSS_EPOCH => statistics.packet_loss_epoch,
        PeerStatistic::PEER_ROUND_TRIP_TIME => statistics.round_trip_time,
        PeerStatistic::PEER_ROUND_TRIP_TIME_VARIANCE => statistics.round_trip_time_variance,
        PeerStatistic::PEER_LAST_ROUND_TRIP_TIME => statistics.last_round_trip_time,
        PeerStatistic::PEER_LAST_ROUND_TRIP_TIME_VARIANCE => {
            statistics.last_round_trip_time_variance
        }
        PeerStatistic::PEER_PACKET_THROTTLE => statistics.packet_throttle,
        PeerStatistic::PEER_PACKET_THROTTLE_LIMIT => statistics.packet_throttle_limit,
        PeerStatistic::PEER_PACKET_THROTTLE_COUNTER => statistics.packet_throttle_counter,
        PeerStatistic::PEER_PACKET_THROTTLE_EPOCH => statistics.packet_throttle_epoch,
        PeerStatistic::PEER_PACKET_THROTTLE_ACCELERATION => statistics.packet_throttle_acceleration,
        PeerStatistic::PEER_PACKET_THROTTLE_DECELERATION => statistics.packet_throttle_deceleration,
        PeerStatistic::PEER_PACKET_THROTTLE_INTERVAL => statistics.packet_throttle_interval,
        _ => return None,
    })
}

/// The compression modes of `enet_codec`.
fn compression_modes() -> Vec<Value> {
    let value = |mode: &Mode| {
        let mut text = mode.summary.to_owned();
        if mode.number == Compression::default().number() {
            text += " This is the default.";
        }
        if mode.needs_dictionary {
            text += " The dictionary comes from [method set_compression_dictionary].";
        }
        if !mode.is_in_godot {
            text += " Godot's own classes lack this mode: both ends must use this extension";
            text += match mode.needs_dictionary {
                true => ", and have the same dictionary.",
                false => ".",
            };
        }
        if !mode.is_available {
            text += " This build lacks the mode.";
        }
        Value(mode.name, mode.number, text.into())
    };
    MODES.iter().map(value).collect()
}

/// The same modes, whose help refers to the other class.
fn peer_compression_modes() -> Vec<Value> {
    let value = |mode: &Mode| {
        let mut text = format!("The same as [constant ENetConnectionRs.{}].", mode.name);
        if mode.number == Compression::default().number() {
            text += " This is the default.";
        } else if mode.number == Compression::RangeCoder.number() {
            text += " This is the default of Godot 3.6.";
        }
        Value(mode.name, mode.number, text.into())
    };
    MODES.iter().map(value).collect()
}
