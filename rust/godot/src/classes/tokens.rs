//! Class ENetJoinTokensRs: signed tokens with which clients may join once.

use enet_multiplayer::tokens::JoinTokens;
use enet_proto::Time;
use godot::classes::RefCounted;
use godot::prelude::*;

use crate::clock;
use crate::report::Reports;

/// Longest lifetime of a token, in seconds.
const MAX_LIFETIME: f64 = 3600.0;

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
/// limits of [ENetLimitsRs] in place. The tokens are lost with the object.
#[derive(GodotClass)]
#[class(tool, init, base = RefCounted)]
pub struct ENetJoinTokensRs {
    base: Base<RefCounted>,
    #[init(val = JoinTokens::new(clock::key()))]
    tokens: JoinTokens,
}

#[godot_api]
impl ENetJoinTokensRs {
    /// Returns a new token, a number of 2 to 2147483647, which [method check] accepts once within the next
    /// `lifetime_seconds` (more than 0, 3600 at most).
    ///
    /// Returns 0 and prints an error for any other lifetime.
    #[func]
    fn issue(&mut self, lifetime_seconds: f64) -> i64 {
        let lifetime = Time::try_from_secs_f64(lifetime_seconds).ok();
        match lifetime.filter(|_| lifetime_seconds > 0.0 && lifetime_seconds <= MAX_LIFETIME) {
            Some(lifetime) => self.tokens.issue(clock::now(), lifetime).into(),
            None => {
                let cause = format!(
                    "lifetime_seconds must be more than 0 and {MAX_LIFETIME} at most, not {lifetime_seconds}"
                );
                self.report("issue", &cause);
                0
            }
        }
    }

    /// Returns [code]true[/code] if this object issued `token`, its time has not passed, and nobody has used it. From
    /// then on the token is used.
    #[func]
    fn check(&mut self, token: i64) -> bool {
        i32::try_from(token).is_ok_and(|token| self.tokens.check(clock::now(), token))
    }
}

impl Reports for ENetJoinTokensRs {
    const NAME: &'static str = "ENetJoinTokensRs";
}
