//! What the editor asks of hosts: to simulate a bad network.

use godot::prelude::*;

/// A finite number that an editor sent.
pub fn number(value: &Variant) -> Option<f64> {
    let number = match value.get_type() {
        VariantType::INT => value.try_to::<i64>().ok()? as f64,
        VariantType::FLOAT => value.try_to::<f64>().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

pub fn simulate(_data: &VarArray) {}

pub fn spike(_data: &VarArray) {}

pub fn cut(_data: &VarArray) {}
