//! A game server as Agones knows it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Names;

/// Agones' limits for reports of health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// A report is due in each such time.
    pub period: Duration,
    /// So many missing ones make the server unhealthy.
    pub failure_threshold: u32,
    /// The first one is due this much later.
    pub initial_delay: Duration,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            period: Duration::from_secs(5),
            failure_threshold: 3,
            initial_delay: Duration::from_secs(5),
        }
    }
}

/// See the module's head.
#[derive(Debug)]
pub struct State {
    /// The state: Scheduled, Ready, Allocated, Reserved, Shutdown, Unhealthy.
    pub state: String,
    /// The server's name.
    pub name: String,
    /// The address that players get.
    pub address: String,
    /// The port that players get.
    pub port: u16,
    /// Labels that the game set, without their prefix.
    pub labels: Names,
    /// Annotations, also those that others set.
    pub annotations: Names,
    /// Counts and capacities.
    pub counters: BTreeMap<String, (i64, i64)>,
    /// Values and capacities.
    pub lists: BTreeMap<String, (Vec<String>, i64)>,
    /// The limits of health.
    pub health: Health,
    /// Reports of health so far, and the time of the last one.
    pub reports: u64,
    /// The longest time between two reports.
    pub longest_silence: Duration,
    /// Every request, in its order.
    pub requests: Vec<String>,
    /// Prints each request.
    pub is_verbose: bool,
    /// Requests that end an SDK server.
    pub crashes: u64,
    /// A listener is not told the present state, as by older SDK servers.
    pub is_quiet: bool,
    /// Listeners are not told anything any more.
    pub is_deaf: bool,
    pub(crate) is_closed: bool,
    pub(crate) reserved_until: Option<Instant>,
    began: Instant,
    last_report: Option<Instant>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            state: "Scheduled".to_owned(),
            name: "test-server".to_owned(),
            address: "127.0.0.1".to_owned(),
            port: 24565,
            labels: Names::new(),
            annotations: Names::new(),
            counters: BTreeMap::new(),
            lists: BTreeMap::new(),
            health: Health::default(),
            reports: 0,
            longest_silence: Duration::ZERO,
            requests: Vec::new(),
            is_verbose: false,
            crashes: 0,
            is_quiet: false,
            is_deaf: false,
            is_closed: false,
            reserved_until: None,
            began: Instant::now(),
            last_report: None,
        }
    }
}

impl State {
    /// A server that does not exist any more can do nothing.
    pub fn has_ended(&self) -> bool {
        matches!(self.state.as_str(), "Shutdown" | "Unhealthy")
    }

    /// Goes on to the present time: reservations end, and servers without reports become unhealthy.
    pub fn advance(&mut self, now: Instant) {
        if self.state == "Reserved" && self.reserved_until.is_some_and(|end| now >= end) {
            self.state = "Ready".to_owned();
            self.reserved_until = None;
        }
        let Health {
            period,
            failure_threshold,
            initial_delay,
        } = self.health;
        let since = self.last_report.unwrap_or(self.began + initial_delay);
        if !self.has_ended() && now.saturating_duration_since(since) > period * failure_threshold {
            self.state = "Unhealthy".to_owned();
            self.note("unhealthy");
        }
    }

    pub(crate) fn report(&mut self, now: Instant) {
        if let Some(last) = self.last_report.replace(now) {
            self.longest_silence = self.longest_silence.max(now.duration_since(last));
        }
        self.reports += 1;
    }

    pub(crate) fn note(&mut self, what: &str) {
        if self.is_verbose && !what.starts_with("POST /health") {
            println!("{what}");
        }
        self.requests.push(what.to_owned());
    }

    /// The game server as the SDK shows it.
    pub fn game_server(&self) -> Value {
        let with_prefix = |names: &Names| -> Value {
            names
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect()
        };
        let counters: serde_json::Map<_, _> = (self.counters.iter())
            .map(|(name, (count, capacity))| {
                (
                    name.clone(),
                    json!({ "count": count.to_string(), "capacity": capacity.to_string() }),
                )
            })
            .collect();
        let lists: serde_json::Map<_, _> = (self.lists.iter())
            .map(|(name, (values, capacity))| {
                (
                    name.clone(),
                    json!({ "values": values, "capacity": capacity.to_string() }),
                )
            })
            .collect();
        json!({
            "object_meta": {
                "name": self.name,
                "namespace": "default",
                "uid": "00000000-0000-0000-0000-000000000001",
                "labels": with_prefix(&self.labels),
                "annotations": with_prefix(&self.annotations),
            },
            "spec": { "health": {
                "disabled": false,
                "period_seconds": self.health.period.as_secs(),
                "failure_threshold": self.health.failure_threshold,
                "initial_delay_seconds": self.health.initial_delay.as_secs(),
            } },
            "status": {
                "state": self.state,
                "address": self.address,
                "ports": [{ "name": "default", "port": self.port }],
                "counters": counters,
                "lists": lists,
            },
        })
    }
}
