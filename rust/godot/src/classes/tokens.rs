//! Class ENetJoinTokensRs: signed tokens with which clients may join once.

use std::time::SystemTime;

use enet_multiplayer::{JoinTokens, system_key};
use enet_proto::Time;
use godot::classes::RefCounted;
use godot::global::Error;
use godot::prelude::*;

use crate::report::Reports;

/// Longest lifetime of a token, in seconds.
const MAX_LIFETIME: f64 = 512.0;
const LONGEST: Time = Time::from_secs(512);
/// Bytes of a key.
const KEY_SIZE: usize = 16;

/// Signed tokens, each of which lets one client join once.
///
/// A token is a number that fits into the 32 bits that a client shows when it connects, and that can be the id of a
/// client. So only those who got a token from this object can join a server whose
/// [member ENetMultiplayerPeerRs.join_filter] asks for one:
///
/// ```gdscript
/// # On the server.
/// var tokens := ENetJoinTokensRs.new()
/// peer.join_filter = func(newcomer: Dictionary) -> bool: return tokens.check(newcomer.data)
///
/// # In the answer to a player who logged in, for example over HTTPS.
/// var token := tokens.issue(30.0)
///
/// # On the client, before create_client.
/// peer.connect_id = token
/// ```
///
/// Godot's own classes show a token with [code]connect_to_host(address, port, channels, token)[/code] of
/// [ENetConnection]; the id that [ENetMultiplayerPeer] shows is always random.
///
/// Who reads the traffic can use a token before its owner does: encrypt it with
/// [member ENetMultiplayerPeerRs.use_dtls]. 32 bits keep nobody from guessing for ever: keep lifetimes short, and the
/// limits of [ENetLimitsRs] in place. A token is no password.
///
/// The object has a random key, so that only the object that issued a token accepts it. If another process issues the
/// tokens, give both objects the same secret with [method set_key]; the clocks of both computers have to agree.
#[derive(GodotClass)]
#[class(tool, init, base = RefCounted)]
pub struct ENetJoinTokensRs {
    base: Base<RefCounted>,
    #[init(val = JoinTokens::new(system_key(), LONGEST))]
    tokens: JoinTokens,
}

#[godot_api]
impl ENetJoinTokensRs {
    /// Sets the secret key of the tokens: 16 bytes, for example of [method Crypto.generate_random_bytes]. One object
    /// issues tokens under a key, and one checks them. Tokens of the former key are no longer accepted.
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_PARAMETER], with an error printed, for another number of bytes.
    #[func]
    fn set_key(&mut self, key: PackedByteArray) -> Error {
        match <[u8; KEY_SIZE]>::try_from(key.as_slice()) {
            Ok(key) => {
                self.tokens = JoinTokens::new(key, LONGEST);
                Error::OK
            }
            Err(_) => {
                let cause = format!("the key must have {KEY_SIZE} bytes, not {}", key.len());
                self.report("set_key", &cause);
                Error::ERR_INVALID_PARAMETER
            }
        }
    }

    /// Returns a new token, a number of 2 to 2147483647, which [method check] accepts once within the next
    /// `lifetime_seconds` (more than 0, 512 at most), and up to four seconds longer.
    ///
    /// Returns 0 and prints an error for any other lifetime, and if some 16 tokens a second were issued for so long
    /// that no number is left.
    #[func]
    fn issue(&mut self, lifetime_seconds: f64) -> i64 {
        let lifetime = Time::try_from_secs_f64(lifetime_seconds).ok();
        let lifetime =
            lifetime.filter(|_| lifetime_seconds > 0.0 && lifetime_seconds <= MAX_LIFETIME);
        let Some(lifetime) = lifetime else {
            let cause = format!(
                "lifetime_seconds must be more than 0 and {MAX_LIFETIME} at most, not {lifetime_seconds}"
            );
            self.report("issue", &cause);
            return 0;
        };
        let token = self.tokens.issue(unix_time(), lifetime);
        if token.is_none() {
            self.report("issue", &"too many tokens are valid at the same time");
        }
        token.map_or(0, i64::from)
    }

    /// Returns [code]true[/code] if `token` was issued under this object's key, its time has not passed, and this object
    /// has not accepted it before.
    #[func]
    fn check(&mut self, token: i64) -> bool {
        i32::try_from(token).is_ok_and(|token| self.tokens.check(unix_time(), token))
    }
}

/// The time that processes on several computers share.
fn unix_time() -> Time {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    time.unwrap_or_default()
}

impl Reports for ENetJoinTokensRs {
    const NAME: &'static str = "ENetJoinTokensRs";
}
