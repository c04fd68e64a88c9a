//! Tests of the core, mostly on a simulated network, one behaviour per module.

mod c_enet;
mod codecs;
mod connecting;
mod connection;
mod connection_settings;
mod connection_sharing;
mod crowd;
mod differential;
mod dtls;
mod engine;
mod flushing;
mod godot3;
mod guarding;
mod hostile;
mod leaving;
mod legacy;
mod mesh;
mod notices;
mod packets;
mod refusing;
mod scripts;
mod targets;
mod threaded;
mod udp;
mod waiting;
