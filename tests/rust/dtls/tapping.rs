//! Sinks of encrypted hosts.

use enet_net::{Direction, Form};
use enet_proto::PacketFlags;
use sim::World;

use super::{joined, only_peer, serve_until};
use crate::tapping::Ear;

const TEXT: &[u8] = b"known to two";

#[test]
fn sinks_get_encrypted_and_decrypted_datagrams() {
    let mut world = World::new(11);
    let (server, client) = joined(&mut world);
    let forms = [Form::Wire, Form::Decrypted, Form::Plain];
    let ears = forms.map(|form| (form, Ear::default(), Ear::default()));
    for (form, of_server, of_client) in &ears {
        for (host, ear) in [(&server, of_server), (&client, of_client)] {
            let mut host = host.borrow_mut();
            let host = host.host().expect("a host");
            host.add_sink(*form, Box::new(ear.clone()));
        }
    }
    let peer = only_peer(&client);
    let now = world.now();
    let mut host = client.borrow_mut();
    let host_of_client = host.host().expect("a host");
    let sent = host_of_client.send(now, peer, 0, PacketFlags::RELIABLE, TEXT);
    sent.expect("connected");
    host_of_client.flush(now);
    drop(host);
    serve_until(&mut world, &[&server, &client], 2, |_| false);

    let [
        (_, wire, client_wire),
        (_, decrypted, _),
        (_, plain, client_plain),
    ] = &ears;
    let has_text = |ear: &Ear, way| {
        let has = |datagram: &Vec<u8>| datagram.windows(TEXT.len()).any(|part| part == TEXT);
        ear.way(way).iter().any(has)
    };
    assert!(!has_text(wire, Direction::In));
    assert!(!has_text(client_wire, Direction::Out));
    for ear in [decrypted, plain] {
        assert!(has_text(ear, Direction::In));
        assert_eq!(ear.heard(), plain.heard());
    }
    assert!(has_text(client_plain, Direction::Out));
    for (wire, plain) in [(wire, plain), (client_wire, client_plain)] {
        let sizes = |ear: &Ear| ear.heard().iter().map(|heard| heard.3).collect::<Vec<_>>();
        assert!(!sizes(wire).is_empty());
        assert_eq!(sizes(plain), sizes(wire), "sizes are those of the wire");
        assert!(plain.heard().iter().all(|heard| heard.2.len() < heard.3));
    }
}
