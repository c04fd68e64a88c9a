//! Join tokens for one use, signed, in the 31 bits that a Godot client has as its id.
//!
//! A game's own service, which knows the player, issues a token and gives it to the client over a channel of the
//! game's, such as HTTPS. The client connects with the token as its unique id, which a stock client can do as well.
//! The game server checks the token before it lets the client in. Issuer and checker share a key and a clock, and
//! nothing else; one of the two may be the other.
//!
//! A token has 8 bits of the time at which it ends, 6 bits of a number, and 17 bits of a code of both under the key.
//! Whoever does not know the key finds a valid token with a chance of 1 in 131,072 for each attempt, times the share
//! of the times that are valid: with lifetimes of a minute at most, 1 in two million. At 50 attempts a second, which
//! a host allows each address, that takes twelve hours on average. A token is no password: it makes joining unasked
//! expensive, and a session that matters still has to authenticate its players.

use std::collections::BTreeMap;

use enet_proto::Time;
use siphasher::sip128::SipHasher24;

/// Seconds that share an end.
const SLOT_SECONDS: u64 = 4;
const SLOT_BITS: u32 = 8;
const NUMBER_BITS: u32 = 6;
const CODE_BITS: u32 = 31 - SLOT_BITS - NUMBER_BITS;
/// Tokens that end at the same time, at most.
const NUMBERS: u8 = 1 << NUMBER_BITS;
/// The longest lifetime, in slots. A longer one could be taken for one that is over.
const MAX_SLOTS: u64 = (1 << SLOT_BITS) / 2;
/// Ids that no client can have: 0 and the server's.
const RESERVED: u32 = 2;

/// Issues and checks join tokens. Memory is bounded: some bytes for each four seconds of the longest lifetime.
#[derive(Debug)]
pub struct JoinTokens {
    key: [u8; 16],
    longest: u64,
    /// Numbers given out for each end to come.
    issued: BTreeMap<u64, u8>,
    /// Numbers used, a bit for each, for each end to come.
    used: BTreeMap<u64, u64>,
    /// Whether no one else issues tokens under the key, so that only numbers in `issued` are valid.
    is_issuer: bool,
}

impl JoinTokens {
    /// Tokens under a random, secret key. No token lives longer than `longest`, which is 512 seconds at most: the
    /// shorter, the fewer are valid at a time. One issuer uses a key, or tokens of two may be equal.
    pub fn new(key: [u8; 16], longest: Time) -> Self {
        Self {
            key,
            longest: slots(longest).min(MAX_SLOTS),
            issued: BTreeMap::new(),
            used: BTreeMap::new(),
            is_issuer: false,
        }
    }

    /// Accepts only tokens that this object issued, also before it has issued one. The key is known to no one else.
    pub fn as_issuer(mut self) -> Self {
        self.is_issuer = true;
        self
    }

    /// Whether this is the key.
    pub fn has_key(&self, key: &[u8; 16]) -> bool {
        self.key == *key
    }

    /// Chooses the longest lifetime of tokens, 512 seconds at most. Tokens that live longer are no longer valid.
    pub fn set_longest(&mut self, longest: Time) {
        self.longest = slots(longest).min(MAX_SLOTS);
    }

    /// A token that is valid for `lifetime`, and up to four seconds longer. `None` if 64 tokens were issued for each
    /// of the ends from there to the longest lifetime. `now` is the time since an epoch that issuer and checker
    /// share, for example of Unix.
    pub fn issue(&mut self, now: Time, lifetime: Time) -> Option<i32> {
        let first = slot(now);
        self.is_issuer = true;
        self.forget_before(first);
        let last = first + self.longest;
        let mut end = slot(now.saturating_add(lifetime)).min(last);
        loop {
            let number = self.issued.entry(end).or_default();
            if *number < NUMBERS {
                let token = token(&self.key, end, *number);
                *number += 1;
                if token >= RESERVED {
                    return i32::try_from(token).ok();
                }
            } else if end < last {
                end += 1;
            } else {
                return None;
            }
        }
    }

    /// Whether a token is valid and used for the first time.
    pub fn check(&mut self, now: Time, token: i32) -> bool {
        let first = slot(now);
        self.forget_before(first);
        let Ok(bits) = u32::try_from(token) else {
            return false;
        };
        let slot_mask = (1 << SLOT_BITS) - 1;
        let shown = u64::from(bits >> (31 - SLOT_BITS));
        let end = first + (shown.wrapping_sub(first) & slot_mask);
        let number = (bits >> CODE_BITS) as u8 & (NUMBERS - 1);
        let is_right = bits >= RESERVED && bits == self::token(&self.key, end, number);
        let is_unissued =
            self.is_issuer && number >= self.issued.get(&end).copied().unwrap_or_default();
        if !is_right || end - first > self.longest || is_unissued {
            return false;
        }
        let used = self.used.entry(end).or_default();
        let is_first = *used >> number & 1 == 0;
        *used |= 1 << number;
        is_first
    }

    fn forget_before(&mut self, first: u64) {
        self.issued = self.issued.split_off(&first);
        self.used = self.used.split_off(&first);
    }
}

/// The token of an end and a number.
fn token(key: &[u8; 16], end: u64, number: u8) -> u32 {
    let mut message = [number; 9];
    message[..8].copy_from_slice(&end.to_be_bytes());
    let code = SipHasher24::new_with_key(key).hash(&message).h1 as u32 & ((1 << CODE_BITS) - 1);
    let shown = end as u32 & ((1 << SLOT_BITS) - 1);
    shown << (31 - SLOT_BITS) | u32::from(number) << CODE_BITS | code
}

fn slot(time: Time) -> u64 {
    time.as_secs() / SLOT_SECONDS
}

/// The most slots between a moment and one that is so much later.
fn slots(duration: Time) -> u64 {
    let is_cut = duration.subsec_nanos() > 0;
    (duration.as_secs().saturating_add(is_cut.into())).div_ceil(SLOT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Time = Time::from_secs(60);
    const NOW: Time = Time::from_secs(1_800_000_001);

    fn pair() -> (JoinTokens, JoinTokens) {
        let tokens = || JoinTokens::new([7; 16], MINUTE);
        (tokens(), tokens())
    }

    #[test]
    fn a_token_is_valid_once_until_it_ends_and_under_its_key() {
        let (mut issuer, mut checker) = pair();
        let mut issue = || issuer.issue(NOW, Time::from_secs(20)).expect("a token");
        let (first, second, third) = (issue(), issue(), issue());
        assert!(first >= 2 && first != second);
        assert!(checker.check(NOW, first) && !checker.check(NOW, first));
        assert!(checker.check(NOW + Time::from_secs(20), second));
        assert!(!checker.check(NOW + Time::from_secs(26), third));
        assert!(!JoinTokens::new([8; 16], MINUTE).check(NOW, third));
        assert!(
            !JoinTokens::new([7; 16], Time::from_secs(8)).check(NOW, third),
            "too long"
        );
        for wrong in [
            0,
            1,
            -1,
            i32::MIN,
            third ^ 1,
            third ^ (1 << 30),
            third ^ (1 << 18),
        ] {
            assert!(!checker.check(NOW, wrong), "{wrong}");
        }
        assert!(checker.check(NOW, third));
    }

    #[test]
    fn a_token_is_valid_for_its_lifetime_and_four_seconds_more_at_most() {
        let (mut issuer, mut checker) = pair();
        for start in (0..4000).step_by(50) {
            for lifetime in [1, 900, 1000, 3999, 4000, 59_999, 60_000] {
                let now = NOW + Time::from_millis(start);
                let end = now + Time::from_millis(lifetime);
                let mut issue = || issuer.issue(now, end - now).expect("a token");
                let (first, second) = (issue(), issue());
                assert!(checker.check(end, first), "{lifetime} ms from {start}");
                let late = end + Time::from_secs(4);
                assert!(!checker.check(late, second), "{lifetime} ms from {start}");
                (issuer, checker) = pair();
            }
        }
    }

    #[test]
    fn an_issuer_accepts_only_what_it_issued() {
        let (mut other, mut issuer) = pair();
        let first = other.issue(NOW, MINUTE).expect("a token");
        let second = other.issue(NOW, MINUTE).expect("a token");
        assert_eq!(issuer.issue(NOW, MINUTE), Some(first));
        assert!(issuer.check(NOW, first) && !issuer.check(NOW, second));
        let mut alone = JoinTokens::new([7; 16], MINUTE).as_issuer();
        assert!(!alone.check(NOW, second));
        assert!(alone.has_key(&[7; 16]) && !alone.has_key(&[8; 16]));
    }

    #[test]
    fn a_shorter_longest_lifetime_makes_tokens_invalid() {
        let (mut issuer, mut checker) = pair();
        let token = issuer.issue(NOW, MINUTE).expect("a token");
        checker.set_longest(Time::from_secs(30));
        assert!(!checker.check(NOW, token));
        checker.set_longest(MINUTE);
        assert!(checker.check(NOW, token));
    }

    #[test]
    fn many_tokens_at_once_end_later_and_are_bounded() {
        let (mut issuer, mut checker) = pair();
        let issued: Vec<i32> = std::iter::from_fn(|| issuer.issue(NOW, MINUTE / 2)).collect();
        // From the seventh end to the fifteenth.
        assert_eq!(issued.len(), 9 * usize::from(NUMBERS));
        assert!(issued.iter().all(|&token| checker.check(NOW, token)));
        assert!(issued.iter().all(|&token| !checker.check(NOW, token)));
        assert!(checker.used.len() == 9 && issuer.issued.len() == 9);
        let later = NOW + MINUTE * 2;
        assert!(issuer.issue(later, MINUTE).is_some() && !checker.check(later, 5));
        assert!(checker.used.is_empty() && issuer.issued.len() == 1);
    }

    /// Of four million guesses about two are right.
    #[test]
    fn a_guess_is_right_once_in_two_million() {
        let (_, mut checker) = pair();
        let guesses = (2..i32::MAX).step_by(509);
        let right = guesses.filter(|&guess| checker.check(NOW, guess)).count();
        assert!((1..=10).contains(&right), "{right}");
    }
}
