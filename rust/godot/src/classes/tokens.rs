//! Class ENetJoinTokensRs: signed tokens with which clients may join once.

use std::time::SystemTime;

use enet_multiplayer::{JoinTokens, system_key};
use enet_proto::Time;
use godot::classes::RefCounted;
use godot::global::Error;
use godot::prelude::*;

use crate::report::Reports;

/// The longest lifetime of a token that can be chosen, and the default, in seconds.
const LONGEST_LIFETIME: f64 = 512.0;
const DEFAULT_LIFETIME: f64 = 60.0;
/// The range of the lifetime, for tools that list properties.
const LIFETIME_HINT: &str = "0.001,512,0.001,suffix:s";
/// Bytes of a key.
const KEY_SIZE: usize = 16;

/// Signed tokens, each of which lets one client join once.
///
/// A token is a number that fits into the 32 bits that a client sends when it connects, and that can be the id of a
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
/// Godot's own classes send a token with [code]connect_to_host(address, port, channels, token)[/code] of
/// [ENetConnection]; the id that [ENetMultiplayerPeer] sends is always random.
///
/// Anyone who can read the traffic can use a token first: encrypt the connection with
/// [member ENetMultiplayerPeerRs.use_dtls]. One guess in two million is right with lifetimes up to a minute: keep
/// lifetimes short, and the limits of [ENetLimitsRs] in place. A token is no password.
///
/// The object has a random key, so that only the object that issued a token accepts it. If another process issues the
/// tokens, give both objects the same secret with [method set_key]; the clocks of both computers have to agree.
#[derive(GodotClass)]
#[class(tool, init, base = RefCounted)]
pub struct ENetJoinTokensRs {
    base: Base<RefCounted>,
    #[init(val = JoinTokens::new(system_key(), Time::from_secs_f64(DEFAULT_LIFETIME)).as_issuer())]
    tokens: JoinTokens,
    /// The longest lifetime of a token, in seconds (more than 0, 512 at most, 60 by default). [method issue] takes no
    /// longer one, and [method check] accepts no token that ends later. A guess is right with a chance that grows with
    /// this number: one in two million with 60 seconds, one in 250000 with 512. An object that checks the
    /// tokens of another one needs the same number. Any other number prints an error and changes nothing.
    #[var(get = get_max_lifetime, set = set_max_lifetime, hint = RANGE, hint_string = LIFETIME_HINT)]
    max_lifetime: PhantomVar<f64>,
    #[init(val = DEFAULT_LIFETIME)]
    longest: f64,
}

#[godot_api]
impl ENetJoinTokensRs {
    /// See [member max_lifetime].
    #[func]
    fn get_max_lifetime(&self) -> f64 {
        self.longest
    }

    /// See [member max_lifetime].
    #[func]
    fn set_max_lifetime(&mut self, seconds: f64) {
        match lifetime(seconds, LONGEST_LIFETIME) {
            Some(longest) => {
                self.longest = seconds;
                self.tokens.set_longest(longest);
            }
            None => {
                let cause = format!(
                    "max_lifetime must be more than 0 and {LONGEST_LIFETIME} at most, not {seconds}"
                );
                self.report("set_max_lifetime", &cause);
            }
        }
    }

    /// Sets the secret key of the tokens: 16 bytes, for example of [method Crypto.generate_random_bytes]. Only one object
    /// may issue tokens under a key, and only one may check them. Choose a new key whenever either process starts.
    ///
    /// Tokens of the former key are no longer accepted. The key that the object has already changes nothing. Once the
    /// object has issued a token under the key, it accepts only tokens that it issued itself.
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_PARAMETER], with an error printed, for another number of bytes.
    #[func]
    fn set_key(&mut self, key: PackedByteArray) -> Error {
        match <[u8; KEY_SIZE]>::try_from(key.as_slice()) {
            Ok(key) => {
                if !self.tokens.has_key(&key) {
                    self.tokens = JoinTokens::new(key, Time::from_secs_f64(self.longest));
                }
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
    /// `lifetime_seconds` (more than 0, [member max_lifetime] at most), and up to four seconds longer.
    ///
    /// Returns 0 and prints an error for any other lifetime, and if some 16 tokens a second were issued for so long
    /// that no number is left.
    #[func]
    fn issue(&mut self, lifetime_seconds: f64) -> i64 {
        let Some(lifetime) = lifetime(lifetime_seconds, self.longest) else {
            let longest = self.longest;
            let cause = format!(
                "lifetime_seconds must be more than 0 and {longest} (max_lifetime) at most, not {lifetime_seconds}"
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

/// A lifetime of more than 0 and so many seconds at most.
fn lifetime(seconds: f64, longest: f64) -> Option<Time> {
    let lifetime = Time::try_from_secs_f64(seconds).ok();
    lifetime.filter(|_| seconds > 0.0 && seconds <= longest)
}

/// The time that processes on several computers share.
fn unix_time() -> Time {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    time.unwrap_or_default()
}

impl Reports for ENetJoinTokensRs {
    const NAME: &'static str = "ENetJoinTokensRs";
}
