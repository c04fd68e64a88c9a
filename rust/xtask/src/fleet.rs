//! `cargo xtask fleet`: the demo in a fleet on this machine. Two servers, an SDK server of the tests beside each, a proxy
//! in front, and 32 players, of which half go to each server by their token. One server's main thread stalls, then that
//! server is drained and shut down.

mod metrics;
mod proxy;
pub mod sidecar;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use crate::extension::{self, Profile};
use crate::process::{self, Running};
use crate::project::{at, target};
use crate::{Outcome, demo, project};

use proxy::{Endpoint, Proxy};

/// Agones' own figures: an unhealthy server is one that says nothing for 15 seconds.
const SIDECAR: [&str; 6] = [
    "--period",
    "5",
    "--threshold",
    "3",
    "--counter",
    "players:80",
];
const TOKENS: [&str; 2] = ["server-one-token", "server-two-token"];
/// The clients of one process: one that plays, and bots.
const PLAYERS: usize = 16;
/// How long the main thread of the first server stalls, and when, in seconds since it listens.
const STALL: (u64, u64) = (20, 30);
/// When the players of the first server leave, and of the second, in seconds.
const STAY: [u64; 2] = [70, 90];
const LIMIT: Duration = Duration::from_secs(240);

/// A server and what stands beside it.
struct Member {
    sidecar: Running,
    server: Running,
    metrics_port: u16,
}

/// Plays all of it. `quilkin` is a Quilkin to use instead of the proxy of the tests.
pub fn run(quilkin: Option<&str>) -> Outcome<ExitCode> {
    demo::built(Profile::Debug)?;
    let (godot, game) = demo::prepare()?;
    build_programs()?;
    let folder = target().join("fleet");
    std::fs::create_dir_all(&folder).map_err(at(&folder))?;
    let story = Story {
        begun: Instant::now(),
    };

    let mut members = Vec::new();
    let mut endpoints = Vec::new();
    for (index, token) in TOKENS.iter().enumerate() {
        let port = demo::free_port()?;
        endpoints.push(Endpoint { port, token });
        let stall = (index == 0).then(|| format!("{}:{}", STALL.0, STALL.1));
        members.push(start(&godot, &game, port, stall)?);
        story.tell(&format!("server {} is Ready", index + 1));
    }
    let proxy = Proxy::start(quilkin, &folder, &endpoints)?;
    story.tell(&format!("{} routes by token", proxy.name()));

    let mut players = Vec::new();
    for (index, token) in TOKENS.iter().enumerate() {
        players.push(clients(&godot, &game, proxy.port(), token, index)?);
    }
    for (index, member) in members.iter_mut().enumerate() {
        wait(&mut member.sidecar, "state Allocated", "the SDK server")?;
        story.tell(&format!("server {} is Allocated", index + 1));
    }
    let [first, second] = &mut members[..] else {
        return Err("two servers".to_owned());
    };
    story.until(Duration::from_secs(15));
    for (name, member) in [("first", &*first), ("second", &*second)] {
        let page = metrics::read(member.metrics_port, &folder, &format!("{name}-playing"))?;
        page.expect("enet_peers", PLAYERS as f64)?;
        story.tell(&format!("the {name} server: {}", page.summary()));
    }

    wait(&mut first.server, "event=stall ", "the first server")?;
    story.tell(&format!(
        "the first server's main thread stalls for {} s",
        STALL.1
    ));
    // Half way through, longer than a server without reports of health would live.
    thread::sleep(Duration::from_secs(STALL.1 * 2 / 3));
    let page = metrics::read(first.metrics_port, &folder, "first-stalled")?;
    story.tell(&format!("its metrics still answer: {}", page.summary()));
    let line = first.server.wait_for_line("event=stalled");
    let line = line.ok_or("the first server did not come back")?;
    if !line.contains(&format!("players={PLAYERS}")) {
        return Err(format!("players were lost in the stall: {}", line.trim()));
    }
    story.tell(&format!("it goes on with {PLAYERS} players"));
    story.until(Duration::from_secs(STAY[0] - 5));
    let page = metrics::read(first.metrics_port, &folder, "first-after")?;
    page.expect("enet_peers", PLAYERS as f64)?;
    story.tell(&format!("the first server: {}", page.summary()));

    ended(players.remove(0), "the players of the first server")?;
    wait(&mut first.sidecar, "state Shutdown", "the SDK server")?;
    story.tell("the first server is empty and shut down");
    let page = metrics::read(second.metrics_port, &folder, "second-after")?;
    page.expect("enet_peers", PLAYERS as f64)?;
    story.tell(&format!("the second server: {}", page.summary()));

    ended(players.remove(0), "the players of the second server")?;
    wait(&mut second.sidecar, "state Shutdown", "the SDK server")?;
    story.tell("the second server is empty and shut down");
    for member in members {
        ended(member.server, "a server")?;
        let run = member.sidecar.finish()?;
        if run.output.contains("Unhealthy") {
            return Err(format!("a server became unhealthy\n{}", run.tail(10)));
        }
        let last = run.output.lines().rfind(|line| line.contains("state "));
        story.tell(&format!("its SDK server: {}", last.unwrap_or_default()));
    }
    story.tell(&proxy.end()?);
    println!("the pages of the metrics are in {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// What happened, with the time.
struct Story {
    begun: Instant,
}

impl Story {
    fn tell(&self, what: &str) {
        println!("{:6.1} s  {what}", self.begun.elapsed().as_secs_f64());
    }

    fn until(&self, time: Duration) {
        thread::sleep(time.saturating_sub(self.begun.elapsed()));
    }
}

/// Builds the programs of the tests that stand beside the servers.
fn build_programs() -> Outcome<()> {
    let mut command = Command::new(project::cargo());
    command
        .current_dir(project::root())
        .args(["build", "--quiet", "--package", sidecar::NAME])
        .args(["--package", proxy::NAME]);
    let status = command.status();
    let status = status.map_err(|error| format!("cargo does not start: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("the SDK server and the proxy do not build, see above".to_owned()),
    }
}

/// Starts an SDK server and a server, and waits until players may come.
fn start(godot: &Path, game: &Path, port: u16, stall: Option<String>) -> Outcome<Member> {
    let (mut sidecar, sdk) = sidecar::start(&SIDECAR, LIMIT)?;

    let metrics_port = free_tcp_port()?;
    let mut words = vec!["--server", "--agones", "--quit-when-empty"];
    let metrics = metrics_port.to_string();
    words.extend(["--metrics-port", &metrics]);
    if let Some(stall) = &stall {
        words.extend(["--stall", stall]);
    }
    let mut command = demo::game(godot, game, &words, extension::CLASS, &port.to_string());
    let mut server = process::start(command.env(sidecar::VARIABLE, sdk), LIMIT)?;
    wait(&mut server, "event=listening", "a server")?;
    wait(&mut sidecar, "state Ready", "the SDK server")?;
    Ok(Member {
        sidecar,
        server,
        metrics_port,
    })
}

/// Starts the players of a server, in one process.
fn clients(godot: &Path, game: &Path, port: u16, token: &str, index: usize) -> Outcome<Running> {
    let (token, bots) = (proxy::base64(token.as_bytes()), (PLAYERS - 1).to_string());
    let seconds = STAY[index].to_string();
    let words = [
        "--client",
        "127.0.0.1",
        "--autopilot",
        "--bots",
        &bots,
        "--token",
        &token,
        "--seconds",
        &seconds,
    ];
    let mut command = demo::game(godot, game, &words, extension::CLASS, &port.to_string());
    process::start(&mut command, LIMIT)
}

fn wait(program: &mut Running, text: &str, name: &str) -> Outcome<()> {
    match program.wait_for(text) {
        true => Ok(()),
        false => Err(format!(
            "{name} did not say \"{text}\", but:\n{}",
            program.said(15)
        )),
    }
}

/// Waits for the end, which must be a good one.
fn ended(program: Running, name: &str) -> Outcome<()> {
    let run = program.finish()?;
    let has_errors = run.output.contains("ERROR") || run.output.contains("enet-rs demo:");
    match run.ending {
        process::Ending::Exit(0) if !has_errors => Ok(()),
        ending => Err(format!("{name}: {ending}\n{}", run.tail(20))),
    }
}

fn free_tcp_port() -> Outcome<u16> {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free TCP port: {error}"))
}
