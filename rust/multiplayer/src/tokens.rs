//! STUB: w-adm's file takes its place.

#![allow(missing_docs)]

use std::collections::BTreeMap;

use enet_proto::Time;

/// One-use signed tokens.
#[derive(Debug)]
pub struct JoinTokens {
    issued: BTreeMap<i32, Time>,
    last: i32,
}

impl JoinTokens {
    pub fn new(key: [u8; 16], _longest: Time) -> Self {
        Self {
            issued: BTreeMap::new(),
            last: i32::from(key[0]) << 16 | 2,
        }
    }

    pub fn issue(&mut self, now: Time, lifetime: Time) -> Option<i32> {
        self.last += 1;
        self.issued.insert(self.last, now + lifetime);
        Some(self.last)
    }

    pub fn check(&mut self, now: Time, token: i32) -> bool {
        self.issued.remove(&token).is_some_and(|until| now < until)
    }
}
