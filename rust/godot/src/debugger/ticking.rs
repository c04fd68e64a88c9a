//! When an object's figures are sent: with its polls, or with its timer if nobody polls it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use enet_proto::{Drops, Time};
use godot::prelude::*;

use super::events::{self, Kind};
use super::hosts::{self, Connected, HostInfo};
use super::watch::View;
use super::{WATCHING, agent, figures, methods, millis, names, send};
use crate::session::HasSession;

/// The time between two messages with counts.
const SECOND: Duration = Duration::from_secs(1);
/// The time after which the API is looked for again that has a peer; longer and longer if there is none.
const ROOT_AGAIN: Duration = Duration::from_secs(5);
const ROOT_AGAIN_AT_LAST: Duration = Duration::from_secs(60);
/// The time after which a host asks again whether the editor knows it.
const SOON: Duration = Duration::from_millis(20);

/// A poll of the object ends.
pub fn polled<T: HasSession>(this: &mut T, now: Time) {
    let watching = WATCHING.load(Ordering::Relaxed);
    if let Some(view) = &mut this.session_mut().watch.view
        && view.watching == watching
    {
        view.note_poll(now);
    }
    ticked(this, now);
}

/// Sends what is due.
pub fn ticked<T: HasSession>(this: &mut T, now: Time) {
    let watching = WATCHING.load(Ordering::Relaxed);
    let watch = &mut this.session_mut().watch;
    let is_early = |view: &View| view.watching == watching && now < view.next_snapshot;
    if watch.is_ticking || watch.view.as_deref().is_some_and(is_early) {
        return;
    }
    let view = watch.view.take();
    if !this.session().core.is_active() && this.own_host().is_none() {
        return;
    }
    let object = this.to_gd().instance_id().to_i64();
    let view = view.filter(|view| view.watching == watching);
    let is_new = view.is_none();
    let mut view = view.unwrap_or_else(|| Box::new(View::new(object, now)));
    let watch = &mut this.session_mut().watch;
    watch.is_ticking = true;
    if is_new {
        watch.talkers = Some(Box::default());
    }
    tell(this, &mut view, is_new, now);
    events::send_waiting();
    let watch = &mut this.session_mut().watch;
    // A script that ran meanwhile may have closed the host, or the editor may have gone.
    if std::mem::take(&mut watch.is_ticking) && view.is_current() {
        watch.view = Some(view);
    }
}

fn tell<T: HasSession>(this: &mut T, view: &mut View, is_new: bool, now: Time) {
    if now >= view.next_root {
        find_root(this, view);
        view.root_wait = match view.root {
            Some(_) => ROOT_AGAIN,
            None => (2 * view.root_wait).clamp(ROOT_AGAIN, ROOT_AGAIN_AT_LAST),
        };
        view.next_root = now + view.root_wait;
    }
    let info = HostInfo::of(this, view.object, view.root.clone().unwrap_or_default());
    if is_new {
        view.drops = drops(this);
        events::note(view.object, Kind::Host, 0, || info.words());
    }
    if !agent::list(&info) || !agent::tell(view.object, now) {
        view.next_snapshot = now + SOON;
        return;
    }
    let interval = agent::interval();
    let next = view.next_snapshot + interval;
    view.next_snapshot = if next > now { next } else { now + interval };
    let peers = hosts::connected(this);
    tell_peers(view, &peers);
    tell_datagrams(this, view, &peers);
    let since = std::mem::replace(&mut view.last_snapshot, now);
    let rows = figures::read(this, &peers, now, since);
    let row = varray![
        view.object,
        &PackedFloat64Array::from(rows.host),
        &PackedInt32Array::from(rows.ids),
        &PackedFloat64Array::from(rows.peers),
    ];
    send("snapshot", &varray![millis(now), &varray![&row]]);
    if now >= view.next_second {
        view.next_second = now + SECOND;
        view.taps.tell_sizes(view.object);
        tell_talkers(this, view, now);
        tell_refusals(view, drops(this));
    }
}

/// Looks for the API that has this peer. Scripts can override an API's methods.
fn find_root<T: HasSession>(this: &mut T, view: &mut View) {
    this.lend(|object| view.root = methods::find_root(object.instance_id()));
    this.session_mut().watch.is_raw = view.root.is_none();
}

fn tell_peers(view: &mut View, peers: &[Connected]) {
    let described = hosts::described(peers);
    if view.peers.as_ref() == Some(&described) {
        return;
    }
    let rows: VarArray = (described.iter())
        .map(|peer| {
            let row = vdict! {
                "id" => i64::from(peer.id),
                "address" => &GString::from(&peer.address),
                "state" => peer.state,
            };
            row.to_variant()
        })
        .collect();
    send("peers", &varray![view.object, &rows]);
    let ids = described.iter().map(|peer| peer.id);
    agent::note_peers(view.object, ids.collect());
    view.peers = Some(described);
}

/// A mesh has a host for each peer; no other has peers on several.
fn tell_datagrams<T: HasSession>(this: &T, view: &mut View, peers: &[Connected]) {
    let own = this.own_host();
    let others = peers.iter().map(|peer| &peer.host);
    let others = others.take(if own.is_some() { 0 } else { usize::MAX });
    let is_recorded = agent::is_recorded(view.object);
    view.taps.cover(own.iter().chain(others), is_recorded);
    let left_out = view.taps.tell_timeline(view.object, peers);
    if left_out > 0 {
        let text = || format!("{left_out} datagrams are not in the timeline");
        events::note(view.object, Kind::Warning, 0, text);
    }
}

fn tell_talkers<T: HasSession>(this: &mut T, view: &mut View, now: Time) {
    let watch = &mut this.session_mut().watch;
    let Some(talkers) = &mut watch.talkers else {
        return;
    };
    let entries = talkers.take();
    let located = names::locate(entries, watch.learned.as_deref(), view.root.as_deref());
    if located.is_empty() {
        return;
    }
    // Scripts can override how a node's properties are read.
    let mut named = Vec::new();
    this.lend(|_| named = view.methods.name(located, now));
    let rows: VarArray = (named.iter())
        .map(|((direction, kind, name), talk)| {
            let direction = names::direction(*direction);
            let (count, bytes) = (talk.count as i64, talk.bytes as i64);
            varray![direction, kind.name(), &GString::from(name), count, bytes].to_variant()
        })
        .collect();
    send("talkers", &varray![view.object, &rows]);
}

fn drops<T: HasSession>(this: &T) -> Drops {
    let core = &this.session().core;
    let drops = core.drops().ok();
    let own = || this.own_host()?.borrow().drops().ok();
    drops.or_else(own).unwrap_or_default()
}

/// Notes who was not let in during the last second.
fn tell_refusals(view: &mut View, drops: Drops) {
    let before = std::mem::replace(&mut view.drops, drops);
    let causes = [
        (before.full, drops.full, "there was no free place"),
        (before.refused, drops.refused, "refused"),
        (before.banned, drops.banned, "datagrams of banned addresses"),
        (before.handshakes, drops.handshakes, "failed handshakes"),
        (before.over_limit, drops.over_limit, "exceeded a limit"),
    ];
    for (before, now, cause) in causes {
        let count = now.saturating_sub(before);
        if count > 0 {
            events::note(view.object, Kind::Refused, 0, || {
                format!("{count}: {cause}")
            });
        }
    }
}
