//! The project's commands. `cargo xtask help` lists them.

mod apt;
mod bench;
mod c_enet;
mod check;
mod cross;
mod csharp;
mod demo;
mod docs;
mod extension;
mod faults;
mod fleet;
mod fuzz;
mod godot;
mod godot3;
mod options;
mod package;
mod pgo;
mod process;
mod project;
mod pypi;
mod relocate;
mod report;
mod reproducible;
mod stages;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use extension::Profile;
use options::Options;

/// Why a command failed, as text for the user.
type Failure = String;
/// The result of a command.
type Outcome<T> = Result<T, Failure>;

const HELP: &str = "\
Commands of enet-rs:

  cargo xtask demo [--seconds N] [--peer-class CLASS] [--release]
      builds the debug library, or the release library, and plays the demo game
      headless: a dedicated server and two scripted players
  cargo xtask demo --window [--peer-class CLASS] [--release]
      plays the same game by hand, in three windows: one server, two clients
  cargo xtask test [--rust | --godot] [--suite NAME] [--stage TEXT]
      runs every test, only the Rust tests, or only the headless Godot tests;
      --suite limits the Godot suites to one, --stage the stages to those with
      TEXT in their names
  cargo xtask bench [core | engines | attacks] [--only TEXT]
      core: the protocol against the C library over real sockets, as ratios
      engines: the protocol against crate rusty_enet in memory, as ratios
      attacks: what known attacks cost the protocol, the C library and rusty_enet
  cargo xtask bench attacks-godot [--only TEXT]
      what attacks cost a running Godot server with Godot's class, with ours, and
      with ours on its network thread; TEXT may be a row's number; takes a quarter
      of an hour; the figures are in target/attacks.json
  cargo xtask bench compression [--only TEXT | --plot]
      compares the size and speed of every codec with stock Godot's and the C
      library's; --plot also renews docs/compression.svg
  cargo xtask bench simulator [--only TEXT]
      whether datagrams meet the emulated network that was set: latency, jitter,
      loss and the rest, measured at the sockets; takes ten minutes
  cargo xtask bench dtls
      compares the cost of encryption with that of Godot's own DTLS
  cargo xtask bench questions
      measures what a question such as get_unique_id costs, in nanoseconds
  cargo xtask bench debugger
      measures what a watching editor costs a server with 64 clients, in
      microseconds a frame
  cargo xtask bench godot [--only TEXT | --plot] [--peer-class CLASS]
          [--threaded no|yes|both] [--rounds N] [--clients N]
      compares ENetMultiplayerPeerRs, or CLASS, with Godot's own class in
      headless Godots, as ratios of their costs: without its network thread,
      with it, or both (the default); --plot also renews docs/benchmarks;
      --rounds repeats each case N times; --clients is how many join the server
      of the case \"published, 4,095 slots\"
  cargo xtask soak [--minutes N]
      lets a server live through joins, leaves, kills, loads and floods for N
      minutes (60); fails if its memory, files, threads or objects grow
  cargo xtask faults [--only TEXT] [--brief]
      disturbs the network and the processes of headless Godots, with Godot's own
      class, ENetMultiplayerPeerRs and one of each at the ends; --brief plays the
      faults that the tests play; some need root, for network namespaces
  cargo xtask fuzz [--seconds N] [--only TARGET] [--asan]
      runs each fuzz target for N seconds (60); --asan runs only the targets of
      the codecs that are written in C, with AddressSanitizer in them
  cargo xtask fleet [--quilkin PROGRAM]
      plays the demo in a fleet on this machine, in two minutes: two servers with
      metrics, a stand-in for Agones' SDK server beside each, and 32 players who
      reach them through a proxy by tokens; one server stalls for 30 seconds, then
      each shuts down when its players have left; fails if a player is lost;
      --quilkin uses the Quilkin at the path PROGRAM, not the proxy of the tests
  cargo xtask build [--debug]
      builds the release library, or the debug library, into
      addons/enet_rs/bin
  cargo xtask pgo [--check LIBRARY]
      plays games with a library that counts what they run, and writes the profile
      for the release library, in half an hour; --check plays nothing, and fails
      if the profile was made for another build than LIBRARY, a library with its
      symbols, or if there is none
  cargo xtask check [api [--only 4-5] | msrv | dependencies [--advisories] |
          workflows]
      api: the binding compiles on each level of Godot's API
      msrv: the workspace compiles with the oldest Rust that it promises
      dependencies: licences, sources and versions, by cargo-deny; --advisories
      also looks for known weaknesses, whose list is on the web
      workflows: the files in .github/workflows, by a linter for them
  cargo xtask docs [--code | --reference | --pictures]
      checks the documents and builds them as a site in target/site, with mdBook,
      which is installed into target/tools; --code instead compiles and runs the
      code of the documents, with the library that is installed in the addon;
      --reference instead writes the class reference, docs/reference, anew from
      the help of the editor; --pictures instead takes the pictures of the page
      docs/getting-started.md in the editor, by the program xvfb-run
  cargo xtask csharp
      writes the C# wrapper addons/enet_rs/csharp again, from the debug library
  cargo xtask package [--check] [--all | --libraries FOLDER [--symbols FOLDER]]
      makes the zip for Godot's Asset Store and one with the symbols, in
      target/package: with this machine's library, with those of all platforms that
      can be built here, or with those in a folder, under their names in the addon;
      --check installs, exports and plays it
  cargo xtask cross build [linux.x86_64 | linux.arm64 | windows.x86_64 | macos]
      builds the release library for one of these systems, or for all, with tools
      that it fetches; into target/cross
  cargo xtask cross check [PLATFORM] [--only TEXT]
      inspects these libraries, runs the Linux ones in Godot (arm64 under qemu)
      and tests for Windows under Wine, and type-checks the code for Android, iOS
      and Windows with Microsoft's compiler; needs Debian
  cargo xtask godot
      prints the path of the Godot binary that these commands use; fetches one
      if there is none
  cargo xtask c-peer
      prints the path of the program that the tests against the C library run
      (ENET_C_PEER); builds it if there is none
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("error: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    let mut options = Options::new(rest);
    match command.as_str() {
        "demo" => {
            let window = options.flag("--window");
            let seconds = options.number("--seconds")?.unwrap_or(12);
            if !(6..=3600).contains(&seconds) {
                return Err("--seconds must be 6 to 3600: the players leave and rejoin".to_owned());
            }
            let class = options.value("--peer-class")?;
            let profile = match options.flag("--release") {
                true => Profile::Release,
                false => Profile::Debug,
            };
            options.finish()?;
            let class = class.as_deref().unwrap_or(extension::CLASS);
            if window {
                demo::in_windows(class, profile)
            } else {
                demo::headless(class, profile, seconds)
            }
        }
        "fleet" => {
            let quilkin = options.value("--quilkin")?;
            options.finish()?;
            fleet::run(quilkin.as_deref())
        }
        "test" => {
            let rust = options.flag("--rust");
            let godot = options.flag("--godot");
            let suite = options.value("--suite")?;
            let stage = options.value("--stage")?;
            options.finish()?;
            if rust && !godot && suite.is_some() {
                return Err("--suite names a Godot suite, which --rust leaves out".to_owned());
            }
            let parts = (rust || !godot, godot || !rust);
            stages::run(parts, suite.as_deref(), stage)
        }
        "bench" => {
            let choice = bench::Choice {
                only: options.value("--only")?,
                plot: options.flag("--plot"),
                class: options.value("--peer-class")?,
                threaded: options.value("--threaded")?,
                rounds: options.number("--rounds")?,
                clients: options.number("--clients")?,
            };
            let name = options.word().unwrap_or_else(|| "core".to_owned());
            options.finish()?;
            bench::run(&name, &choice)
        }
        "build" => {
            let debug = options.flag("--debug");
            options.finish()?;
            let profile = if debug {
                Profile::Debug
            } else {
                Profile::Release
            };
            println!("{}", extension::build(profile)?.display());
            Ok(ExitCode::SUCCESS)
        }
        "pgo" => {
            let library = options.value("--check")?;
            options.finish()?;
            match library {
                Some(library) => pgo::check(Path::new(&library)),
                None => pgo::renew(),
            }
        }
        "check" => {
            let only = options.value("--only")?;
            let has_advisories = options.flag("--advisories");
            let name = options.word();
            options.finish()?;
            check::run(name.as_deref(), only.as_deref(), has_advisories)
        }
        "package" => {
            let choice = package::Choice {
                is_all: options.flag("--all"),
                libraries: options.value("--libraries")?.map(PathBuf::from),
                symbols: options.value("--symbols")?.map(PathBuf::from),
                is_checked: options.flag("--check"),
            };
            options.finish()?;
            if choice.is_all && choice.libraries.is_some() {
                return Err("--all builds the libraries that --libraries brings".to_owned());
            }
            if choice.symbols.is_some() && choice.libraries.is_none() {
                return Err(
                    "--symbols names the symbols of the libraries of --libraries".to_owned(),
                );
            }
            package::run(&choice)
        }
        "faults" => {
            let only = options.value("--only")?;
            let is_brief = options.flag("--brief");
            options.finish()?;
            faults::run(only.as_deref(), is_brief)
        }
        "soak" => {
            let minutes = options.number("--minutes")?.unwrap_or(60);
            options.finish()?;
            bench::soak(minutes)
        }
        "fuzz" => {
            let seconds = options.number("--seconds")?.unwrap_or(60);
            let only = options.value("--only")?;
            let is_asan = options.flag("--asan");
            options.finish()?;
            fuzz::run(seconds, only.as_deref(), is_asan)
        }
        "docs" => {
            let chosen = ["--code", "--reference", "--pictures"].map(|name| options.flag(name));
            options.finish()?;
            match chosen {
                [false, false, false] => docs::build(),
                [true, false, false] => stages::code_of_documents(),
                [false, true, false] => docs::renew_reference(),
                [false, false, true] => docs::pictures::take().map(|()| ExitCode::SUCCESS),
                _ => Err("the options of docs exclude each other".to_owned()),
            }
        }
        "csharp" => {
            options.finish()?;
            let godot = godot::find()?;
            extension::build(Profile::Debug)?;
            project::prepare(&godot, &project::root().join("tests/godot"))?;
            csharp::write(&godot)?;
            Ok(ExitCode::SUCCESS)
        }
        "cross" => {
            let action = options.word();
            let only = options.value("--only")?;
            let platform = options.word();
            options.finish()?;
            match action.as_deref() {
                Some("build") if only.is_some() => Err("build has no --only".to_owned()),
                Some("build") => cross::build_command(platform.as_deref()),
                Some("check") => cross::check_command(platform.as_deref(), only.as_deref()),
                _ => Err("cross needs a word: build or check".to_owned()),
            }
        }
        "godot" => {
            options.finish()?;
            println!("{}", godot::find()?.display());
            Ok(ExitCode::SUCCESS)
        }
        "c-peer" => {
            options.finish()?;
            println!("{}", c_enet::peer()?.0.display());
            Ok(ExitCode::SUCCESS)
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!(
            "there is no command \"{other}\"; see cargo xtask help"
        )),
    }
}
