//! A client that has keys, and breaks the protocol with them.

use std::sync::Mutex;

use rtc_crypto::providers::RingProvider;
use rtc_crypto::{
    ActiveKeyExchange, AeadAlgorithm, AeadCipher, CryptoAlgorithm, CryptoError, HashAlgorithm,
    HmacAlgorithm, KeyExchangeAlgorithm, Mac, PublicKey, RTCCrypto, RTCCryptoProvider, RTCRandom,
    SignatureScheme,
};
use rtc_dtls::endpoint::Endpoint;
use rtc_shared::TransportProtocol;

use super::*;
use crate::record::HANDSHAKE;

/// Ring, with a change in the client's Finished, and the key for records of the client's own.
#[derive(Default)]
struct Tampering {
    ring: RingProvider,
    /// Whether the proof in the Finished message is wrong.
    is_finished_wrong: bool,
    sealed_with: Arc<Mutex<Option<SealedWith>>>,
}

/// The key and the fixed part of the nonce of the last record.
#[derive(Clone)]
struct SealedWith {
    key: Vec<u8>,
    nonce: [u8; 4],
}

struct TamperingCipher {
    cipher: Box<dyn AeadCipher>,
    key: Vec<u8>,
    is_finished_wrong: bool,
    sealed_with: Arc<Mutex<Option<SealedWith>>>,
}

impl AeadCipher for TamperingCipher {
    fn tag_len(&self) -> usize {
        self.cipher.tag_len()
    }

    fn seal_in_place(
        &mut self,
        nonce: &[u8],
        aad: &[u8],
        bytes: &mut [u8],
        tag_out: &mut [u8],
    ) -> Result<(), CryptoError> {
        if self.is_finished_wrong && aad[8] == HANDSHAKE {
            *bytes.last_mut().expect("not empty") ^= 1;
        }
        *self.sealed_with.lock().expect("no panic") = Some(SealedWith {
            key: self.key.clone(),
            nonce: nonce[..4].try_into().expect("a nonce"),
        });
        self.cipher.seal_in_place(nonce, aad, bytes, tag_out)
    }

    fn open_in_place(
        &mut self,
        nonce: &[u8],
        aad: &[u8],
        bytes: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        self.cipher.open_in_place(nonce, aad, bytes, tag)
    }
}

impl RTCCryptoProvider for Tampering {
    fn name(&self) -> &'static str {
        "tampering"
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        self
    }

    fn random(&self) -> &dyn RTCRandom {
        self.ring.random()
    }
}

impl RTCCrypto for Tampering {
    fn supports(&self, algorithm: CryptoAlgorithm) -> bool {
        self.ring.crypto().supports(algorithm)
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.ring.crypto().hash(algorithm, data)
    }

    fn new_hmac(&self, algorithm: HmacAlgorithm, key: &[u8]) -> Result<Box<dyn Mac>, CryptoError> {
        self.ring.crypto().new_hmac(algorithm, key)
    }

    fn new_aead(
        &self,
        algorithm: AeadAlgorithm,
        key: &[u8],
    ) -> Result<Box<dyn AeadCipher>, CryptoError> {
        Ok(Box::new(TamperingCipher {
            cipher: self.ring.crypto().new_aead(algorithm, key)?,
            key: key.to_vec(),
            is_finished_wrong: self.is_finished_wrong,
            sealed_with: self.sealed_with.clone(),
        }))
    }

    fn start_key_exchange(
        &self,
        algorithm: KeyExchangeAlgorithm,
    ) -> Result<Box<dyn ActiveKeyExchange>, CryptoError> {
        self.ring.crypto().start_key_exchange(algorithm)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        public_key: PublicKey<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let ring = self.ring.crypto();
        ring.verify_signature(scheme, public_key, message, signature)
    }
}

/// The client, at the address of the usual one.
struct Hostile {
    endpoint: Endpoint,
    zero: Instant,
    sealed_with: Arc<Mutex<Option<SealedWith>>>,
    sequence: u64,
}

impl Hostile {
    fn new(is_finished_wrong: bool) -> Self {
        let provider = Tampering {
            is_finished_wrong,
            ..Tampering::default()
        };
        let sealed_with = provider.sealed_with.clone();
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::new(provider))
            .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
            .with_insecure_skip_verify(true)
            .build(true, None);
        let local = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut endpoint = Endpoint::new(local, TransportProtocol::UDP, None);
        let zero = Instant::now();
        let begun = endpoint.connect(zero, server_address(), Arc::new(config.expect("one")), None);
        begun.expect("begins");
        Self {
            endpoint,
            zero,
            sealed_with,
            sequence: 100,
        }
    }

    /// All datagrams arrive, there and back. Says how many the server sent.
    fn exchange(&mut self, server: &mut Dtls, now: Time) -> usize {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            server.receive(now, client_address(), &transmit.message, &mut |_, _| {});
        }
        server.service(now);
        let (mut datagram, mut sent) = (Vec::new(), 0);
        while server.next_datagram(&mut datagram).is_some() {
            sent += 1;
            let bytes = datagram.as_slice().into();
            // The client may fail; the server is tested.
            let _ = self
                .endpoint
                .read(self.zero + now, server_address(), None, bytes);
        }
        sent
    }

    /// A record as AES-GCM makes it, with the next sequence number.
    fn record(&mut self, content_type: u8, content: &[u8]) -> Vec<u8> {
        let with = self.sealed_with.lock().expect("no panic").clone();
        let SealedWith { key, nonce } = with.expect("has keys");
        self.sequence += 1;
        let mut number = self.sequence.to_be_bytes();
        number[1] = 1;
        let mut additional = number.to_vec();
        additional.extend([content_type, 254, 253]);
        let mut bytes = vec![content_type, 254, 253];
        bytes.extend(number);
        bytes.extend((content.len() as u16 + 8 + 16).to_be_bytes());
        additional.extend((content.len() as u16).to_be_bytes());
        let crypto = RingProvider::new();
        let cipher = (crypto.crypto()).new_aead(AeadAlgorithm::Aes128Gcm, &key);
        let (mut sealed, mut tag) = (content.to_vec(), [0; 16]);
        let nonce = [&nonce[..], &number].concat();
        let done =
            (cipher.expect("a cipher")).seal_in_place(&nonce, &additional, &mut sealed, &mut tag);
        done.expect("sealed");
        [bytes, number.to_vec(), sealed, tag.to_vec()].concat()
    }
}

/// Certificates that claim 16 MiB, each of which the library would allocate. It takes a handshake message within a
/// session for a retransmission, and answers with its last flight.
#[test]
fn encrypted_certificates_do_not_reach_the_library() {
    let mut ends = Ends::new();
    let mut hostile = Hostile::new(false);
    for _ in 0..4 {
        hostile.exchange(&mut ends.server, ends.now);
    }
    assert_eq!(ends.server.sessions().ready, 1);
    for number in 4..8 {
        let mut certificate = vec![11, 0, 0, 12, 0, number, 0, 0, 0, 0, 0, 12];
        certificate.extend([255, 255, 255, 255, 255, 250, 0, 0, 0, 0, 0, 0]);
        assert_eq!(certificate.len(), 24);
        let record = hostile.record(HANDSHAKE, &certificate);
        let server = &mut ends.server;
        server.receive(ends.now, client_address(), &record, &mut |_, _| {});
        assert_eq!(server.next_datagram(&mut Vec::new()), None, "{number}");
    }
    // The records were genuine: data in such a one arrives.
    let record = hostile.record(23, b"data");
    let mut received = Vec::new();
    let plain = &mut |_, bytes: &[u8]| received.extend_from_slice(bytes);
    (ends.server).receive(ends.now, client_address(), &record, plain);
    assert_eq!(received, b"data");
}

#[test]
fn a_retransmitted_finished_is_answered() {
    let mut ends = Ends::new();
    let mut hostile = Hostile::new(false);
    for _ in 0..4 {
        hostile.exchange(&mut ends.server, ends.now);
    }
    let mut finished = vec![20, 0, 0, 12, 0, 3, 0, 0, 0, 0, 0, 12];
    finished.extend([7; 12]);
    let record = hostile.record(HANDSHAKE, &finished);
    (ends.server).receive(ends.now, client_address(), &record, &mut |_, _| {});
    assert!(ends.server.next_datagram(&mut Vec::new()).is_some());
}

#[test]
fn a_client_with_a_wrong_finished_gets_no_session() {
    let mut ends = Ends::new();
    let mut hostile = Hostile::new(true);
    for _ in 0..4 {
        hostile.exchange(&mut ends.server, ends.now);
    }
    let sessions = ends.server.sessions();
    assert_eq!(
        (sessions.ready, sessions.pending, sessions.failed),
        (0, 0, 1)
    );
    let Some(DtlsEvent::Failed(failed)) = ends.server.next_event() else {
        panic!("no failure");
    };
    let HandshakeError::Protocol(text) = failed.reason else {
        panic!("{:?}", failed.reason);
    };
    assert!(text.contains("Finished message is wrong"), "{text}");
}

/// A session lives on until another client at its address has proved itself.
#[test]
fn a_handshake_without_proof_ends_no_session() {
    let mut ends = Ends::ready();
    let mut hostile = Hostile::new(true);
    for _ in 0..4 {
        hostile.exchange(&mut ends.server, ends.now);
    }
    assert_eq!(ends.server.sessions().failed, 1);
    let event = ends.server.next_event();
    assert!(matches!(event, Some(DtlsEvent::Failed(_))), "{event:?}");
    assert_eq!(ends.server.next_event(), None);
    assert!(ends.works());
}

/// The old session has its data while a new handshake is under way, however much it is, and the new handshake is
/// not charged for it.
#[test]
fn data_of_a_session_is_no_part_of_a_new_handshake() {
    let mut ends = Ends::ready();
    let mut other = Hostile::new(false);
    for _ in 0..2 {
        other.exchange(&mut ends.server, ends.now);
    }
    assert_eq!(ends.server.sessions().pending, 1);
    for _ in 0..1000 {
        assert!(ends.works());
    }
    let sessions = ends.server.sessions();
    assert_eq!(
        (sessions.ready, sessions.pending, sessions.failed),
        (1, 1, 0)
    );
    for _ in 0..2 {
        other.exchange(&mut ends.server, ends.now);
    }
    let mut events = std::iter::from_fn(|| ends.server.next_event());
    assert_eq!(events.next(), Some(DtlsEvent::Ended(client_address())));
    assert_eq!(events.next(), Some(DtlsEvent::Ready(client_address())));
    assert!(!ends.works());
}
