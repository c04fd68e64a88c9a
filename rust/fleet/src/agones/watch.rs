//! The thread that listens to changes of the game server.

use std::time::Duration;

use serde_json::Value;

use super::{Board, Event, Settings, lock};
use crate::http::{Call, CallError, Interrupt, call, connect, open, read};

/// A connection is there, or the game server was told, within this time.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The time before another try.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest line.
const MOST_LINE: usize = 4 * 1024 * 1024;

/// Listens until the interrupt is raised.
pub fn run(settings: Settings, board: &Board, interrupt: &Interrupt) {
    let mut last = Value::Null;
    let mut tell = |server: Value| {
        // The SDK server repeats itself.
        if server.is_object() && server != last {
            last = server.clone();
            lock(board).push(Event::GameServer(server));
        }
    };
    loop {
        // Why the SDK server does not answer is told by requests and reports of health. It may say nothing to a listener
        // before the next change.
        if let Ok(answer) = call(settings.port, &get("/gameserver"), TIMEOUT, interrupt) {
            tell(serde_json::from_slice(&answer.body).unwrap_or_default());
            let _ = listen(settings.port, interrupt, &mut tell);
        }
        if !interrupt.sleep(PAUSE, || false) {
            return;
        }
    }
}

/// Listens to one answer, which has a line of JSON for each change, until it ends.
fn listen(port: u16, interrupt: &Interrupt, tell: &mut impl FnMut(Value)) -> Result<(), CallError> {
    let request = get("/watch/gameserver");
    let stream = connect(port, TIMEOUT)?;
    interrupt.during(&stream, || {
        let mut opened = open(&stream, port, &request, None)?;
        if opened.status != 200 {
            return Ok(());
        }
        loop {
            let lines = opened
                .body
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1);
            let complete: Vec<u8> = opened.body.drain(..lines).collect();
            complete
                .split(|&byte| byte == b'\n')
                .filter_map(game_server)
                .for_each(&mut *tell);
            if opened.body.len() > MOST_LINE {
                return Err(CallError::TooLong);
            }
            if opened.decoder.has_ended() {
                return Ok(());
            }
            let mut piece = [0; 4096];
            match read(&stream, &mut piece, None)? {
                0 => return Ok(()),
                length => opened.decoder.feed(&piece[..length], &mut opened.body)?,
            }
        }
    })?
}

/// The game server in a line of the answer.
fn game_server(line: &[u8]) -> Option<Value> {
    let mut line: Value = serde_json::from_slice(line).ok()?;
    Some(line.get_mut("result")?.take())
}

fn get(path: &str) -> Call {
    Call {
        method: "GET",
        path: path.to_owned(),
        body: String::new(),
    }
}
