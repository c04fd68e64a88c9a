//! What Godot's SceneMultiplayer puts into packets, as far as somebody who watches them wants to know: which node and
//! which method a packet is for.
//!
//! A session neither needs nor checks any of this: for it, packets are bytes. All bytes may come from a remote, so
//! everything that is kept has a bound, and nothing here fails.

mod learned;
mod message;
mod talkers;

pub use learned::Learned;
pub use message::{Kind, Lesson, Piece, Subject, lesson, pieces, relayed};
pub use talkers::{Direction, Key, Talk, Talkers, Whom};
