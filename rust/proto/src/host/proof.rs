//! A stateless proof that a connector receives what is sent to its address.
//!
//! A client of ours appends a proof to its CONNECT, at first random bytes. A host under pressure answers a wrong
//! one with the right one, and keeps nothing: the answer reaches only a client that did not forge its address,
//! and the client repeats its CONNECT with it. Other hosts ignore both: the proof stands where C ends the
//! datagram, behind a command with number 0. The answer is shorter than the CONNECT.

use std::net::{IpAddr, SocketAddr};

use siphasher::sip128::SipHasher24;

use crate::wire::PROOF_SIZE;

/// Milliseconds after which proofs change. The last ones are still valid.
const EPOCH: u64 = 16_000;

/// The proofs of a host: codes of address and token under a random key.
pub struct Proofs {
    key: [u8; 16],
}

impl Proofs {
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// The proof for a connector.
    pub fn of(&self, from: SocketAddr, token: u32, now: u64) -> [u8; PROOF_SIZE] {
        self.in_epoch(from, token, now / EPOCH)
    }

    /// Whether a connector's proof is valid.
    pub fn is_valid(
        &self,
        proof: &[u8; PROOF_SIZE],
        from: SocketAddr,
        token: u32,
        now: u64,
    ) -> bool {
        let epoch = now / EPOCH;
        let mut epochs = [Some(epoch), epoch.checked_sub(1)].into_iter().flatten();
        epochs.any(|epoch| {
            let right = self.in_epoch(from, token, epoch);
            // Without a branch that depends on how many bytes are right.
            let differences = right.iter().zip(proof).map(|(a, b)| a ^ b);
            differences.fold(0, |all, difference| all | difference) == 0
        })
    }

    fn in_epoch(&self, from: SocketAddr, token: u32, epoch: u64) -> [u8; PROOF_SIZE] {
        let ip = match from.ip().to_canonical() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        let mut message = [0; 30];
        message[..16].copy_from_slice(&ip.octets());
        message[16..18].copy_from_slice(&from.port().to_be_bytes());
        message[18..22].copy_from_slice(&token.to_be_bytes());
        message[22..].copy_from_slice(&epoch.to_be_bytes());
        SipHasher24::new_with_key(&self.key)
            .hash(&message)
            .as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_of_one_address_token_and_time() {
        let proofs = Proofs::new([7; 16]);
        let from: SocketAddr = ([10, 0, 0, 1], 9).into();
        let proof = proofs.of(from, 5, 100_000);
        assert!(proofs.is_valid(&proof, from, 5, 100_000));
        assert!(proofs.is_valid(&proof, from, 5, 100_000 + EPOCH));
        assert!(!proofs.is_valid(&proof, from, 5, 100_000 + 2 * EPOCH));
        assert!(!proofs.is_valid(&proof, from, 6, 100_000));
        for other in [([10, 0, 0, 2], 9), ([10, 0, 0, 1], 10)] {
            assert!(!proofs.is_valid(&proof, other.into(), 5, 100_000));
        }
        assert!(!Proofs::new([8; 16]).is_valid(&proof, from, 5, 100_000));
        assert!(!proofs.is_valid(&[0; PROOF_SIZE], from, 5, 0));
    }
}
