//! Arguments and results of the methods for captures, which two classes have.

use enet_multiplayer::{CaptureError, CaptureSettings, DEFAULT_CAPTURE_BYTES};
use godot::classes::{Engine, ProjectSettings};
use godot::global::Error;
use godot::prelude::*;

use crate::report::Reports;

const METHOD: &str = "start_capture";

/// Starts a capture with the arguments of a script, and returns what its method returns. Errors are printed.
pub fn start<T: Reports>(
    this: &mut T,
    path: &GString,
    options: &VarDictionary,
    start: impl FnOnce(&mut T, CaptureSettings) -> Result<(), CaptureError>,
) -> Error {
    let settings = match settings(T::NAME, path, options) {
        Ok(settings) => settings,
        Err(cause) => {
            this.report(METHOD, &cause);
            return Error::ERR_INVALID_PARAMETER;
        }
    };
    let Err(error) = start(this, settings) else {
        return Error::OK;
    };
    this.report(METHOD, &error);
    match error {
        CaptureError::AlreadyRunning => Error::ERR_ALREADY_IN_USE,
        CaptureError::Create { .. } => Error::ERR_FILE_CANT_WRITE,
        _ => Error::ERR_INVALID_PARAMETER,
    }
}

fn settings(
    class: &'static str,
    path: &GString,
    options: &VarDictionary,
) -> Result<CaptureSettings, String> {
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    let path = ProjectSettings::singleton().globalize_path(path);
    let mut settings = CaptureSettings {
        path: path.to_string().into(),
        decrypted: false,
        decompressed: false,
        max_bytes: DEFAULT_CAPTURE_BYTES,
        snap_length: 0,
        class,
        application: application(),
        comment: String::new(),
    };
    for (key, value) in options.iter_shared() {
        let key = key.to_string();
        match key.as_str() {
            "decrypted" => settings.decrypted = option(&key, &value)?,
            "decompressed" => settings.decompressed = option(&key, &value)?,
            "max_bytes" => settings.max_bytes = option(&key, &value)?,
            "snap_length" => settings.snap_length = option(&key, &value)?,
            "comment" => settings.comment = option::<GString>(&key, &value)?.to_string(),
            _ => return Err(format!("there is no option \"{key}\"")),
        }
    }
    Ok(settings)
}

fn option<T: FromGodot>(key: &str, value: &Variant) -> Result<T, String> {
    (value.try_to()).map_err(|_| format!("the option \"{key}\" cannot be {value}"))
}

/// The name of the game, of the engine and of this extension.
fn application() -> String {
    let settings = ProjectSettings::singleton();
    let name = settings.get_setting("application/config/name");
    let engine = Engine::singleton().get_version_info();
    let engine = engine.get("string").unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    format!("{name} (Godot {engine}, enet_rs {version})")
}
