//! JSON of the SDK server as values of Godot.

use godot::prelude::*;
use serde_json::{Map, Value};

/// Numbers of 64 bits, which JSON of protobuf has as texts.
const NUMBERS: [&str; 4] = [
    "count",
    "capacity",
    "creation_timestamp",
    "deletion_timestamp",
];

/// Objects whose keys are the game's, and whose values are texts.
const TEXTS: [&str; 2] = ["labels", "annotations"];

/// An object; an empty one for anything else.
pub fn dictionary(value: &Value) -> VarDictionary {
    let object = value.as_object();
    object
        .map(|it| dictionary_of(it, false))
        .unwrap_or_default()
}

fn dictionary_of(object: &Map<String, Value>, has_texts: bool) -> VarDictionary {
    let mut dictionary = VarDictionary::new();
    for (key, value) in object {
        let key = key.as_str();
        let is_number = !has_texts && NUMBERS.contains(&key);
        let number = value.as_str().filter(|_| is_number);
        let value = match (number.map(str::parse::<i64>), value) {
            (Some(Ok(number)), _) => number.to_variant(),
            (_, Value::Object(inner)) => dictionary_of(inner, TEXTS.contains(&key)).to_variant(),
            _ => variant(value),
        };
        dictionary.set(&GString::from(key), &value);
    }
    dictionary
}

// The parser bounds the depth.
fn variant(value: &Value) -> Variant {
    match value {
        Value::Null => Variant::nil(),
        Value::Bool(value) => value.to_variant(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.to_variant(),
            None => number.as_f64().unwrap_or_default().to_variant(),
        },
        Value::String(text) => GString::from(text).to_variant(),
        Value::Array(values) => {
            let mut array = VarArray::new();
            for value in values {
                array.push(&variant(value));
            }
            array.to_variant()
        }
        Value::Object(map) => dictionary_of(map, false).to_variant(),
    }
}
