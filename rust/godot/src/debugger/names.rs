//! From the numbers in packets to paths.

use enet_multiplayer::scene::{Direction, Key, Kind, Learned, Talk, Whom};

/// Where a node is, as far as the packets tell.
pub enum Place {
    /// Nowhere, or unknown.
    Nowhere,
    /// At a path, of the tree if the root of the API is known.
    At(String),
    /// Below a spawner at a path; the node's name.
    Spawned(String, String),
    /// One of many.
    Other,
}

/// An entry of the talkers with its place.
pub struct Located {
    pub direction: Direction,
    pub kind: Kind,
    pub place: Place,
    pub method: Option<u16>,
    pub talk: Talk,
}

/// Finds the places. `root` is the path of the API's root.
pub fn locate(
    entries: impl Iterator<Item = (Key, Talk)>,
    learned: Option<&Learned>,
    root: Option<&str>,
) -> Vec<Located> {
    let place = |key: &Key| -> Option<Place> {
        Some(match &key.whom {
            Whom::Nobody => Place::Nowhere,
            Whom::Other => Place::Other,
            Whom::Path(path) => Place::At(absolute(root, path)),
            Whom::Node(id) => Place::At(absolute(root, learned?.path(key.sender, *id)?)),
            Whom::Spawned(id) => {
                let learned = learned?;
                let (name, spawner) = learned.spawned(key.sender, *id)?;
                let spawner = learned.path(key.sender, spawner)?;
                Place::Spawned(absolute(root, spawner), name.to_owned())
            }
        })
    };
    let located = entries.map(|(key, talk)| Located {
        place: place(&key).unwrap_or(Place::Nowhere),
        direction: key.direction,
        kind: key.kind,
        method: key.method,
        talk,
    });
    located.collect()
}

/// Paths in packets are relative to the root of the API.
fn absolute(root: Option<&str>, path: &str) -> String {
    match root {
        Some(root) if path == "." => root.to_owned(),
        Some(root) if !path.starts_with('/') => format!("{root}/{path}"),
        _ => path.to_owned(),
    }
}

/// As the messages have it.
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}
