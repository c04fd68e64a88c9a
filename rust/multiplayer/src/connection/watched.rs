//! Whom a host lets in, and the session that takes part.

use super::{Connection, Missed};
use enet_proto::Admission;

impl Connection {
    /// Turns newcomers away, or stops doing so.
    pub fn set_refusing(&mut self, refuses: bool) {
        self.is_refusing = refuses;
        self.tell_admission();
    }

    /// Whether newcomers are turned away.
    pub fn is_refusing(&self) -> bool {
        self.is_refusing
    }

    /// Whether a session takes part.
    pub fn is_watched(&self) -> bool {
        self.watched.is_some()
    }

    /// A session takes part from now on, with newcomers admitted as it says, or not any more. What it
    /// missed so far it gets with [`Connection::take_missed`].
    pub(crate) fn watch(&mut self, admission: Option<Admission>) {
        let was_watched = self.watched.is_some();
        self.watched = admission;
        self.missed.clear();
        if let Some(host) = &mut self.host {
            // A session that leaves may have been full.
            host.refuse_data(false);
        }
        if !was_watched && admission.is_some() {
            let joined = self
                .members
                .iter()
                .filter(|member| member.is_up && member.is_active);
            let joined = joined.map(|member| Missed::Joined(member.id, member.data));
            self.missed.extend(joined);
        }
        self.tell_admission();
    }

    /// What happened without the session since the last call.
    pub(crate) fn take_missed(&mut self) -> Vec<Missed> {
        std::mem::take(&mut self.missed)
    }

    pub(super) fn tell_admission(&mut self) {
        let admission = match self.is_refusing {
            true => Admission::Nobody,
            false => self.watched.unwrap_or(Admission::Everybody),
        };
        if let Some(host) = &mut self.host {
            host.set_admission(admission);
        }
    }
}
