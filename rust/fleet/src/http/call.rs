//! Requests to a server on this machine.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{BodyError, Decoder, Interrupt, MOST_FIELDS, MOST_HEAD};

/// A server on this machine accepts within this time, or is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Nothing interrupts an attempt to connect, so a longer one is made in such steps.
const CONNECT_STEP: Duration = Duration::from_millis(200);
/// `localhost`, without a lookup of the name.
const HERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, percent-encoded.
    pub path: String,
    /// JSON; empty if there is none.
    pub body: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing was sent: nobody accepts connections.
    #[error("nothing answers on port {port} of this machine: {cause}")]
    Connect {
        /// The port.
        port: u16,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The connection broke, or the answer took too long. The request may have been carried out.
    #[error("the connection to the SDK server broke: {0}")]
    Broken(#[from] std::io::Error),
    /// The answer is not HTTP.
    #[error("the answer is not HTTP: {0}")]
    Malformed(#[from] httparse::Error),
    /// The answer's body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The answer is larger than this side reads.
    #[error("the answer is too long")]
    TooLong,
}

/// An answer whose head has arrived.
#[derive(Debug)]
pub struct Opened {
    /// The status code.
    pub status: u16,
    /// Decodes the rest.
    pub decoder: Decoder,
    /// Bytes of the body that came with the head, decoded.
    pub body: Vec<u8>,
}

/// Makes a request and waits for the whole answer, `timeout` at most. A body above `most_body` bytes is an error.
pub fn call(
    port: u16,
    call: &Call,
    timeout: Duration,
    most_body: usize,
    interrupt: &Interrupt,
) -> Result<Answer, CallError> {
    let deadline = Instant::now() + timeout;
    let stream = connect(port, timeout, interrupt)?;
    interrupt.during(&stream, || {
        let mut opened = open(&stream, port, call, Some(deadline))?;
        while !opened.decoder.has_ended() {
            let mut piece = [0; 4096];
            match read(&stream, &mut piece, Some(deadline))? {
                0 => break,
                length => opened.decoder.feed(&piece[..length], &mut opened.body)?,
            }
            if opened.body.len() > most_body {
                return Err(CallError::TooLong);
            }
        }
        opened.decoder.close()?;
        Ok(Answer {
            status: opened.status,
            body: opened.body,
        })
    })?
}

/// Connects to a port of this machine.
pub fn connect(
    port: u16,
    timeout: Duration,
    interrupt: &Interrupt,
) -> Result<TcpStream, CallError> {
    let deadline = Instant::now() + CONNECT_TIMEOUT.min(timeout);
    loop {
        let cause = match connect_once(port) {
            Ok(stream) => return Ok(stream),
            Err(cause) => cause,
        };
        // A server whose queue of connections is full does not answer at all.
        let is_over = interrupt.is_raised() || Instant::now() >= deadline;
        if cause.kind() != ErrorKind::TimedOut || is_over {
            return Err(CallError::Connect { port, cause });
        }
    }
}

fn connect_once(port: u16) -> std::io::Result<TcpStream> {
    let mut first = None;
    for address in HERE {
        match TcpStream::connect_timeout(&SocketAddr::new(address, port), CONNECT_STEP) {
            Ok(stream) => return Ok(stream),
            // The system's answer for IPv4 tells more: many machines have no IPv6.
            Err(cause) => first = first.or(Some(cause)),
        }
    }
    Err(first.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into()))
}

/// Sends a request.
pub fn send(
    mut stream: &TcpStream,
    port: u16,
    call: &Call,
    deadline: Option<Instant>,
) -> std::io::Result<()> {
    let Call { method, path, body } = call;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let mut bytes = request.as_bytes();
    while !bytes.is_empty() {
        stream.set_write_timeout(left(deadline)?)?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sends a request and waits for the answer's head.
fn open(
    stream: &TcpStream,
    port: u16,
    call: &Call,
    deadline: Option<Instant>,
) -> Result<Opened, CallError> {
    send(stream, port, call, deadline)?;
    let mut head = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let length = read(stream, &mut piece, deadline)?;
        if length == 0 {
            return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into());
        }
        head.extend_from_slice(&piece[..length]);
        if let Some(opened) = parse(&head)? {
            return Ok(opened);
        }
        if head.len() > MOST_HEAD {
            return Err(CallError::TooLong);
        }
    }
}

/// Reads some bytes before the deadline.
pub fn read(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    deadline: Option<Instant>,
) -> std::io::Result<usize> {
    loop {
        stream.set_read_timeout(left(deadline)?)?;
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(ErrorKind::TimedOut.into());
            }
            other => return other,
        }
    }
}

/// The time up to the deadline.
fn left(deadline: Option<Instant>) -> std::io::Result<Option<Duration>> {
    let Some(deadline) = deadline else {
        return Ok(None);
    };
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(Some(left)),
    }
}

/// Parses the head of an answer, if all of it is there.
pub fn parse(bytes: &[u8]) -> Result<Option<Opened>, CallError> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(length) = answer.parse(bytes)? else {
        return Ok(None);
    };
    let value = |name: &str| {
        let field = answer
            .headers
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name));
        field
            .and_then(|field| std::str::from_utf8(field.value).ok())
            .map(str::trim)
    };
    let is_chunked =
        value("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let status = answer.code.unwrap_or_default();
    let mut decoder = match value("Content-Length").and_then(|length| length.parse().ok()) {
        _ if is_chunked => Decoder::chunked(),
        _ if matches!(status, 204 | 304) => Decoder::Length(0),
        Some(length) => Decoder::Length(length),
        None => Decoder::UntilClosed,
    };
    let mut body = Vec::new();
    decoder.feed(&bytes[length..], &mut body)?;
    Ok(Some(Opened {
        status,
        decoder,
        body,
    }))
}
