//! A Godot that plays one end.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// The time for a Godot to start, on a busy machine.
const START: Duration = Duration::from_secs(60);

/// The process. It is killed when this value is dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    /// Starts the command. Its output also goes to `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Self, String> {
        let mut copy = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = copy.try_clone().map_err(|error| error.to_string())?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut child = command
            .spawn()
            .map_err(|error| format!("Godot does not start: {error}"))?;
        let output = child.stdout.take().ok_or("no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The log is for people only.
                let _ = writeln!(copy, "{line}");
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// Waits for a line that begins with this word, and returns its rest.
    pub fn wait_for(&self, word: &str) -> Result<String, String> {
        self.find(word, START)
            .ok_or_else(|| format!("no line {word}"))
    }

    /// What the process printed as it ended.
    pub fn end(&mut self, limit: Duration) -> Option<End> {
        let end = self.find("@end", limit).map(|text| End::parse(&text));
        // It ends by itself now, or is killed with this value.
        let until = Instant::now() + Duration::from_secs(10);
        while end.is_some() && Instant::now() < until {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        end
    }

    fn find(&self, word: &str, limit: Duration) -> Option<String> {
        let until = Instant::now() + limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).ok()?;
            if let Some(rest) = line.strip_prefix(word) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    /// Sends a signal, such as "STOP".
    pub fn signal(&self, name: &str) -> Result<(), String> {
        // Every shell has the command built in.
        let line = format!("kill -s {name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &line]).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{line}: {status}")),
            Err(error) => Err(format!("sh: {error}")),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // These calls fail if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an end says of itself: the line of `faults.gd`.
#[derive(Debug, Default)]
pub struct End(HashMap<String, String>);

impl End {
    /// Parses a flat JSON object, whose texts hold no quotes and no commas.
    fn parse(text: &str) -> Self {
        let fields = text.trim_matches(['{', '}']).split(',');
        let pairs = fields.filter_map(|field| field.split_once(':'));
        let plain = |text: &str| text.trim().trim_matches('"').to_owned();
        Self(
            pairs
                .map(|(name, value)| (plain(name), plain(value)))
                .collect(),
        )
    }

    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap_or(-1.0)
    }
}
