//! The editor's messages. The engine hands them out between frames, and while a script is stopped at a breakpoint, in
//! the middle of any call. So nothing is done here to an object that this crate may be working on.

use std::time::Duration;

use godot::classes::{DisplayServer, Engine, EngineDebugger, Os, ProjectSettings};
use godot::prelude::*;

use super::{PREFIX, agent, commands, figures, send};

/// The version of the messages.
const PROTOCOL: i64 = 1;
/// Milliseconds between snapshots, if the editor does not say.
const DEFAULT_INTERVAL: f64 = 100.0;

/// Has the engine hand over the editor's messages. False if somebody else uses the prefix.
pub fn register() -> bool {
    let mut debugger = EngineDebugger::singleton();
    if debugger.has_capture(PREFIX) {
        return false;
    }
    let take = Callable::from_fn(PREFIX, |arguments: &[&Variant]| match arguments {
        [message, data] => take(message, data),
        _ => false,
    });
    debugger.register_message_capture(PREFIX, &take);
    true
}

/// The engine forgets the captures when it quits, and would print an error for one that it no longer knows.
pub fn unregister() {
    let mut debugger = EngineDebugger::singleton();
    if debugger.has_capture(PREFIX) {
        debugger.unregister_message_capture(PREFIX);
    }
}

/// Handles a message. Whatever is malformed is ignored: the engine would print an error for each that is not taken.
fn take(message: &Variant, data: &Variant) -> bool {
    let (Ok(message), Ok(data)) = (message.try_to::<GString>(), data.try_to::<VarArray>()) else {
        return false;
    };
    match message.to_string().as_str() {
        "watch" => watch(&data),
        "record" => commands::record(&data),
        "simulate" => commands::simulate(&data),
        "spike" => commands::spike(&data),
        "cut" => commands::cut(&data),
        _ => {}
    }
    true
}

fn watch(data: &VarArray) {
    let wanted = match data.get(0) {
        None => Some(DEFAULT_INTERVAL),
        Some(value) => commands::number(&value),
    };
    match wanted {
        None => {}
        Some(millis) if millis > 0.0 => {
            // The agent knows the longest interval.
            let seconds = (millis / 1000.0).min(3600.0);
            agent::begin(Duration::from_secs_f64(seconds));
            send("hello", &varray![&hello()]);
        }
        Some(_) => agent::end(),
    }
}

fn hello() -> VarDictionary {
    let engine = Engine::singleton().get_version_info();
    let title = ProjectSettings::singleton().get_setting("application/config/name");
    let host_columns = PackedStringArray::from_iter(figures::host_columns().map(GString::from));
    let peer_columns = PackedStringArray::from_iter(figures::peer_columns().map(GString::from));
    vdict! {
        "protocol" => PROTOCOL,
        "pid" => Os::singleton().get_process_id(),
        "title" => &title,
        "arguments" => &Os::singleton().get_cmdline_user_args(),
        "engine" => &engine.get("string").unwrap_or_default(),
        "extension" => env!("CARGO_PKG_VERSION"),
        "headless" => DisplayServer::singleton().get_name() == "headless",
        "host_columns" => &host_columns,
        "peer_columns" => &peer_columns,
    }
}
