//! The options of a command.

use crate::Outcome;

/// The arguments that the command has not consumed yet; [`Options::finish`] rejects any that remain.
pub struct Options(Vec<String>);

impl Options {
    /// The arguments after the command's name.
    pub fn new(arguments: &[String]) -> Self {
        Self(arguments.to_vec())
    }

    /// Consumes an option without a value; false if it is absent.
    pub fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|argument| argument == name);
        found.map(|at| self.0.remove(at)).is_some()
    }

    /// Consumes an option and its value.
    pub fn value(&mut self, name: &str) -> Outcome<Option<String>> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        self.0.remove(at);
        if at == self.0.len() {
            return Err(format!("{name} needs a value"));
        }
        Ok(Some(self.0.remove(at)))
    }

    /// Consumes the next argument that is no option.
    pub fn word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|word| !word.starts_with('-'))?;
        Some(self.0.remove(at))
    }

    /// Consumes an option whose value is a number.
    pub fn number(&mut self, name: &str) -> Outcome<Option<u64>> {
        self.value(name)?
            .map(|text| {
                text.parse()
                    .map_err(|_| format!("{name} needs a number, not \"{text}\""))
            })
            .transpose()
    }

    /// Fails if an argument was not consumed.
    pub fn finish(self) -> Outcome<()> {
        match self.0.first() {
            None => Ok(()),
            Some(argument) => Err(format!(
                "unknown option \"{argument}\"; see cargo xtask help"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Options(arguments.iter().map(|&text| text.to_owned()).collect())
    }

    #[test]
    fn options_are_consumed_in_any_order() {
        let mut options = options(&["--seconds", "7", "core", "--plot", "--only", "tick"]);
        assert!(options.flag("--plot") && !options.flag("--plot"));
        assert_eq!(
            options.value("--only").as_ref().map(Option::as_deref),
            Ok(Some("tick"))
        );
        assert_eq!(options.number("--seconds"), Ok(Some(7)));
        assert_eq!(options.word().as_deref(), Some("core"));
        assert_eq!(options.finish(), Ok(()));
    }

    #[test]
    fn unknown_options_and_missing_values_are_errors() {
        assert!(options(&["--engine"]).finish().is_err());
        assert!(options(&["--only"]).value("--only").is_err());
        assert!(options(&["--seconds", "x"]).number("--seconds").is_err());
    }
}
