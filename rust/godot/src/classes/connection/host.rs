//! The host of ENetConnectionRs: how it is made, handed on and asked.

use std::rc::Rc;

use enet_multiplayer::{Facts, HostOptions, Inactive};
use enet_proto::{Event, Time};
use godot::global::Error;
use godot::prelude::*;

use super::{ENetConnectionRs, INACTIVE};
use crate::classes::Handle;
use crate::classes::limits::ENetLimitsRs;
use crate::report::Reports;
use crate::{clock, convert, newcomers, overriding};

impl ENetConnectionRs {
    /// The object for the host of another class's session.
    pub fn of_session(
        handle: Handle,
        limits: Option<Gd<ENetLimitsRs>>,
        session: Rc<Facts>,
    ) -> Gd<Self> {
        let mut object = Self::new_gd();
        {
            let mut this = object.bind_mut();
            this.handle = handle;
            this.limits_object = limits;
            this.is_of_session = true;
            this.follow(session);
        }
        object
    }

    /// The shared connection, with the objects of its peers.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends this object's own session when another session takes over the host.
    pub fn leave_session(&mut self, user: Rc<Facts>) {
        self.session.core.leave();
        self.follow(user);
    }

    /// Has the connection status tell of the session that uses the host.
    fn follow(&self, user: Rc<Facts>) {
        let host = Rc::downgrade(self.handle.connection());
        self.session.core.set_user(user, host);
    }

    pub(super) fn create(mut this: Gd<Self>, method: &str, options: &HostOptions) -> Error {
        overriding::warn(&this, method);
        Self::simulate_by_command_line(&mut this);
        let handle = this.bind().handle.clone();
        let created = (handle.connection().borrow_mut()).create(options, clock::now());
        match created {
            Ok(()) => {
                let session = &mut this.bind_mut().session.core;
                session.leave();
                if options.bind.is_some() {
                    session.serve(handle.connection().clone());
                }
                Error::OK
            }
            Err(error) => {
                Self::report_unborrowed(&this, method, &error);
                convert::create_error(&error)
            }
        }
    }

    /// The next event of the host, after waiting for up to `timeout`. The newcomers are judged meanwhile.
    pub(super) fn next_event(&mut self, timeout: Time) -> Result<Option<Event>, Inactive> {
        let handle = self.handle.clone();
        if !self.session.filter.is_ready() {
            let mut connection = handle.connection().borrow_mut();
            return connection.service(timeout, clock::now);
        }
        let service = |timeout| {
            let mut connection = handle.connection().borrow_mut();
            connection.service_or_newcomer(timeout, clock::now)
        };
        let deadline = clock::now() + timeout;
        newcomers::judge(self, handle.connection(), "service");
        loop {
            let event = service(deadline.saturating_sub(clock::now()));
            let is_any = newcomers::judge(self, handle.connection(), "service");
            if !matches!(event, Ok(None)) || !is_any || clock::now() >= deadline {
                return event;
            }
        }
    }

    /// Drops the objects of peers that left, which can run scripts' notifications.
    pub(super) fn forget_departed(&mut self) {
        let departed = self.handle.departed(|_| false);
        if !departed.is_empty() {
            let _lent = self.base_mut();
            drop(departed);
        }
    }

    pub(super) fn answer<T>(&self, method: &str, answer: Result<T, Inactive>) -> Option<T> {
        if answer.is_err() {
            self.report_looking(method, &INACTIVE);
        }
        answer.ok()
    }
}
