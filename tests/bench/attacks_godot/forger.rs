//! A DTLS client that encrypts handshake messages of its own making after the handshake.
//!
//! The library encrypts no such messages, so the keys are derived once more: from the master secret, which
//! is in the serialized state, and the randoms, which are on the wire.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use rtc_crypto::providers::RingProvider;
use rtc_dtls::cipher_suite::{CipherSuite, CipherSuiteId, cipher_suite_for_id};
use rtc_dtls::config::ConfigBuilder;
use rtc_dtls::content::ContentType;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::record_layer::record_layer_header::{PROTOCOL_VERSION1_2, RecordLayerHeader};
use rtc_shared::TransportProtocol;

use crate::wire::{local, socket};

/// One less than a server takes of a client.
const RECORDS: u8 = 15;
const HANDSHAKE: u8 = 22;
/// Where the random is in a hello: after the record's header, the message's, and the version.
const RANDOM_AT: usize = 13 + 12 + 2;
const MASTER_SECRET_SIZE: usize = 48;
const PATIENCE: Duration = Duration::from_secs(2);

/// Shakes hands at 127.0.0.`last` and sends Certificates that claim 16 MiB; false if there is no session.
pub fn claim(last: u8, port: u16) -> bool {
    let (socket, to) = (socket(last), local(port));
    let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::new());
    let Ok(config) = ConfigBuilder::default()
        .with_crypto_provider(provider.clone())
        .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256])
        .with_insecure_skip_verify(true)
        .build(true, None)
    else {
        return false;
    };
    let own = SocketAddr::from(([0, 0, 0, 0], 0));
    let mut endpoint = Endpoint::new(own, TransportProtocol::UDP, None);
    let begun = Instant::now();
    if endpoint.connect(begun, to, Arc::new(config), None).is_err() {
        return false;
    }
    let (mut client_random, mut server_random) = (Vec::new(), Vec::new());
    let mut is_up = false;
    while !is_up && begun.elapsed() < PATIENCE {
        while let Some(message) = endpoint.poll_transmit() {
            note_random(&message.message, 1, &mut client_random);
            let _ = socket.send_to(&message.message, to);
        }
        let mut bytes = [0; 4096];
        while let Ok(size) = socket.recv(&mut bytes) {
            note_random(&bytes[..size], 2, &mut server_random);
            let data = BytesMut::from(&bytes[..size]);
            match endpoint.read(Instant::now(), to, None, data) {
                Ok(events) => {
                    is_up |= events
                        .iter()
                        .any(|event| matches!(event, EndpointEvent::HandshakeComplete));
                }
                Err(_) => return false,
            }
        }
        if endpoint.handle_timeout(to, Instant::now()).is_err() {
            return false;
        }
        thread::sleep(Duration::from_micros(300));
    }
    // What the library still has to send, ends the handshake for the server.
    while let Some(message) = endpoint.poll_transmit() {
        let _ = socket.send_to(&message.message, to);
    }
    let state = endpoint.get_connection_state(to);
    let Some(secret) = state.and_then(|state| state.marshal_binary().ok()) else {
        return false;
    };
    let suite = cipher_suite_for_id(CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256);
    let (true, Some(secret), Ok(mut suite)) = (is_up, secret.get(..MASTER_SECRET_SIZE), suite)
    else {
        return false;
    };
    if suite
        .init(provider, secret, &client_random, &server_random, true)
        .is_err()
    {
        return false;
    }
    for number in 0..RECORDS {
        let Some(record) = certificate(suite.as_mut(), number) else {
            return false;
        };
        let _ = socket.send_to(&record, to);
    }
    true
}

/// Keeps the random of a hello of this kind: 1 is the client's, 2 the server's.
fn note_random(datagram: &[u8], kind: u8, random: &mut Vec<u8>) {
    let is_hello = datagram.first() == Some(&HANDSHAKE) && datagram.get(13) == Some(&kind);
    if let Some(bytes) = datagram.get(RANDOM_AT..RANDOM_AT + 32).filter(|_| is_hello) {
        *random = bytes.to_vec();
    }
}

/// A record with a whole Certificate message of 6 bytes that claims a certificate of 16 MiB.
fn certificate(suite: &mut dyn CipherSuite, number: u8) -> Option<Vec<u8>> {
    // The client's messages before: two hellos, its key, Finished.
    let message = 4 + number;
    let content = [&[11, 0, 0, 6, 0, message, 0, 0, 0, 0, 0, 6][..], &[0xFF; 6]].concat();
    let header = RecordLayerHeader {
        content_type: ContentType::Handshake,
        protocol_version: PROTOCOL_VERSION1_2,
        epoch: 1,
        // Finished had number 0.
        sequence_number: 1 + u64::from(number),
        content_len: content.len() as u16,
    };
    let mut raw = Vec::new();
    header.marshal(&mut raw).ok()?;
    raw.extend(&content);
    suite.encrypt(&header, &raw).ok()
}
