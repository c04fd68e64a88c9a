//! Whether the token of a client's next connection can be computed from its last one.
//!
//! The client's first token gives its generator's state away if a search of 2^32 states finds it. The
//! second token shows that the state is the right one.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::{Subject, honest};
use crate::{Cell, Played};

/// Outputs of a generator among which the second token is searched.
const NEXT: usize = 4;
const THREADS: u32 = 2;

/// SplitMix64 with a 32-bit seed: the first outputs.
fn split_mix(seed: u32) -> impl Iterator<Item = u32> {
    let mut state = u64::from(seed);
    std::iter::from_fn(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Some((mixed ^ (mixed >> 31)) as u32)
    })
}

/// Mulberry32, which the C library uses.
fn mulberry(seed: u32) -> impl Iterator<Item = u32> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_add(0x6D2B_79F5);
        let mut mixed = (state ^ (state >> 15)).wrapping_mul(state | 1);
        mixed ^= mixed.wrapping_add((mixed ^ (mixed >> 7)).wrapping_mul(mixed | 61));
        Some(mixed ^ (mixed >> 14))
    })
}

/// Whether some seed makes the first token, and later the second.
fn is_found<G: Iterator<Item = u32>>(generator: fn(u32) -> G, tokens: [u32; 2]) -> bool {
    let found = AtomicBool::new(false);
    thread::scope(|scope| {
        for part in 0..THREADS {
            let found = &found;
            scope.spawn(move || {
                for seed in (part..=u32::MAX).step_by(THREADS as usize) {
                    if seed & 0xF_FFFE == 0 && found.load(Ordering::Relaxed) {
                        return;
                    }
                    let mut numbers = generator(seed);
                    if numbers.next() == Some(tokens[0])
                        && numbers.take(NEXT).any(|number| number == tokens[1])
                    {
                        found.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
    });
    found.into_inner()
}

pub fn predict(subject: Subject) -> Played {
    if subject == Subject::Threaded {
        // The thread has no part in it.
        return Ok(Cell::none());
    }
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    let limit = Some(Duration::from_secs(15));
    socket
        .set_read_timeout(limit)
        .map_err(|error| error.to_string())?;
    let port = socket.local_addr().expect("bound").port();
    let _client = honest(subject.class(), port, &["tokens".to_owned()]);
    let mut tokens: Vec<[u8; 4]> = Vec::new();
    while tokens.len() < 2 {
        let mut bytes = [0; 4096];
        let size = socket.recv(&mut bytes).map_err(|_| "no second CONNECT")?;
        let token: [u8; 4] = bytes[44..48].try_into().expect("four bytes");
        if size >= 52 && !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    let begun = Instant::now();
    // The token is copied as it lies in the memory.
    let tokens = [tokens[0], tokens[1]];
    let mut is_predicted = false;
    for tokens in [
        tokens.map(u32::from_le_bytes),
        tokens.map(u32::from_be_bytes),
    ] {
        is_predicted = is_predicted
            || match subject {
                Subject::Stock => is_found(mulberry, tokens),
                _ => is_found(split_mix, tokens),
            };
    }
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Cell::new(
        match is_predicted {
            true => format!("known after {seconds:.1} s"),
            false => format!("not found in {seconds:.1} s"),
        },
        &[
            ("is_predicted", f64::from(u8::from(is_predicted))),
            ("seconds", seconds),
        ],
    ))
}
