//! Networks by name. The numbers are those of the presets of Unity's network simulator, which game makers know.

use super::{LinkProperty, SimulationError, SimulationSettings};

/// Name, latency and jitter in milliseconds and loss in percent of each direction.
pub const PRESETS: [(&str, u32, u32, u32); 15] = [
    ("Broadband", 32, 12, 2),
    ("Fiber", 10, 1, 0),
    ("Cable", 25, 5, 0),
    ("DSL", 30, 10, 0),
    ("Satellite", 100, 10, 0),
    ("Congested", 50, 50, 1),
    ("2G", 520, 50, 7),
    ("2.5G", 480, 40, 7),
    ("2.75G", 440, 40, 7),
    ("3G", 360, 30, 7),
    ("3.5G", 160, 30, 6),
    ("3.75G", 130, 30, 6),
    ("4G", 100, 20, 4),
    ("4.5G", 80, 20, 4),
    ("5G", 30, 20, 4),
];

/// The names, for messages.
pub(super) fn names() -> String {
    PRESETS.map(|(name, ..)| name).join(", ")
}

impl SimulationSettings {
    /// The network of this name, in any case of its letters.
    pub fn preset(name: &str) -> Result<Self, SimulationError> {
        let is_meant = |preset: &&(&str, u32, u32, u32)| preset.0.eq_ignore_ascii_case(name);
        let Some(&(_, latency, jitter, loss)) = PRESETS.iter().find(is_meant) else {
            return Err(SimulationError::Preset(name.to_owned()));
        };
        let mut settings = Self::default();
        settings.set_both(LinkProperty::Latency, latency.into())?;
        settings.set_both(LinkProperty::Jitter, jitter.into())?;
        settings.set_both(LinkProperty::Loss, loss.into())?;
        Ok(settings)
    }
}
