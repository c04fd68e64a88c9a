//! Sinks get what passes the sockets, in the forms that they ask for.

use std::sync::{Arc, Mutex};

use enet_codec::Compression;
use enet_multiplayer::{ServerOptions, TransferMode};
use enet_net::{Direction, Form, Sink, SinkId, Tapped};
use sim::{NodeId, World};

/// What a sink got: direction, port of the remote, bytes, size on the wire.
pub type Heard = Vec<(Direction, u16, Vec<u8>, usize)>;

/// A sink that keeps everything.
#[derive(Clone, Default)]
pub struct Ear(Arc<Mutex<Heard>>);

impl Ear {
    pub fn heard(&self) -> Heard {
        self.0.lock().expect("no panic").clone()
    }

    /// The bytes that went one way.
    pub fn way(&self, direction: Direction) -> Vec<Vec<u8>> {
        let heard = self.heard().into_iter();
        heard
            .filter(|(way, ..)| *way == direction)
            .map(|(_, _, bytes, _)| bytes)
            .collect()
    }
}

impl Sink for Ear {
    fn take(&mut self, datagram: &Tapped<'_>) {
        let Tapped {
            direction,
            remote,
            bytes,
            wire_size,
            ..
        } = *datagram;
        let heard = (direction, remote.port(), bytes.to_vec(), wire_size);
        self.0.lock().expect("no panic").push(heard);
    }
}

fn ear(world: &World, node: NodeId, form: Form) -> (Ear, SinkId) {
    let ear = Ear::default();
    let sink = Box::new(ear.clone());
    let id = world.with_host(node, |host| host.add_sink(form, sink));
    (ear, id)
}

const TEXT: &[u8] = b"a text, a text, a text, a text, a text, a text, a text, a text that every codec makes smaller";

fn has_text(datagrams: &[Vec<u8>]) -> usize {
    let has = |datagram: &&Vec<u8>| datagram.windows(TEXT.len()).any(|part| part == TEXT);
    datagrams.iter().filter(has).count()
}

fn play(mode: &Compression) {
    let mut world = World::new(7);
    world.network.record();
    let server = world.server(&ServerOptions::default());
    let client = world.client(server);
    for node in [server, client] {
        let connection = world[node].peer.host().expect("a host");
        let chosen = connection.borrow_mut().set_compression(mode.clone());
        chosen.expect("a host");
    }
    let forms = [Form::Wire, Form::Decrypted, Form::Plain];
    let [wire, decrypted, plain] = forms.map(|form| ear(&world, server, form).0);
    let [client_wire, _, client_plain] = forms.map(|form| ear(&world, client, form).0);
    assert!(world.run_until(5000, |world| world[client].is_up()));
    world.run(200);
    for _ in 0..5 {
        let id = world[client].peer.unique_id();
        let sent = world.send(server, id, TransferMode::Reliable, 0, TEXT);
        sent.expect("connected");
        world.run(50);
    }
    world.run(3000);

    // The network has a record of its own.
    let recording = world.network.take_recording();
    let (port, client_port) = (world.address(server).port(), world.address(client).port());
    for (ear, own) in [(&wire, port), (&client_wire, client_port)] {
        let recorded = |to: bool| -> Vec<Vec<u8>> {
            let of = recording
                .iter()
                .filter(|(from, target, _)| own == if to { target.port() } else { from.port() });
            of.map(|(_, _, bytes)| bytes.clone()).collect()
        };
        assert_eq!(ear.way(Direction::In), recorded(true), "{mode:?}");
        assert_eq!(ear.way(Direction::Out), recorded(false), "{mode:?}");
        let sizes = |(_, _, bytes, size): &(_, _, Vec<u8>, usize)| bytes.len() == *size;
        assert!(ear.heard().iter().all(sizes));
    }
    assert!(
        wire.heard()
            .iter()
            .all(|(_, from, ..)| *from == client_port)
    );
    assert_eq!(decrypted.heard(), wire.heard(), "nothing is encrypted");

    let totals = world.with_host(server, |host| host.totals());
    let count = |ear: &Ear, way| ear.way(way).len() as u64;
    for ear in [&wire, &decrypted, &plain] {
        assert_eq!(count(ear, Direction::In), totals.received_datagrams);
        assert_eq!(count(ear, Direction::Out), totals.sent_datagrams);
    }
    // What one end made is what the other reads.
    assert_eq!(plain.way(Direction::Out), client_plain.way(Direction::In));
    assert_eq!(plain.way(Direction::In), client_plain.way(Direction::Out));
    assert_eq!(has_text(&plain.way(Direction::Out)), 5);
    let is_compressed = *mode != Compression::None;
    let visible = has_text(&wire.way(Direction::Out));
    assert_eq!(visible, if is_compressed { 0 } else { 5 }, "{mode:?}");
    let sizes = |ear: &Ear| -> Vec<usize> {
        let out = ear
            .heard()
            .into_iter()
            .filter(|heard| heard.0 == Direction::Out);
        out.map(|heard| heard.3).collect()
    };
    assert_eq!(sizes(&plain), sizes(&wire), "sizes are those of the wire");
}

#[test]
fn sinks_get_what_the_network_carried_and_what_it_meant() {
    play(&Compression::None);
    play(&Compression::RangeCoder);
    play(&Compression::Zlib);
}

#[test]
fn a_removed_sink_gets_nothing_more_and_the_others_go_on() {
    let mut world = World::new(8);
    let (server, clients) = world.connected(1);
    let (removed, id) = ear(&world, server, Form::Wire);
    let (kept, _) = ear(&world, server, Form::Plain);
    let id_of_client = world[clients[0]].peer.unique_id();
    let sent = world.send(server, id_of_client, TransferMode::Reliable, 0, TEXT);
    sent.expect("connected");
    world.run(200);
    assert!(!removed.heard().is_empty());
    world.with_host(server, |host| host.remove_sink(id));
    let (before, of_kept) = (removed.heard().len(), kept.heard().len());
    let sent = world.send(server, id_of_client, TransferMode::Reliable, 0, TEXT);
    sent.expect("connected");
    world.run(200);
    assert_eq!(removed.heard().len(), before);
    assert_eq!(Arc::strong_count(&removed.0), 1, "it was dropped");
    assert!(kept.heard().len() > of_kept);
}
