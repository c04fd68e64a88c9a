//! The proxy alone, for `cargo xtask fleet`.

use std::error::Error;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use test_proxy::{Options, Proxy};

/// The time between two lines about what came by.
const INTERVAL: Duration = Duration::from_secs(2);

/// Runs `--serve PORT ADDRESS=TOKEN...` until the process is ended. All tokens are texts of the same length.
pub fn run(words: impl Iterator<Item = OsString>) -> Result<ExitCode, Box<dyn Error>> {
    let words = words.map(OsString::into_string);
    let words = words.collect::<Result<Vec<_>, _>>();
    let words = words.map_err(|word| format!("{} is not UTF-8", word.display()))?;
    let (port, endpoints) = (words.split_first()).ok_or("--serve PORT ADDRESS=TOKEN...")?;
    let endpoints = endpoints.iter().map(|text| endpoint(text));
    let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
    let token_size = endpoints.first().ok_or("no endpoint")?.1.len();
    if endpoints.iter().any(|(_, token)| token.len() != token_size) {
        return Err("the tokens have several lengths".into());
    }
    let proxy = Proxy::start(Options {
        listen: (Ipv4Addr::LOCALHOST, port.parse()?).into(),
        token_size,
        endpoints,
        idle: super::IDLE,
    })?;
    println!("proxy on {}", proxy.address());
    loop {
        thread::sleep(INTERVAL);
        super::tell(&proxy.records());
    }
}

fn endpoint(text: &str) -> Result<(SocketAddr, Vec<u8>), Box<dyn Error>> {
    let (address, token) = text.split_once('=').ok_or("ADDRESS=TOKEN")?;
    Ok((address.parse()?, token.as_bytes().to_vec()))
}
