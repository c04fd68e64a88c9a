//! Settings as a text: `4G`, `latency:80,jitter:10,loss:2`, or a preset with changes behind it.

use std::fmt;
use std::str::FromStr;

use super::{LinkProperty, LinkSettings, SimulationError, SimulationSettings};

impl FromStr for SimulationSettings {
    type Err = SimulationError;

    /// Reads parts that commas separate: a preset's name first, or none, and `name:value`. A name without the prefix
    /// `outgoing_` or `incoming_` means both directions.
    fn from_str(text: &str) -> Result<Self, SimulationError> {
        let mut settings = Self::default();
        for (index, part) in text.split(',').map(str::trim).enumerate() {
            match part.split_once(':') {
                None if index == 0 => settings = Self::preset(part)?,
                None => return Err(SimulationError::Name(part.to_owned())),
                Some((name, value)) => settings.set_by_name(name.trim(), value.trim())?,
            }
        }
        Ok(settings)
    }
}

impl SimulationSettings {
    /// The option of a game's command line.
    pub const OPTION: &str = "--net-sim";

    /// The settings of a game's arguments, `--net-sim=4G` or `--net-sim 4G`. The last such option counts. None without
    /// one.
    pub fn from_arguments<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Option<Result<Self, SimulationError>> {
        let mut arguments = arguments.into_iter().peekable();
        let mut value = None;
        while let Some(argument) = arguments.next() {
            value = match argument.strip_prefix(Self::OPTION) {
                // Another option is no value.
                Some("") => arguments
                    .next_if(|next| !next.starts_with("--"))
                    .or(Some("")),
                Some(rest) => rest.strip_prefix('=').or(value),
                None => value,
            };
        }
        let value = value?;
        Some(match value.trim() {
            "" => Err(SimulationError::Nothing),
            value => value.parse(),
        })
    }

    fn set_by_name(&mut self, name: &str, value: &str) -> Result<(), SimulationError> {
        let no_number = || SimulationError::Number {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        if name == "seed" {
            self.set_seed(value.parse().map_err(|_| no_number())?);
            return Ok(());
        }
        let (prefix, short) = match name.split_once('_') {
            Some((prefix, short)) => (Some(prefix), short),
            None => (None, name),
        };
        let property = LinkProperty::ALL.into_iter().find(|it| it.name() == short);
        let number = || value.parse().map_err(|_| no_number());
        match (prefix, property) {
            (None, Some(property)) => self.set_both(property, number()?),
            (Some("outgoing"), Some(property)) => self.outgoing.set(property, number()?),
            (Some("incoming"), Some(property)) => self.incoming.set(property, number()?),
            _ => Err(SimulationError::Name(name.to_owned())),
        }
    }
}

impl fmt::Display for SimulationSettings {
    /// What differs from a perfect network, and the seed, in the form that [`SimulationSettings::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let perfect = LinkSettings::default();
        for property in LinkProperty::ALL {
            let (outgoing, incoming) = (self.outgoing.get(property), self.incoming.get(property));
            let name = property.name();
            if outgoing == incoming {
                if outgoing != perfect.get(property) {
                    write!(f, "{name}:{outgoing},")?;
                }
                continue;
            }
            write!(f, "outgoing_{name}:{outgoing},incoming_{name}:{incoming},")?;
        }
        write!(f, "seed:{}", self.used_seed())
    }
}
