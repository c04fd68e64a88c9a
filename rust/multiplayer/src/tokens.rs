//! STUB: w-adm's file takes its place.

#![allow(missing_docs)]

use enet_proto::Time;

/// One-use signed tokens.
#[derive(Debug)]
pub struct JoinTokens {
    issued: std::collections::BTreeMap<i32, Time>,
    last: i32,
}

impl JoinTokens {
    pub fn new(_key: [u8; 32]) -> Self {
        Self {
            issued: std::collections::BTreeMap::new(),
            last: 1,
        }
    }

    pub fn issue(&mut self, now: Time, lifetime: Time) -> i32 {
        self.last += 1;
        self.issued.insert(self.last, now + lifetime);
        self.last
    }

    pub fn check(&mut self, now: Time, token: i32) -> bool {
        self.issued.remove(&token).is_some_and(|until| now < until)
    }
}
