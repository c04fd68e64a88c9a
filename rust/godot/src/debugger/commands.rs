//! What the editor asks of hosts: to record their datagrams, and to simulate a bad network. Whatever a method of ours
//! would print an error for is ignored here.

use enet_multiplayer::simulation::{SharedSimulation, SimulationSettings};
use godot::obj::InstanceId;
use godot::prelude::*;

use super::agent;
use super::events::{self, Kind};
use crate::classes::simulation::ENetSimulationRs;

/// The longest spike and the longest cut, as the methods of the classes have them.
const MAX_SPIKE_MILLIS: f64 = 60_000.0;
const MAX_CUT_SECONDS: f64 = 3600.0;
/// More settings than there are, and longer names than they have.
const MOST_SETTINGS: usize = 64;
const LONGEST_NAME: usize = 64;

/// A finite number that an editor sent.
pub fn number(value: &Variant) -> Option<f64> {
    let number = match value.get_type() {
        VariantType::INT => value.try_to::<i64>().ok()? as f64,
        VariantType::FLOAT => value.try_to::<f64>().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// `[object, on]`
pub fn record(data: &VarArray) {
    if let (Some(object), Some(is_on)) = (argument::<i64>(data, 0), argument::<bool>(data, 1)) {
        agent::record(object, is_on);
    }
}

/// `[object, peer, settings]`
pub fn simulate(data: &VarArray) {
    let (object, peer) = (argument::<i64>(data, 0), argument::<i32>(data, 1));
    let settings = argument::<VarDictionary>(data, 2).and_then(|settings| simulation(&settings));
    let (Some(object), Some(peer), Some(settings)) = (object, peer, settings) else {
        return;
    };
    let words = (settings.as_ref()).map_or_else(|| "off".to_owned(), ToString::to_string);
    let simulation = settings.map(|it| ENetSimulationRs::of(SharedSimulation::new(it, 0)));
    for object in agent::objects(object) {
        if peer == 0 {
            call(object, "set_simulation", &[simulation.to_variant()]);
        } else if agent::has_peer(object, peer) {
            let arguments = [peer.to_variant(), simulation.to_variant()];
            call(object, "set_peer_simulation", &arguments);
        } else {
            continue;
        }
        events::note(object, Kind::Simulation, peer, || words.clone());
    }
}

/// `[object, milliseconds]`
pub fn spike(data: &VarArray) {
    disturb(data, "simulate_spike", MAX_SPIKE_MILLIS, |millis| {
        format!("simulated: nothing moves for {millis} ms")
    });
}

/// `[object, seconds]`
pub fn cut(data: &VarArray) {
    disturb(data, "simulate_cut", MAX_CUT_SECONDS, |seconds| {
        format!("simulated: everything is lost for {seconds} s")
    });
}

fn disturb(data: &VarArray, method: &str, most: f64, words: impl Fn(f64) -> String) {
    let time = data.get(1).and_then(|value| number(&value));
    let time = time.filter(|time| (0.0..=most).contains(time));
    if let (Some(object), Some(time)) = (argument::<i64>(data, 0), time) {
        for object in agent::objects(object) {
            call(object, method, &[time.to_variant()]);
            events::note(object, Kind::Spike, 0, || words(time));
        }
    }
}

fn argument<T: FromGodot>(data: &VarArray, at: usize) -> Option<T> {
    data.get(at)?.try_to().ok()
}

fn call(object: i64, method: &str, arguments: &[Variant]) {
    let id = InstanceId::try_from_i64(object);
    if let Some(Ok(mut object)) = id.map(Gd::<Object>::try_from_instance_id) {
        object.call(method, arguments);
    }
}

/// The settings that an editor sent; `Some(None)` for none, and `None` if one of them is wrong.
fn simulation(settings: &VarDictionary) -> Option<Option<SimulationSettings>> {
    if settings.is_empty() {
        return Some(None);
    }
    if settings.len() > MOST_SETTINGS {
        return None;
    }
    // The text of the game's command line.
    let mut parts = Vec::new();
    for (name, value) in settings.iter_shared() {
        let name = name.try_to::<GString>().ok()?.to_string();
        if name.len() > LONGEST_NAME || name.contains([',', ':']) {
            return None;
        }
        match name.as_str() {
            "preset" => parts.insert(0, value.try_to::<GString>().ok()?.to_string()),
            "seed" => parts.push(format!("seed:{}", value.try_to::<i64>().ok()?)),
            _ => parts.push(format!("{name}:{}", number(&value)?)),
        }
    }
    parts.join(",").parse().ok().map(Some)
}
