//! One fault on one pair of classes.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::cases::{Case, End, Event, Outcome, Path};
use super::process::{self, Process};
use super::relay::Relay;
use super::wire::{self, Refusal, Wire};
use super::{Pair, Setting, needs_wire};

/// The fault begins this long after both ends have met.
const CALM: Duration = Duration::from_secs(2);
/// A connection ends with the default timeout of 30 s at the latest, and the script gives up after 100 s.
const PATIENCE: Duration = Duration::from_secs(150);

/// What came of it.
pub struct Report {
    pub case: Case,
    pub pair: Pair,
    /// What each end said; none from an end that was killed.
    pub ends: [Option<process::End>; 2],
    pub verdict: Verdict,
}

pub enum Verdict {
    /// Nobody of ours took part.
    Shown,
    Good,
    Bad(String),
    Skipped(String),
}

/// What can keep a fault from being played.
enum Trouble {
    /// This machine cannot do it.
    Skip(String),
    Failure(String),
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self::Failure(why)
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unsupported(why) => Self::Skip(why),
            Refusal::Failed(why) => Self::Failure(why),
        }
    }
}

/// Plays the fault.
pub fn play(setting: &Setting, case: &Case, pair: Pair) -> Report {
    let is_ours = [pair.host_is_ours, pair.join_is_ours];
    let (ends, verdict) = match ends(setting, case, pair) {
        Err(Trouble::Skip(why)) => ([None, None], Verdict::Skipped(why)),
        Err(Trouble::Failure(why)) => ([None, None], Verdict::Bad(why)),
        Ok(ends) if is_ours == [false; 2] => (ends, Verdict::Shown),
        Ok(ends) => {
            let both_ours = is_ours == [true; 2];
            let judged = [End::Host, End::Join].into_iter().zip(&ends).zip(is_ours);
            let wrong = judged
                .filter(|(_, is_ours)| *is_ours)
                .find_map(|((end, said), _)| wrong(case, end, said.as_ref(), both_ours));
            (ends, wrong.map_or(Verdict::Good, Verdict::Bad))
        }
    };
    Report {
        case: *case,
        pair,
        ends,
        verdict,
    }
}

/// About how long the fault takes.
pub fn expected_seconds(case: &Case) -> u64 {
    let event = match case.event {
        Event::Nothing => 0,
        // The other end of a stock client times out.
        Event::Destroy(_) => 30,
        // Until the other end times out.
        Event::Kill(_) => 30,
        Event::Cut(time)
        | Event::Down(_, time)
        | Event::Refuse(_, _, time)
        | Event::Stop(_, time) => time.as_secs().min(40),
    };
    u64::from(case.seconds) + event
}

fn ends(setting: &Setting, case: &Case, pair: Pair) -> Result<[Option<process::End>; 2], Trouble> {
    let wire = match needs_wire(case.path) {
        true => Some(Wire::new(case.path)?),
        false => None,
    };
    let start = |end: End, port: u16| {
        let program = setting.godot.as_os_str();
        let mut command = match &wire {
            Some(wire) => wire.command(end, program),
            None => Command::new(program),
        };
        let (role, is_ours) = match end {
            End::Host => ("host", pair.host_is_ours),
            End::Join => ("join", pair.join_is_ours),
        };
        let class = if is_ours {
            &setting.ours
        } else {
            &setting.stock
        };
        let address = if wire.is_some() {
            wire::HOST_ADDRESS
        } else {
            "127.0.0.1"
        };
        command
            .args(["--headless", "--path"])
            .arg(&setting.project)
            .args(["--script", "res://faults.gd", "--", role, class, address])
            .args([port.to_string(), case.seconds.to_string()])
            .args([case.per_second.to_string(), case.size.to_string()]);
        let name = format!("{}-{pair}-{role}.log", case.name);
        let log = setting.logs.join(name.replace([' ', '/', '+'], "-"));
        Process::start(command, &log)
    };
    let mut host = start(End::Host, 0)?;
    let port = host.wait_for("@port")?;
    let port: u16 = port.parse().map_err(|_| format!("no port: {port}"))?;
    let relay = match case.path {
        Path::Relay(conditions) => Some(Relay::new(port, conditions, 7)),
        _ => None,
    };
    let mut join = start(End::Join, relay.as_ref().map_or(port, Relay::port))?;
    for process in [&host, &join] {
        process.wait_for("@joined")?;
    }
    thread::sleep(CALM);
    let process = |end| match end {
        End::Host => &host,
        End::Join => &join,
    };
    let mut is_there = [true; 2];
    match case.event {
        Event::Nothing => {}
        Event::Cut(time) => relay.as_ref().ok_or("no relay".to_owned())?.cut(time),
        Event::Down(end, time) => {
            let wire = wire.as_ref().ok_or("no wire".to_owned())?;
            wire.set_up(end, false)?;
            thread::sleep(time);
            wire.set_up(end, true)?;
        }
        Event::Destroy(end) => {
            let wire = wire.as_ref().ok_or("no wire".to_owned())?;
            wire.destroy_sockets(end)?;
        }
        Event::Refuse(end, kind, time) => {
            let wire = wire.as_ref().ok_or("no wire".to_owned())?;
            wire.set_refused(end, kind, true)?;
            thread::sleep(time);
            wire.set_refused(end, kind, false)?;
        }
        Event::Stop(end, time) => {
            process(end).signal("STOP")?;
            thread::sleep(time);
            process(end).signal("CONT")?;
        }
        Event::Kill(end) => {
            process(end).signal("KILL")?;
            is_there[end as usize] = false;
        }
    }
    let limit = PATIENCE + Duration::from_secs(case.seconds.into());
    let mut said = [None, None];
    for ((process, is_there), said) in [&mut host, &mut join]
        .into_iter()
        .zip(is_there)
        .zip(&mut said)
    {
        if is_there {
            *said = Some(process.end(limit).unwrap_or_default());
        }
    }
    Ok(said)
}

/// What is wrong with what an end of our class saw.
fn wrong(case: &Case, end: End, said: Option<&process::End>, both_ours: bool) -> Option<String> {
    // It was killed.
    let said = said?;
    let how = said.text("how");
    if said.text("order") != "kept" {
        return Some(format!("{end:?}: {}", said.text("order")));
    }
    let is_told = ["left", "lost", "lost after all had arrived"].contains(&how);
    if !is_told {
        return Some(format!("{end:?}: the script says \"{how}\""));
    }
    let is_whole = said.number("total") >= 0.0 && said.number("received") == said.number("total");
    if both_ours && case.outcome == Outcome::Whole && !is_whole {
        return Some(format!(
            "{end:?}: {how} with {} messages",
            said.text("received")
        ));
    }
    None
}
