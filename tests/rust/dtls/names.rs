//! Encrypted attempts to connect to a name whose lookup takes longer than a frame.

use enet_dtls::Dtls;
use sim::World;

use super::{failed, host, is_connected, own, serve_until, server, trusting};

/// In either order: the encryption is set up before the attempt, or while its name is resolved.
#[test]
fn an_encrypted_attempt_waits_for_the_address_of_a_name() {
    for encrypts_first in [true, false] {
        let mut world = World::new(880);
        let pair = own();
        let server = server(&mut world, &pair);
        let client = host(&mut world, 1);
        let port = i32::from(server.borrow().local_port().expect("active"));
        let encrypt = |world: &World| {
            let dtls = Dtls::client(trusting(&pair), world.now());
            let done = client.borrow_mut().encrypt(dtls, world.now());
            done.expect("encrypted");
        };
        if encrypts_first {
            encrypt(&world);
        }
        let begun = (client.borrow_mut()).connect("slow", port, 2, 7, world.now());
        begun.expect("goes on to resolve");
        if !encrypts_first {
            encrypt(&world);
        }
        world.network.record();
        serve_until(&mut world, &[&client, &server], 1, |_| false);
        assert!(world.network.take_recording().is_empty());
        world.network.answer_lookups(true);
        let events = serve_until(&mut world, &[&client, &server], 5, is_connected(0));
        assert!(is_connected(0)(&events), "{events:?}");
        assert!(failed(&world, &client).is_none());
    }
}
