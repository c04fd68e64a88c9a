//! Playing the demo game: starts its processes. `checks` reports what they did and checks it, `screens` operates its screens.

mod checks;
mod screens;

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::extension::Profile;
use crate::process::{self, Run};
use crate::project::{self, root};
use crate::{Outcome, extension, godot};

const PLAYERS: [&str; 2] = ["Ada", "Grace"];

/// The player whose network is simulated, by the extension: prediction must be as right as without lag.
const LAGGING: &str = PLAYERS[1];
/// The bots of the second part, all clients of one process.
const BOTS: usize = 16;
/// How long the bots may take until each has joined, flown and half of them have scored, in seconds.
const CROWD_SECONDS: u64 = 90;

/// `cargo xtask demo`.
pub fn headless(class: &str, profile: Profile, seconds: u64) -> Outcome<ExitCode> {
    built(profile)?;
    play(class, seconds)?;
    if profile == Profile::Debug {
        println!(
            "addons/enet_rs/bin now has the debug library; cargo xtask build makes the one for players"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Plays with the library that is built, prints a report, and fails if a check fails.
pub fn play(class: &str, seconds: u64) -> Outcome<()> {
    let (godot, project) = prepare()?;
    let port = free_port()?.to_string();
    let limit = Duration::from_secs(seconds + 60);
    println!(
        "demo on {class}: one dedicated server, {} scripted players, UDP port {port}",
        PLAYERS.len()
    );

    let mut command = game(
        &godot,
        &project,
        &["--server", "--quit-when-empty"],
        class,
        &port,
    );
    let mut server = process::start(command.arg("--name").arg("server"), limit)?;
    let listens = server.wait_for("event=listening");
    let mut players = Vec::new();
    if listens {
        let seconds = seconds.to_string();
        for name in PLAYERS {
            let arguments = ["--client", "127.0.0.1", "--bot", &seconds];
            let mut command = game(&godot, &project, &arguments, class, &port);
            command.args(["--name", name]);
            if lags(class, name) {
                command.arg("--net-sim=4G");
            }
            players.push((name, process::start(&mut command, limit)?));
        }
    }
    let mut clients = Vec::new();
    for (name, player) in players {
        clients.push((name, player.finish()?));
    }
    let server = server.finish()?;
    let mut trouble = Vec::new();
    checks::tell(&server, &clients, class, &mut trouble);
    let crowd = crowd(&godot, &project, class)?;
    checks::check_process("the host with bots", &crowd, class, &mut trouble);
    checks::tell_crowd(&crowd, &mut trouble);
    if class == extension::CLASS {
        screens::operate(&godot, &project)?;
    }
    if trouble.is_empty() {
        println!("all checks passed");
        return Ok(());
    }
    let mut text = format!("the demo failed:\n  {}\n", trouble.join("\n  "));
    text += &format!("server's output:\n{}", server.tail(15));
    for (name, run) in &clients {
        text += &format!("{name}'s output:\n{}", run.tail(15));
    }
    text += &format!("output of the host with bots:\n{}", crowd.tail(15));
    Err(text)
}

/// `cargo xtask demo --window`.
pub fn in_windows(class: &str, profile: Profile) -> Outcome<ExitCode> {
    let shown = ["DISPLAY", "WAYLAND_DISPLAY"];
    if cfg!(target_os = "linux") && shown.iter().all(|name| std::env::var_os(name).is_none()) {
        return Err(
            "there is no display to open windows on; without --window the demo plays \
                    headless"
                .to_owned(),
        );
    }
    built(profile)?;
    let (godot, project) = prepare()?;
    let port = free_port()?.to_string();
    let roles: [(&[&str], &str); 3] = [
        (&["--host"], "Host"),
        (&["--join", "127.0.0.1"], PLAYERS[0]),
        (&["--join", "127.0.0.1"], PLAYERS[1]),
    ];
    let mut windows = Vec::new();
    for (arguments, name) in roles {
        let mut command = Command::new(&godot);
        command
            .arg("--path")
            .arg(&project)
            .arg("--")
            .args(arguments);
        command.args(["--peer-class", class, "--port", &port, "--name", name]);
        let window = command
            .spawn()
            .map_err(|error| format!("could not start Godot: {error}"))?;
        windows.push(window);
        // The server must listen before a client connects, or the client waits for its next attempt.
        std::thread::sleep(Duration::from_secs(2));
    }
    println!("three windows play on UDP port {port}; close them to end");
    let mut failed = 0;
    for mut window in windows {
        let status = window
            .wait()
            .map_err(|error| format!("could not wait for Godot: {error}"))?;
        failed += u32::from(!status.success());
    }
    if failed > 0 {
        return Err(format!(
            "{failed} of the windows ended with an error; see their output above"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the library. A Godot that is missing is fetched meanwhile: one waits for the processor, the other for the network.
fn built(profile: Profile) -> Outcome<()> {
    std::thread::scope(|scope| {
        let fetch = scope.spawn(godot::find);
        extension::build(profile)?;
        fetch.join().expect("finding a Godot does not panic")?;
        Ok(())
    })
}

/// Whether a player's network is simulated, which only our class can do.
fn lags(class: &str, name: &str) -> bool {
    class == extension::CLASS && name == LAGGING
}

fn prepare() -> Outcome<(PathBuf, PathBuf)> {
    let godot = godot::find()?;
    let project = root().join("godot_project");
    project::prepare(&godot, &project)?;
    Ok((godot, project))
}

fn game(godot: &Path, project: &Path, arguments: &[&str], class: &str, port: &str) -> Command {
    let mut command = Command::new(godot);
    command
        .args(["--headless", "--path"])
        .arg(project)
        .arg("--")
        .args(arguments);
    command.args(["--peer-class", class, "--port", port]);
    command
}

/// One process that hosts, plays and has bots, with compression, and with encryption where the class surely has it.
fn crowd(godot: &Path, project: &Path, class: &str) -> Outcome<Run> {
    let port = free_port()?.to_string();
    let (bots, seconds) = (BOTS.to_string(), CROWD_SECONDS.to_string());
    let mut arguments = vec!["--host", "--autopilot", "--quit-when-crowded"];
    arguments.extend(["--bots", &bots, "--seconds", &seconds]);
    arguments.extend(["--compression", "Zstandard"]);
    if class == extension::CLASS {
        arguments.push("--encrypt");
    }
    let mut command = game(godot, project, &arguments, class, &port);
    process::start(&mut command, Duration::from_secs(CROWD_SECONDS + 60))?.finish()
}

pub fn free_port() -> Outcome<u16> {
    UdpSocket::bind(("127.0.0.1", 0))
        .and_then(|socket| socket.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free UDP port: {error}"))
}
