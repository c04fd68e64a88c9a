//! The thread that listens to changes of the game server.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Board, Event, Settings, defaults, lock};
use crate::http::{
    Call, CallError, Interrupt, MOST_HEAD, Opened, call, connect, parse, read, send,
};

/// A connection is there, or the game server was told, within this time.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The time before another try.
const PAUSE: Duration = Duration::from_secs(1);
/// The game server is asked for after so long without news. A change between the beginning of the SDK server's answer and
/// the first line of it may be told to nobody.
const SILENCE: Duration = Duration::from_secs(5);
/// The time between two looks at what has arrived, so that a stream of changes costs little. Of several, the last counts.
const REST: Duration = Duration::from_millis(50);
/// The largest game server. Kubernetes itself has smaller ones.
const MOST: usize = 2 * 1024 * 1024;

/// Listens until the interrupt is raised.
pub fn run(settings: Settings, board: &Board, interrupt: &Interrupt) {
    let mut teller = Teller {
        board,
        last: Value::Null,
    };
    loop {
        // Why the SDK server does not answer is told by requests and reports of health. Older ones say nothing to a listener
        // before the next change.
        if teller.ask(settings.port, interrupt) {
            let _ = listen(settings.port, interrupt, &mut teller);
        }
        if !interrupt.sleep(PAUSE, || false) {
            return;
        }
    }
}

/// Tells the owner of changes.
struct Teller<'a> {
    board: &'a Board,
    last: Value,
}

impl Teller<'_> {
    /// Asks for the game server. Returns whether there was an answer.
    fn ask(&mut self, port: u16, interrupt: &Interrupt) -> bool {
        let answer = call(port, &get("/gameserver"), TIMEOUT, MOST, interrupt);
        if let Ok(answer) = &answer {
            self.tell(serde_json::from_slice(&answer.body).unwrap_or_default());
        }
        answer.is_ok()
    }

    fn tell(&mut self, mut server: Value) {
        defaults::game_server(&mut server);
        // The SDK server repeats itself.
        if !server.is_object() || server == self.last {
            return;
        }
        self.last = server.clone();
        let period = server["spec"]["health"]["period_seconds"].as_u64();
        let mut shared = lock(self.board);
        shared.due = period.filter(|&it| it > 0).map(Duration::from_secs);
        shared.push(Event::GameServer(server));
    }
}

/// Listens to one answer, which has a line of JSON for each change, until it ends.
fn listen(port: u16, interrupt: &Interrupt, teller: &mut Teller<'_>) -> Result<(), CallError> {
    let request = get("/watch/gameserver");
    let stream = connect(port, TIMEOUT, interrupt)?;
    interrupt.during(&stream, || {
        send(&stream, port, &request, Some(Instant::now() + TIMEOUT))?;
        let mut head = Vec::new();
        let mut opened: Option<Opened> = None;
        // Bytes of a line whose end has not arrived.
        let mut scanned = 0;
        loop {
            let mut piece = [0; 16 * 1024];
            let length = match read(&stream, &mut piece, Some(Instant::now() + SILENCE)) {
                Ok(0) => return Ok(()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    teller.ask(port, interrupt);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let opened = match &mut opened {
                Some(opened) => {
                    opened.decoder.feed(&piece[..length], &mut opened.body)?;
                    opened
                }
                None => {
                    head.extend_from_slice(&piece[..length]);
                    match parse(&head)? {
                        Some(answer) if answer.status == 200 => opened.insert(answer),
                        Some(_) => return Ok(()),
                        None if head.len() > MOST_HEAD => return Err(CallError::TooLong),
                        None => continue,
                    }
                }
            };
            if let Some(end) = opened.body[scanned..].iter().rposition(|&it| it == b'\n') {
                let lines: Vec<u8> = opened.body.drain(..=scanned + end).collect();
                // Of several, the last one counts.
                if let Some(server) = lines.rsplit(|&it| it == b'\n').find_map(game_server) {
                    teller.tell(server);
                }
                interrupt.sleep(REST, || false);
            }
            scanned = opened.body.len();
            if scanned > MOST {
                return Err(CallError::TooLong);
            }
            if opened.decoder.has_ended() {
                return Ok(());
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
