//! The warning about scripts whose methods take the place of a class's own.
//!
//! The engine asks a script first for each virtual method of a MultiplayerPeerExtension, and no extension can prevent
//! that. With the built-in class, which has no such methods, a script's `_close` is a helper like any other.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use godot::classes::Script;
use godot::prelude::*;

use crate::report::{Reports, print_warning};

/// The virtual methods of a MultiplayerPeerExtension and its base classes, without those of every Object.
const VIRTUALS: [&str; 23] = [
    "_close",
    "_disconnect_peer",
    "_get_available_packet_count",
    "_get_connection_status",
    "_get_max_packet_size",
    "_get_packet",
    "_get_packet_channel",
    "_get_packet_mode",
    "_get_packet_peer",
    "_get_packet_script",
    "_get_transfer_channel",
    "_get_transfer_mode",
    "_get_unique_id",
    "_is_refusing_new_connections",
    "_is_server",
    "_is_server_relay_supported",
    "_poll",
    "_put_packet",
    "_put_packet_script",
    "_set_refuse_new_connections",
    "_set_target_peer",
    "_set_transfer_channel",
    "_set_transfer_mode",
];

/// Scripts that were warned about. A game that makes scripts without end is warned about the same number of them anew.
const MOST_WARNED: usize = 64;
static WARNED: Mutex<VecDeque<InstanceId>> = Mutex::new(VecDeque::new());

/// Warns once about each script on an object that has methods with names of virtual methods. Nothing may be
/// borrowed. `method` is the method that the script called.
#[track_caller]
pub fn warn<T: Reports>(object: &Gd<T>, method: &str) {
    let Some(mut script) = object.clone().upcast::<Object>().get_script() else {
        return;
    };
    let names = overridden(&mut script);
    if !names.is_empty() && is_first(script.instance_id()) {
        print_warning(T::NAME, method, &text(&script, &names));
    }
}

/// The virtual methods that a script or the scripts it extends have.
fn overridden(script: &mut Gd<Script>) -> Vec<&'static str> {
    let methods = script.get_script_method_list();
    let names = (methods.iter_shared()).filter_map(|method| method.get("name"));
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    let has = |name: &&str| names.iter().any(|it| it == name);
    VIRTUALS.into_iter().filter(has).collect()
}

fn is_first(script: InstanceId) -> bool {
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if warned.contains(&script) {
        return false;
    }
    if warned.len() == MOST_WARNED {
        warned.pop_front();
    }
    warned.push_back(script);
    true
}

fn text(script: &Gd<Script>, names: &[&str]) -> String {
    let path = script.get_path().to_string();
    let script = match path.as_str() {
        "" => "the script".to_owned(),
        path => format!("the script {path}"),
    };
    let listed = names.join("(), ");
    let new_name = format!("_own{}", names[0]);
    match names.len() {
        1 => format!(
            "{script} has a method {listed}(), which the engine calls in place of this class's own. Unless that is \
             meant, rename it, for example to {new_name}()"
        ),
        _ => format!(
            "{script} has methods {listed}(), which the engine calls in place of this class's own. Unless that is \
             meant, rename them, for example to {new_name}()"
        ),
    }
}
