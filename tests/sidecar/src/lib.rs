//! An SDK server of Agones without Kubernetes, for tests: paths, bodies, answers and errors are those of Agones' swagger
//! files (`sdks/swagger` in its repository), states and health those of its documentation.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

mod answers;
mod state;

pub use state::{Health, State};

/// What the SDK server knows, and who waits for changes.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running SDK server. Dropping it closes its port.
pub struct Sidecar {
    shared: Arc<Shared>,
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    port: u16,
}

impl Sidecar {
    /// Listens on a port of 127.0.0.1; 0 takes any.
    pub fn start(port: u16, state: State) -> Result<Self, String> {
        let server = Server::http(("127.0.0.1", port)).map_err(|error| error.to_string())?;
        let server = Arc::new(server);
        let port = server
            .server_addr()
            .to_ip()
            .map_or(0, |address| address.port());
        let shared = Arc::new(Shared::default());
        *shared.lock() = state;
        let thread = {
            let (server, shared) = (Arc::clone(&server), Arc::clone(&shared));
            std::thread::spawn(move || receive(&server, &shared))
        };
        Ok(Self {
            thread: Some(thread),
            server,
            shared,
            port,
        })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Reads or changes the state; listeners are told.
    pub fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let result = work(&mut self.shared.lock());
        self.shared.changed.notify_all();
        result
    }

    /// Waits until something is so, and returns whether it became so within the time.
    pub fn wait(&self, time: Duration, is_so: impl Fn(&State) -> bool) -> bool {
        let end = Instant::now() + time;
        let mut state = self.shared.lock();
        while !is_so(&state) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // The state also changes by time alone.
            let step = left.min(Duration::from_millis(50));
            let waited = self.shared.changed.wait_timeout(state, step);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.advance(Instant::now());
        }
        true
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.with(|state| state.is_closed = true);
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves each request in a thread of its own: a listener occupies one until the next change after its end, and must not
/// keep others waiting.
fn receive(server: &Server, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while let Ok(request) = server.recv() {
        threads.retain(|thread| !thread.is_finished());
        let shared = Arc::clone(shared);
        threads.push(std::thread::spawn(move || serve(request, &shared)));
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn serve(mut request: Request, shared: &Shared) {
    let mut body = String::new();
    // A body that is no UTF-8 is no JSON either.
    let _ = request.as_reader().read_to_string(&mut body);
    let (method, path) = (request.method().clone(), request.url().to_owned());
    let has_json = request.headers().iter().any(|field| {
        field.field.equiv("Content-Type") && field.value.as_str().starts_with("application/json")
    });
    if (&method, path.as_str()) == (&Method::Get, "/watch/gameserver") {
        watch(request, shared);
        return;
    }
    let answer = {
        let mut state = shared.lock();
        state.advance(Instant::now());
        state.note(&format!("{method} {path} {body}"));
        match &method {
            Method::Get => Ok(Value::Null),
            _ if !has_json => Err((415, "the body has no type")),
            _ => serde_json::from_str(&body).map_err(|_| (400, "the body is not JSON")),
        }
        .map_or_else(
            |(status, text)| (status, json!({ "code": 3, "message": text, "details": [] })),
            |body| answers::answer(&mut state, &method, &path, &body),
        )
    };
    shared.changed.notify_all();
    let (status, json) = answer;
    let kind = Header::from_bytes("Content-Type", "application/json");
    let mut response = Response::from_string(json.to_string()).with_status_code(status);
    if let Ok(kind) = kind {
        response.add_header(kind);
    }
    // The client may have gone.
    let _ = request.respond(response);
}

/// Answers with a line for the present state, and one for each change. The head goes out with the first line, as from a
/// gateway that has nothing to send yet: older SDK servers do not tell the present state.
fn watch(request: Request, shared: &Shared) {
    let mut writer = request.into_writer();
    let mut last = match shared.lock() {
        state if state.is_quiet => state.game_server(),
        _ => Value::Null,
    };
    let mut head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    loop {
        let mut state = shared.lock();
        state.advance(Instant::now());
        let server = state.game_server();
        if state.is_closed {
            return;
        }
        if server == last || state.is_deaf {
            let waited = shared
                .changed
                .wait_timeout(state, Duration::from_millis(50));
            drop(waited);
            continue;
        }
        drop(state);
        let line = format!("{}\n", json!({ "result": server }));
        let chunk = format!("{head}{:x}\r\n{line}\r\n", line.len());
        if writer
            .write_all(chunk.as_bytes())
            .and_then(|()| writer.flush())
            .is_err()
        {
            return;
        }
        head = "";
        last = server;
    }
}

/// Names with values.
pub type Names = BTreeMap<String, String>;
