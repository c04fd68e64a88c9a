//! What a scraper asks for.

use httparse::Status;

use crate::http::{MOST_FIELDS, MOST_HEAD};

/// See [`asked`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The metrics.
    Metrics,
    /// Something that is not here.
    Else,
    /// Something that nobody can do here.
    BadMethod,
    /// The request is not HTTP, or too long.
    Nonsense,
}

/// What the head of a request asks for; `None` if it is not complete.
pub fn asked(head: &[u8]) -> Option<Asked> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(Status::Partial) if head.len() <= MOST_HEAD => None,
        Ok(Status::Partial) | Err(_) => Some(Asked::Nonsense),
        Ok(Status::Complete(_)) => {
            let path = request.path.unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default();
            Some(match (request.method, path) {
                (Some("GET"), "/metrics") => Asked::Metrics,
                (Some("GET"), _) => Asked::Else,
                _ => Asked::BadMethod,
            })
        }
    }
}
