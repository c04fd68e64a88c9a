//! `enet_sidecar [--port N] [--counter NAME:CAPACITY] [--list NAME:CAPACITY] [--period SECONDS] [--threshold N] [--seconds N]`
//!
//! Runs an SDK server, prints `port N`, each request, and each new state. Ends after so many seconds (600), or when the
//! game server has ended.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use enet_sidecar::{Sidecar, State};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut state = State::default();
    state.is_verbose = true;
    let (mut port, mut seconds) = (0, 600);
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{option} {value}: no number"))
        };
        let place = || {
            let (name, capacity) = value
                .split_once(':')
                .ok_or_else(|| format!("{option} NAME:CAPACITY"))?;
            let capacity: i64 = capacity
                .parse()
                .map_err(|_| format!("{capacity} is no number"))?;
            Ok::<_, String>((name.to_owned(), capacity))
        };
        match option.as_str() {
            "--port" => {
                port = u16::try_from(number()?).map_err(|_| format!("{value} is no port"))?
            }
            "--seconds" => seconds = number()?,
            "--period" => state.health.period = Duration::from_secs(number()?),
            "--threshold" => {
                state.health.failure_threshold =
                    u32::try_from(number()?).map_err(|_| value.clone())?;
            }
            "--counter" => {
                let (name, capacity) = place()?;
                state.counters.insert(name, (0, capacity));
            }
            "--list" => {
                let (name, capacity) = place()?;
                state.lists.insert(name, (Vec::new(), capacity));
            }
            _ => return Err(format!("unknown option {option}")),
        }
    }
    let sidecar = Sidecar::start(port, state)?;
    println!("port {}", sidecar.port());
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut last = String::new();
    while Instant::now() < end {
        let known = last.clone();
        sidecar.wait(Duration::from_secs(1), |state| state.state != known);
        let (state, reports, silence) =
            sidecar.with(|state| (state.state.clone(), state.reports, state.longest_silence));
        if state != last {
            println!(
                "state {state} after {reports} reports of health, {:.1} s apart at most",
                silence.as_secs_f32()
            );
            last = state;
        }
        if matches!(last.as_str(), "Shutdown" | "Unhealthy") {
            return Ok(());
        }
    }
    Ok(())
}
