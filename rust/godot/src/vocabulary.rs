//! Enums of the classes as scripts see them: `ENetConnectionRs.COMPRESS_ZSTD`, and
//! `ENetConnectionRs.CompressionMode` as a type.
//!
//! Each enum's numbers, names and help stand here once: the engine gets them by [`register`], and
//! `convert.rs` translates between them and the core's types.

use enet_codec::{Compression, MODES, Mode};
use godot::meta::conv::ByValue;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::obj::GodotClass;
use godot::prelude::*;

use crate::bindings::enums::{self, Value};

/// The editor's names of the compression modes.
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

/// The shape of an enum whose values are numbers and whose name is `Class.Enum`.
fn shape(name: &'static str) -> GodotShape {
    GodotShape::Enum {
        variant_type: VariantType::INT,
        enumerators: (&[]).into(),
        godot_name: Some(name.into()),
        is_bitfield: false,
    }
}

/// Defines the types and what is needed to register them. Any number can be passed for a value, as
/// with the built-in classes: what it means is decided by the method.
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
            /// A number that a script gave or gets as a value of this enum.
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
        WIRE_GODOT4 = 0 "The other side is Godot 4's [ENetMultiplayerPeer], or of this extension. This is the default."
        WIRE_GODOT3 = 1 "The other side is the [code]NetworkedMultiplayerENet[/code] of Godot 3, or of this extension with the same setting."
    }
    ENetConnectionRs.EventType as EventType {
        EVENT_ERROR = -1 "The connection is not active."
        EVENT_NONE = 0 "Nothing happened within the time given."
        EVENT_CONNECT = 1 "A connection is up. On the side that was connected to, the event's data is what the remote passed to [method connect_to_host]; on the other side it is 0."
        EVENT_DISCONNECT = 2 "A connection ended, or an attempt failed. The event's data is what the remote passed to [method ENetPacketPeerRs.peer_disconnect], 0 for a timeout and for an end that this side began."
        EVENT_RECEIVE = 3 "A packet arrived and waits in the peer: take it with [method PacketPeer.get_packet]. The event's channel is the one it came on."
    }
    ENetConnectionRs.HostStatistic as HostStatistic {
        HOST_TOTAL_SENT_DATA = 0 "Bytes sent, as UDP payload."
        HOST_TOTAL_SENT_PACKETS = 1 "Datagrams sent."
        HOST_TOTAL_RECEIVED_DATA = 2 "Bytes received, as UDP payload."
        HOST_TOTAL_RECEIVED_PACKETS = 3 "Datagrams received."
    }
    ENetMultiplayerPeerRs.FlushMode as FlushMode {
        FLUSH_FRAME = 0 "Packets leave in the frame in which they were put, many to a datagram. This is the default."
        FLUSH_IMMEDIATE = 1 "Each packet leaves in a datagram of its own when it is put, as with the built-in class."
    }
    ENetPacketPeerRs.PeerState as PeerState {
        STATE_DISCONNECTED = 0 "Not connected, or not any more."
        STATE_CONNECTING = 1 "Waits for the remote's answer."
        STATE_ACKNOWLEDGING_CONNECT = 2 "Answers a remote that connects."
        STATE_CONNECTION_PENDING = 3 "A remote connected, and the event is not taken yet."
        STATE_CONNECTION_SUCCEEDED = 4 "The remote answered, and the event is not taken yet."
        STATE_CONNECTED = 5 "Connected: packets can be sent."
        STATE_DISCONNECT_LATER = 6 "Disconnects once everything queued is delivered."
        STATE_DISCONNECTING = 7 "Waits for the remote to acknowledge the end."
        STATE_ACKNOWLEDGING_DISCONNECT = 8 "Acknowledges the end that the remote began."
        STATE_ZOMBIE = 9 "Ended, and the event is not taken yet."
    }
    ENetPacketPeerRs.PeerStatistic as PeerStatistic {
        PEER_PACKET_LOSS = 0 "Share of reliable commands that had to be sent again, of [constant PACKET_LOSS_SCALE], smoothed."
        PEER_PACKET_LOSS_VARIANCE = 1 "How much that share varies, of [constant PACKET_LOSS_SCALE]."
        PEER_PACKET_LOSS_EPOCH = 2 "When the loss was averaged last, in milliseconds of the peer's own clock."
        PEER_ROUND_TRIP_TIME = 3 "Round trip of a reliable packet and its acknowledgement in milliseconds, smoothed."
        PEER_ROUND_TRIP_TIME_VARIANCE = 4 "How much the round trip varies, in milliseconds."
        PEER_LAST_ROUND_TRIP_TIME = 5 "Lowest round trip of the throttle's last interval, in milliseconds."
        PEER_LAST_ROUND_TRIP_TIME_VARIANCE = 6 "Highest variance of that interval, in milliseconds."
        PEER_PACKET_THROTTLE = 7 "Share of unreliable packets that are sent, of [constant PACKET_THROTTLE_SCALE]."
        PEER_PACKET_THROTTLE_LIMIT = 8 "The most that the throttle may reach, by the bandwidth limits."
        PEER_PACKET_THROTTLE_COUNTER = 9 "The counter that picks the packets to drop."
        PEER_PACKET_THROTTLE_EPOCH = 10 "When the throttle's interval began, in milliseconds of the peer's own clock."
        PEER_PACKET_THROTTLE_ACCELERATION = 11 "What a good round trip adds to the throttle."
        PEER_PACKET_THROTTLE_DECELERATION = 12 "What a bad round trip takes off the throttle."
        PEER_PACKET_THROTTLE_INTERVAL = 13 "Milliseconds over which the throttle looks for the best round trip."
    }
}

/// The modes of the codecs' table.
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
            text += " Godot's own classes do not have it: both ends must be of this extension";
            text += match mode.needs_dictionary {
                true => ", and have the same dictionary.",
                false => ".",
            };
        }
        if !mode.is_available {
            text += " This build does not have it.";
        }
        Value(mode.name, mode.number, text.into())
    };
    MODES.iter().map(value).collect()
}

/// The same modes; their help is at the other class.
fn peer_compression_modes() -> Vec<Value> {
    let value = |mode: &Mode| {
        let mut text = format!("As [constant ENetConnectionRs.{}].", mode.name);
        if mode.number == Compression::default().number() {
            text += " This is the default.";
        } else if mode.number == Compression::RangeCoder.number() {
            text += " In Godot 3.6 this is the default.";
        }
        Value(mode.name, mode.number, text.into())
    };
    MODES.iter().map(value).collect()
}
