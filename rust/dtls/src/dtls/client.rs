//! The connecting side: attempts, and the check of the server's certificate.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use rtc_dtls::config::HandshakeConfig;
use rtc_shared::error::Error;
use rustls::pki_types::UnixTime;

use super::{Dtls, Role, SWEEP_INTERVAL, config_builder};
use crate::Time;
use crate::error::HandshakeError;
use crate::provider::Provider;
use crate::session::{Rejection, SLOW_HANDSHAKE, Session};
use crate::verify::Verification;

impl Dtls {
    /// Starts a handshake with a server, unless there is one or a session already. Returns true if there
    /// is a session, so that datagrams can be sent at once. On a server this method starts nothing.
    pub fn connect(&mut self, now: Time, to: SocketAddr) -> bool {
        if self.ready.contains_key(&to) {
            return true;
        }
        if !self.is_client() {
            return false;
        }
        // A new attempt does not inherit an old handshake: it asks rarely by now, and can be one that a server which has
        // restarted does not know.
        let latest = now.saturating_sub(SLOW_HANDSHAKE);
        let is_old = |session: &Session| session.has_begun_before(latest);
        if self.pending.get(&to).is_some_and(is_old)
            && let Some(mut old) = self.pending.remove(&to)
        {
            old.close(now, &mut self.outgoing);
        }
        if !self.pending.contains_key(&to) {
            self.attempt(to, now);
        }
        false
    }

    /// Starts a client's handshake.
    fn attempt(&mut self, to: SocketAddr, now: Time) {
        let Role::Client(verification) = &self.role else {
            return;
        };
        let rejection = Rejection::default();
        let session = config(&self.provider, verification, &rejection)
            .and_then(|config| Session::connect(to, self.zero, now, config, rejection));
        match session {
            Ok(mut session) => {
                session.drain(now, &mut self.outgoing);
                if self.next_sweep().is_none() {
                    self.last_sweep = now;
                }
                self.pending.insert(to, session);
                self.timer = Some(now);
            }
            Err(reason) => self.fail(to, reason),
        }
    }

    /// Ends the handshakes of a client whose ENet peers have given up. The addresses of `in_use` may be older than a
    /// handshake that has just begun.
    pub(super) fn sweep_attempts(&mut self, now: Time, in_use: &[(SocketAddr, bool)]) {
        if !self.is_client() || self.pending.is_empty() {
            return;
        }
        let latest = now.saturating_sub(SWEEP_INTERVAL);
        self.pending.retain(|address, session| {
            let is_used = in_use.iter().any(|(used, _)| used == address);
            let goes_on = is_used || !session.has_begun_before(latest);
            if !goes_on {
                session.close(now, &mut self.outgoing);
            }
            goes_on
        });
    }
}

/// Settings of one handshake: its certificate check writes the reason for a refusal to `rejection`.
fn config(
    provider: &Arc<Provider>,
    verification: &Verification,
    rejection: &Rejection,
) -> Result<Arc<HandshakeConfig>, HandshakeError> {
    let (verification, rejection) = (verification.clone(), rejection.clone());
    let check = move |chain: &[Vec<u8>], _: &[_]| {
        verification
            .check(chain, UnixTime::now())
            .map_err(|reason| {
                let text = reason.to_string();
                *rejection.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                Error::Other(text)
            })
    };
    let config = config_builder(provider)
        // The library's own verifier rejects self-signed certificates, so `check` replaces it.
        .with_insecure_skip_verify(true)
        .with_verify_peer_certificate(Some(Arc::new(check)))
        .build(true, None)
        .map_err(|error| HandshakeError::Protocol(error.to_string()))?;
    Ok(Arc::new(config))
}
