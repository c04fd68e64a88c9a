//! From paths to names of methods: what the scene tree knows. Calls here can run scripts, so nothing may be borrowed.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use enet_multiplayer::scene::{Direction, Kind, Talk};
use enet_proto::Time;
use godot::classes::{Engine, MultiplayerApi, Node, SceneMultiplayer, SceneTree, Script, Window};
use godot::obj::InstanceId;
use godot::prelude::*;

use super::names::{Located, Place};
use crate::convert::maybe;

/// Nodes that are asked for their multiplayer API, those near the root first.
const MOST_NODES: usize = 1024;
/// Names that are kept.
const MOST_NAMES: usize = 1024;
/// How long a name counts: another node may take the path.
const KEPT: Duration = Duration::from_secs(10);
/// The bit of methods that the node's own configuration has, not the script's.
const OF_NODE: u16 = 1 << 15;

/// Names of methods and of spawned nodes.
#[derive(Default)]
pub struct Methods {
    names: HashMap<(String, u16), String>,
    parents: HashMap<String, String>,
    until: Time,
}

/// The methods of a script or a node, as they are numbered.
type Numbered = Vec<String>;

impl Methods {
    /// The talkers by names; equal ones are added up.
    pub fn name(
        &mut self,
        entries: Vec<Located>,
        now: Time,
    ) -> Vec<((Direction, Kind, String), Talk)> {
        let is_full = self.names.len() + self.parents.len() >= MOST_NAMES;
        if now >= self.until || is_full {
            self.names.clear();
            self.parents.clear();
            self.until = now + KEPT;
        }
        let mut pass = Pass::default();
        let mut named = HashMap::<_, Talk>::new();
        for entry in entries {
            let name = self.name_of(&mut pass, entry.place, entry.method);
            let key = (entry.direction, entry.kind, name);
            named.entry(key).or_default().add(entry.talk);
        }
        named.into_iter().collect()
    }

    fn name_of(&mut self, pass: &mut Pass, place: Place, method: Option<u16>) -> String {
        match (place, method) {
            (Place::Nowhere, _) => String::new(),
            (Place::Other, _) => "other".to_owned(),
            (Place::At(path), None) => path,
            (Place::At(path), Some(method)) => {
                let name = self.names.entry((path, method));
                let name = name.or_insert_with_key(|(path, method)| {
                    let known = pass.method(path, *method);
                    let known = known.unwrap_or_else(|| format!("#{}", method & !OF_NODE));
                    format!("{path}::{known}")
                });
                name.clone()
            }
            (Place::Spawned(spawner, name), _) => {
                let parent = self.parents.entry(spawner);
                let parent = parent.or_insert_with_key(|path| {
                    let parent = pass.node(path).and_then(|spawner| spawn_parent(&spawner));
                    parent.unwrap_or_else(|| path.clone())
                });
                format!("{parent}/{name}")
            }
        }
    }
}

/// The path of the node below which a spawner spawns.
fn spawn_parent(spawner: &Gd<Node>) -> Option<String> {
    let path = spawner.get("spawn_path").try_to::<NodePath>().ok()?;
    let parent = spawner.get_node_or_null(&path)?;
    Some(parent.get_path().to_string())
}

/// What was asked for the names of one second: many nodes have the same script.
#[derive(Default)]
struct Pass {
    root: Option<Gd<Node>>,
    of_scripts: HashMap<InstanceId, Numbered>,
}

impl Pass {
    fn node(&mut self, path: &str) -> Option<Gd<Node>> {
        if self.root.is_none() {
            self.root = root_node(&tree()?);
        }
        self.root.as_ref()?.get_node_or_null(path)
    }

    fn method(&mut self, path: &str, method: u16) -> Option<String> {
        let node = self.node(path)?;
        let index = usize::from(method & !OF_NODE);
        if method & OF_NODE != 0 {
            return numbered(&config_of(&node)).into_iter().nth(index);
        }
        let script: Gd<Script> = node.get_script()?;
        let known = self.of_scripts.entry(script.instance_id());
        let methods = known.or_insert_with(|| numbered(&script.get_rpc_config()));
        methods.get(index).cloned()
    }
}

/// The RPC methods that a node has besides those of its script. Godot 4.5 renamed the engine's method.
#[cfg(feature = "api-4-4")]
fn config_of(node: &Gd<Node>) -> Variant {
    node.get_rpc_config()
}

#[cfg(not(feature = "api-4-4"))]
fn config_of(node: &Gd<Node>) -> Variant {
    node.get_node_rpc_config()
}

/// The engine numbers methods by their names' order.
fn numbered(config: &Variant) -> Numbered {
    let Ok(config) = config.try_to::<VarDictionary>() else {
        return Vec::new();
    };
    let mut names: Vec<String> = (config.keys_array().iter_shared())
        .map(|name| name.stringify().to_string())
        .collect();
    names.sort_unstable();
    names
}

fn tree() -> Option<Gd<SceneTree>> {
    let main_loop = Engine::singleton().get_main_loop()?;
    main_loop.try_cast::<SceneTree>().ok()
}

fn root_node(tree: &Gd<SceneTree>) -> Option<Gd<Node>> {
    maybe::<Gd<Window>>(tree.get_root()).map(Gd::upcast)
}

/// The path of the root of the SceneMultiplayer that has a peer. APIs are found by the nodes that use them.
pub fn find_root(peer: InstanceId) -> Option<String> {
    let tree = tree()?;
    let mut asked = Vec::new();
    let mut root_of = |api: Option<Gd<MultiplayerApi>>| {
        let api = api.filter(|api| !asked.contains(&api.instance_id()))?;
        asked.push(api.instance_id());
        let has_peer = api.get_multiplayer_peer()?.instance_id() == peer;
        let scene = api.try_cast::<SceneMultiplayer>().ok()?;
        has_peer.then(|| scene.get_root_path().to_string())
    };
    if let Some(root) = root_of(maybe(tree.get_multiplayer())) {
        return Some(root);
    }
    let mut nodes = VecDeque::from([root_node(&tree)?]);
    let mut left = MOST_NODES;
    while let Some(node) = nodes.pop_front() {
        if let Some(root) = root_of(maybe(node.get_multiplayer())) {
            return Some(root);
        }
        let children = usize::try_from(node.get_child_count())
            .unwrap_or(0)
            .min(left);
        left -= children;
        nodes.extend((0..children as i32).filter_map(|index| node.get_child(index)));
    }
    None
}
