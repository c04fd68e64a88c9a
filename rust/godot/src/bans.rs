//! Arguments and results of the methods for bans, which two classes have.

use enet_multiplayer::{BanError, bans};
use enet_proto::{IpNet, Time};
use godot::global::Error;
use godot::prelude::*;

use crate::report::Reports;

/// The shortest ban.
const SHORTEST: Time = Time::from_millis(1);

/// The network of a text, and the end of a ban that begins now; `None` for a ban without an end.
pub fn parsed(text: &GString, seconds: f64, now: Time) -> Result<(IpNet, Option<Time>), BanError> {
    let network = bans::network(&text.to_string())?;
    if seconds.is_nan() || seconds < 0.0 {
        return Err(BanError::Seconds(seconds));
    }
    if seconds == 0.0 {
        return Ok((network, None));
    }
    // A ban beyond the end of all time has no end.
    let duration = Time::try_from_secs_f64(seconds).ok();
    let until = duration.and_then(|duration| now.checked_add(duration.max(SHORTEST)));
    Ok((network, until))
}

/// What `get_ban_time_left` returns.
pub fn seconds_left(left: Option<Time>) -> f64 {
    match left {
        None => -1.0,
        Some(Time::MAX) => f64::INFINITY,
        Some(left) => left.as_secs_f64(),
    }
}

/// What a method returns; the error is printed.
pub fn answer<T: Reports>(this: &mut T, method: &str, done: Result<(), BanError>) -> Error {
    let Err(error) = done else {
        return Error::OK;
    };
    this.report(method, &error);
    match error {
        BanError::TooMany(_) => Error::ERR_OUT_OF_MEMORY,
        _ => Error::ERR_INVALID_PARAMETER,
    }
}

/// The network of a text; the error is printed.
pub fn network<T: Reports>(this: &mut T, method: &str, text: &GString) -> Option<IpNet> {
    let network = bans::network(&text.to_string());
    if let Err(error) = &network {
        this.report(method, error);
    }
    network.ok()
}

/// Networks as texts.
pub fn texts(networks: Vec<IpNet>) -> PackedStringArray {
    let texts = networks.into_iter().map(bans::text_of);
    texts.map(|text| GString::from(&text)).collect()
}
