//! What an SDK server may leave out of its JSON because it is 0 or empty, as JSON of protobuf allows.

use serde_json::{Value, json};

/// Completes a counter.
pub fn counter(name: &str, counter: &mut Value) {
    complete(
        counter,
        [
            ("name", json!(name)),
            ("count", json!("0")),
            ("capacity", json!("0")),
        ],
    );
}

/// Completes a list.
pub fn list(name: &str, list: &mut Value) {
    complete(
        list,
        [
            ("name", json!(name)),
            ("values", json!([])),
            ("capacity", json!("0")),
        ],
    );
}

/// Completes the counters and lists of a game server, whose names are their keys.
pub fn game_server(server: &mut Value) {
    for (kind, fill) in [
        ("counters", counter as fn(&str, &mut Value)),
        ("lists", list),
    ] {
        let all = server.get_mut("status").and_then(|it| it.get_mut(kind));
        for (name, value) in all.and_then(Value::as_object_mut).into_iter().flatten() {
            fill(name, value);
            if let Some(value) = value.as_object_mut() {
                value.remove("name");
            }
        }
    }
}

fn complete(value: &mut Value, defaults: [(&str, Value); 3]) {
    if let Some(value) = value.as_object_mut() {
        for (key, default) in defaults {
            value.entry(key).or_insert(default);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_completed() {
        let mut answer = json!({ "capacity": "5" });
        counter("rooms", &mut answer);
        assert_eq!(
            answer,
            json!({ "name": "rooms", "count": "0", "capacity": "5" })
        );
        let mut server = json!({
            "status": { "counters": { "a": {} }, "lists": { "b": { "values": ["x"] }, "c": 3 } }
        });
        game_server(&mut server);
        assert_eq!(
            server,
            json!({ "status": {
                "counters": { "a": { "count": "0", "capacity": "0" } },
                "lists": { "b": { "values": ["x"], "capacity": "0" }, "c": 3 },
            } })
        );
        // There may be neither.
        let mut server = json!({ "status": 3 });
        game_server(&mut server);
        assert_eq!(server, json!({ "status": 3 }));
    }
}
