//! Answers to requests. Agones makes its own errors without a code of gRPC, so that the gateway gives them all the status
//! 500; the gateway's own errors have others. Changes of counters and lists are queued, so their answers tell nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiny_http::Method;

use super::State;

type Answer = (u16, Value);

const INVALID_ARGUMENT: (u16, i32) = (400, 3);
/// Every error of the SDK server itself.
const UNKNOWN: (u16, i32) = (500, 2);
const UNIMPLEMENTED: (u16, i32) = (501, 12);

fn error((status, code): (u16, i32), text: &str) -> Answer {
    (
        status,
        json!({ "code": code, "message": text, "details": [] }),
    )
}

fn done() -> Answer {
    (200, json!({}))
}

pub fn answer(state: &mut State, method: &Method, path: &str, body: &Value) -> Answer {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        (Method::Post, ["health"]) => {
            state.report(Instant::now());
            done()
        }
        (Method::Post, ["ready"]) => turn(state, "Ready"),
        (Method::Post, ["allocate"]) => turn(state, "Allocated"),
        (Method::Post, ["shutdown"]) => turn(state, "Shutdown"),
        (Method::Post, ["reserve"]) => match number(body, "seconds") {
            Some(Ok(seconds @ 0..)) => {
                let time = Duration::from_secs(seconds.unsigned_abs());
                state.reserved_until = (seconds > 0).then(|| Instant::now() + time);
                turn(state, "Reserved")
            }
            _ => error(INVALID_ARGUMENT, "seconds is no number"),
        },
        (Method::Get, ["gameserver"]) => (200, state.game_server()),
        (Method::Put, ["metadata", kind @ ("label" | "annotation")]) => {
            let (Some(key), Some(value)) = (body["key"].as_str(), body["value"].as_str()) else {
                return error(INVALID_ARGUMENT, "key and value must be texts");
            };
            let names = if *kind == "label" {
                &mut state.labels
            } else {
                &mut state.annotations
            };
            names.insert(format!("agones.dev/sdk-{key}"), value.to_owned());
            done()
        }
        (method, ["v1beta1", "counters", name]) => counter(state, method, name, body),
        (method, ["v1beta1", "lists", name]) => list(state, method, name, body),
        _ => error(UNIMPLEMENTED, "Method Not Allowed"),
    }
}

fn turn(state: &mut State, to: &str) -> Answer {
    if !state.has_ended() {
        state.state = to.to_owned();
    }
    done()
}

/// A 64-bit number of a body. JSON of protobuf has them as texts, and takes numbers as well.
fn number(body: &Value, name: &str) -> Option<Result<i64, ()>> {
    match &body[name] {
        Value::Null => None,
        Value::String(text) => Some(text.parse().map_err(|_| ())),
        value => Some(value.as_i64().ok_or(())),
    }
}

fn counter(state: &mut State, method: &Method, name: &str, body: &Value) -> Answer {
    let Some((count, capacity)) = state.counters.get_mut(name) else {
        return error(UNKNOWN, &format!("counter not found: {name}"));
    };
    if *method == Method::Patch {
        let numbers = ["count", "capacity", "countDiff"].map(|key| number(body, key).transpose());
        let [Ok(new_count), Ok(new_capacity), Ok(difference)] = numbers else {
            return error(INVALID_ARGUMENT, "no number");
        };
        let new_capacity = new_capacity.unwrap_or(*capacity);
        let new_count = new_count.unwrap_or(*count) + difference.unwrap_or(0);
        if !(0..=new_capacity).contains(&new_count) {
            return error(
                UNKNOWN,
                &format!(
                    "out of range. Count must be within range [0,Capacity]. Found Count: {new_count}, Capacity: {new_capacity}"
                ),
            );
        }
        (*count, *capacity) = (new_count, new_capacity);
        return done();
    } else if *method != Method::Get {
        return error(UNIMPLEMENTED, "Method Not Allowed");
    }
    (
        200,
        json!({ "name": name, "count": count.to_string(), "capacity": capacity.to_string() }),
    )
}

fn list(state: &mut State, method: &Method, path: &str, body: &Value) -> Answer {
    let (name, verb) = path.split_once(':').unwrap_or((path, ""));
    let Some((values, capacity)) = state.lists.get_mut(name) else {
        // An SDK server of 2025 ends here: it reads the name of the list that it has not found.
        state.crashes += u64::from(*method == Method::Patch);
        return error(UNKNOWN, &format!("list not found: {name}"));
    };
    let value = body["value"].as_str().map(str::to_owned);
    match (method, verb, value) {
        (Method::Get, "", _) => {}
        (Method::Patch, "", _) => {
            let new: Option<Vec<String>> = match &body["values"] {
                Value::Null => Some(values.clone()),
                new => new.as_array().and_then(|new| {
                    new.iter()
                        .map(|value| value.as_str().map(str::to_owned))
                        .collect()
                }),
            };
            let (Some(new), Ok(new_capacity)) = (new, number(body, "capacity").transpose()) else {
                return error(INVALID_ARGUMENT, "values must be texts, capacity a number");
            };
            *capacity = new_capacity.unwrap_or(*capacity);
            *values = new;
            values.truncate(usize::try_from(*capacity).unwrap_or_default());
            return done();
        }
        (Method::Post, "addValue", Some(value)) => {
            if values.contains(&value) {
                let text = format!("already exists. Value: {value} already in List: {name}");
                return error(UNKNOWN, &text);
            }
            if values.len() as i64 >= *capacity {
                return error(UNKNOWN, "out of range. No available capacity");
            }
            values.push(value);
            return done();
        }
        (Method::Post, "removeValue", Some(value)) => {
            let Some(index) = values.iter().position(|known| *known == value) else {
                let text = format!("not found. Value: {value} not found in List: {name}");
                return error(UNKNOWN, &text);
            };
            values.remove(index);
            return done();
        }
        (Method::Post, _, _) => return error(INVALID_ARGUMENT, "no value"),
        _ => return error(UNIMPLEMENTED, "Method Not Allowed"),
    }
    (
        200,
        json!({ "name": name, "capacity": capacity.to_string(), "values": values }),
    )
}
