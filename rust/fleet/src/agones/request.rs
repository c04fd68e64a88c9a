//! Requests of the SDK, and their form on the wire.
//!
//! The paths and bodies are those of Agones' REST interface. 64-bit numbers are texts there, as in all JSON of protobuf.

use std::time::Duration;

use serde_json::{Value, json};

use super::defaults;
use crate::http::Call;

/// A request to the SDK server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The server takes players: state Ready.
    Ready,
    /// The server is in use: state Allocated. It is not shut down when the fleet shrinks.
    Allocate,
    /// The server is reserved for so long: state Reserved, then Ready again.
    Reserve(Duration),
    /// The server is done: it will be deleted.
    Shutdown,
    /// Asks for the game server.
    GameServer,
    /// Sets a label. Its key gets the prefix `agones.dev/sdk-`.
    SetLabel(String, String),
    /// Sets an annotation, with the same prefix.
    SetAnnotation(String, String),
    /// Asks for a counter.
    GetCounter(String),
    /// Sets the count of a counter.
    SetCount(String, i64),
    /// Adds to the count of a counter, or takes from it.
    AddCount(String, i64),
    /// Sets the capacity of a counter.
    SetCounterCapacity(String, i64),
    /// Asks for a list.
    GetList(String),
    /// Replaces the values of a list.
    SetValues(String, Vec<String>),
    /// Adds a value to a list.
    AddValue(String, String),
    /// Removes a value from a list.
    RemoveValue(String, String),
    /// Sets the capacity of a list.
    SetListCapacity(String, i64),
}

/// A text that Kubernetes does not allow where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// The name of a counter or list.
    #[error(
        "\"{0}\" is no name: names have 1 to 63 letters, digits, \"-\", \"_\" and \".\", and begin and end with a letter or digit"
    )]
    Name(String),
    /// The key of a label or annotation.
    #[error(
        "\"{0}\" is no key: keys have 1 to 59 letters, digits, \"-\", \"_\" and \".\", and begin and end with a letter or digit"
    )]
    Key(String),
    /// The value of a label.
    #[error(
        "\"{0}\" is no value for a label: values are empty, or have up to 63 letters, digits, \"-\", \"_\" and \".\", and begin and end with a letter or digit. Annotations take any text"
    )]
    Label(String),
}

/// The longest name, and the longest value of a label.
const MOST_NAME: usize = 63;
/// Agones puts `sdk-` before keys.
const MOST_KEY: usize = MOST_NAME - 4;

impl Request {
    /// The name of the request in the words of Agones' documentation.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Allocate => "Allocate",
            Self::Reserve(_) => "Reserve",
            Self::Shutdown => "Shutdown",
            Self::GameServer => "GameServer",
            Self::SetLabel(..) => "SetLabel",
            Self::SetAnnotation(..) => "SetAnnotation",
            Self::GetCounter(_) => "GetCounter",
            Self::SetCount(..) => "SetCounterCount",
            Self::AddCount(..) => "IncrementCounter",
            Self::SetCounterCapacity(..) => "SetCounterCapacity",
            Self::GetList(_) => "GetList",
            Self::SetValues(..) => "UpdateList",
            Self::AddValue(..) => "AppendListValue",
            Self::RemoveValue(..) => "DeleteListValue",
            Self::SetListCapacity(..) => "SetListCapacity",
        }
    }

    /// The counter, list, label or annotation that the request names.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::SetLabel(name, _)
            | Self::SetAnnotation(name, _)
            | Self::GetCounter(name)
            | Self::SetCount(name, _)
            | Self::AddCount(name, _)
            | Self::SetCounterCapacity(name, _)
            | Self::GetList(name)
            | Self::SetValues(name, _)
            | Self::AddValue(name, _)
            | Self::RemoveValue(name, _)
            | Self::SetListCapacity(name, _) => Some(name),
            Self::Ready | Self::Allocate | Self::Reserve(_) | Self::Shutdown | Self::GameServer => {
                None
            }
        }
    }

    /// Refuses texts that Kubernetes does not allow. Names become a part of the path, too. A label that Kubernetes refuses
    /// would keep Agones from setting any later one.
    pub fn check(&self) -> Result<(), BadText> {
        match self {
            Self::SetLabel(_, value) if !value.is_empty() && !is_name(value, MOST_NAME) => {
                return Err(BadText::Label(value.clone()));
            }
            _ => {}
        }
        let is_key = matches!(self, Self::SetLabel(..) | Self::SetAnnotation(..));
        match self.subject() {
            Some(key) if is_key && !is_name(key, MOST_KEY) => Err(BadText::Key(key.to_owned())),
            Some(name) if !is_key && !is_name(name, MOST_NAME) => {
                Err(BadText::Name(name.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// What has to succeed before the request is made: an SDK server may crash of a change to a list that does not exist.
    pub(super) fn precondition(&self) -> Option<Self> {
        match self {
            Self::SetValues(name, _) | Self::SetListCapacity(name, _) => {
                Some(Self::GetList(name.clone()))
            }
            _ => None,
        }
    }

    /// Adds what an SDK server may leave out of its answer.
    pub(super) fn complete(&self, answer: &mut Value) {
        match self {
            Self::GetCounter(name) => defaults::counter(name, answer),
            Self::GetList(name) => defaults::list(name, answer),
            Self::GameServer => defaults::game_server(answer),
            _ => {}
        }
    }

    /// Whether a second time does no harm, where it is not known whether the first arrived.
    pub(super) fn is_repeatable(&self) -> bool {
        !matches!(
            self,
            Self::AddCount(..) | Self::AddValue(..) | Self::RemoveValue(..)
        )
    }

    /// Whether the request makes another one, which waits, pointless.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SetCount(name, _), Self::SetCount(other, _))
            | (Self::SetValues(name, _), Self::SetValues(other, _)) => name == other,
            _ => false,
        }
    }

    /// The request in HTTP.
    pub(super) fn to_call(&self) -> Call {
        let counter = |name: &str| format!("/v1beta1/counters/{name}");
        let list = |name: &str| format!("/v1beta1/lists/{name}");
        let (method, path, body): (_, _, Value) = match self {
            Self::Ready => ("POST", "/ready".to_owned(), json!({})),
            Self::Allocate => ("POST", "/allocate".to_owned(), json!({})),
            Self::Reserve(time) => (
                "POST",
                "/reserve".to_owned(),
                json!({ "seconds": time.as_secs().to_string() }),
            ),
            Self::Shutdown => ("POST", "/shutdown".to_owned(), json!({})),
            Self::GameServer => ("GET", "/gameserver".to_owned(), Value::Null),
            Self::SetLabel(key, value) => (
                "PUT",
                "/metadata/label".to_owned(),
                json!({ "key": key, "value": value }),
            ),
            Self::SetAnnotation(key, value) => (
                "PUT",
                "/metadata/annotation".to_owned(),
                json!({ "key": key, "value": value }),
            ),
            Self::GetCounter(name) => ("GET", counter(name), Value::Null),
            Self::SetCount(name, count) => (
                "PATCH",
                counter(name),
                json!({ "count": count.to_string() }),
            ),
            Self::AddCount(name, count) => (
                "PATCH",
                counter(name),
                json!({ "countDiff": count.to_string() }),
            ),
            Self::SetCounterCapacity(name, capacity) => (
                "PATCH",
                counter(name),
                json!({ "capacity": capacity.to_string() }),
            ),
            Self::GetList(name) => ("GET", list(name), Value::Null),
            Self::SetValues(name, values) => ("PATCH", list(name), json!({ "values": values })),
            Self::AddValue(name, value) => (
                "POST",
                format!("{}:addValue", list(name)),
                json!({ "value": value }),
            ),
            Self::RemoveValue(name, value) => (
                "POST",
                format!("{}:removeValue", list(name)),
                json!({ "value": value }),
            ),
            Self::SetListCapacity(name, capacity) => (
                "PATCH",
                list(name),
                json!({ "capacity": capacity.to_string() }),
            ),
        };
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        Call { method, path, body }
    }
}

fn is_name(text: &str, most: usize) -> bool {
    let is_end = |end: Option<u8>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let bytes = text.as_bytes();
    bytes.len() <= most
        && is_end(bytes.first().copied())
        && is_end(bytes.last().copied())
        && bytes.iter().copied().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_change_the_path_are_refused() {
        for name in [
            "",
            "a/b",
            "../ready",
            "a b",
            "a:addValue",
            "-a",
            "a.",
            "ä",
            &"a".repeat(64),
        ] {
            let request = Request::GetCounter(name.to_owned());
            assert_eq!(request.check(), Err(BadText::Name(name.to_owned())));
        }
        for name in ["players", "a", "a-b_c.d", "7", &"a".repeat(63)] {
            assert_eq!(Request::GetCounter(name.to_owned()).check(), Ok(()));
        }
    }

    #[test]
    fn keys_and_values_that_kubernetes_refuses_are_refused() {
        let label = |key: &str, value: &str| Request::SetLabel(key.to_owned(), value.to_owned());
        for value in ["", "a", "v1.2_x-y", &"a".repeat(63)] {
            assert_eq!(label("map", value).check(), Ok(()));
        }
        for value in [" ", "a b", "-a", "Grüße", "{}", &"a".repeat(64)] {
            assert_eq!(
                label("map", value).check(),
                Err(BadText::Label(value.to_owned()))
            );
        }
        assert_eq!(label(&"k".repeat(59), "a").check(), Ok(()));
        let long = "k".repeat(60);
        assert_eq!(label(&long, "a").check(), Err(BadText::Key(long.clone())));
        let annotation = Request::SetAnnotation(long.clone(), String::new());
        assert_eq!(annotation.check(), Err(BadText::Key(long)));
        let annotation = Request::SetAnnotation("motd".to_owned(), "any { text".to_owned());
        assert_eq!(annotation.check(), Ok(()));
    }

    #[test]
    fn texts_cannot_leave_their_place_in_the_json() {
        let request = Request::SetLabel("a".to_owned(), "\"}\r\n".to_owned());
        assert_eq!(request.to_call().body, r#"{"key":"a","value":"\"}\r\n"}"#);
    }
}
