//! Both implementations of waiting, and the socket's buffers.

use std::net::Ipv6Addr;
use std::thread;
use std::time::Instant;

use super::*;

// Only Linux lets a test kill a socket.
#[cfg(target_os = "linux")]
mod death;

const LONG: Duration = Duration::from_secs(60);

type Wait = fn(&UdpSocket, Duration) -> io::Result<bool>;

fn each_way(test: impl Fn(Wait)) {
    test(|socket, timeout| poll::wait(socket, None, timeout));
    #[cfg(unix)]
    test(|socket, timeout| no_poll::wait(socket, None, timeout));
}

fn socket() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_nonblocking(true).expect("open");
    let address = socket.local_addr().expect("bound");
    (socket, address)
}

#[test]
fn nothing_comes_and_the_time_passes() {
    each_way(|wait| {
        let (socket, _) = socket();
        for micros in [0, 300, 20_000] {
            let timeout = Duration::from_micros(micros);
            let clock = Instant::now();
            assert!(!wait(&socket, timeout).expect("no error"));
            assert!(clock.elapsed() >= timeout);
        }
    });
}

#[test]
fn what_is_there_needs_no_time() {
    each_way(|wait| {
        let (socket, address) = socket();
        for size in [0, 5000] {
            let sent = socket.send_to(&vec![1; size], address);
            assert_eq!(sent.expect("sent"), size);
            // The datagram stays readable until it is received.
            for timeout in [LONG, Duration::ZERO] {
                assert!(wait(&socket, timeout).expect("no error"));
            }
            socket.recv_from(&mut [0; 8192]).expect("taken");
            assert!(!wait(&socket, Duration::ZERO).expect("no error"));
        }
    });
}

#[test]
fn what_comes_meanwhile_ends_the_wait() {
    each_way(|wait| {
        let (near, near_address) = socket();
        let (far, far_address) = socket();
        let clock = Instant::now();
        thread::scope(|scope| {
            // The two ends wait in turn, so that nearly every wait begins before its datagram arrives.
            scope.spawn(|| rally(wait, &far, near_address));
            near.send_to(&[1], far_address).expect("sent");
            rally(wait, &near, far_address);
        });
        assert!(clock.elapsed() < LONG);
    });
}

/// Answers each datagram. The last answer is never received.
fn rally(wait: Wait, socket: &UdpSocket, to: SocketAddr) {
    for _ in 0..100 {
        assert!(wait(socket, LONG).expect("no error"));
        socket.recv_from(&mut [0; 8]).expect("a datagram");
        socket.send_to(&[1], to).expect("sent");
    }
}

/// Waits with an alarm that another thread sets, or an earlier call has set.
macro_rules! alarm_test {
    ($way:ident) => {{
        let (socket, _) = socket();
        let alarm = &$way::Alarm::new().expect("an alarm");
        assert!(!$way::wait(&socket, Some(alarm), Duration::ZERO).expect("no error"));
        // Setting the alarm several times ends one wait.
        for _ in 0..100_000 {
            alarm.set();
        }
        assert!($way::wait(&socket, Some(alarm), LONG).expect("no error"));
        assert!(!$way::wait(&socket, Some(alarm), Duration::ZERO).expect("no error"));
        let clock = Instant::now();
        thread::scope(|scope| {
            let (done, asked) = std::sync::mpsc::channel();
            scope.spawn(move || {
                while asked.recv().is_ok() {
                    alarm.set();
                }
            });
            for _ in 0..100 {
                done.send(()).expect("it listens");
                assert!($way::wait(&socket, Some(alarm), LONG).expect("no error"));
            }
            drop(done);
        });
        assert!(clock.elapsed() < LONG);
    }};
}

#[test]
fn an_alarm_ends_the_wait() {
    alarm_test!(poll);
    #[cfg(unix)]
    alarm_test!(no_poll);
}

#[test]
fn the_buffers_that_the_system_gave_are_told() {
    let socket = UdpTransport::open(local());
    let (receive, send) = socket.expect("a socket").buffer_sizes();
    let (plain, _) = self::socket();
    let plain = SockRef::from(&plain);
    assert!(receive >= plain.recv_buffer_size().expect("known"));
    assert!(send >= plain.send_buffer_size().expect("known"));
}

fn local() -> Opening {
    Opening {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        both_families: false,
    }
}

/// Receives a batch.
type Receive = fn(&UdpSocket, bool, usize, &mut dyn FnMut(SocketAddr, &[u8])) -> io::Result<usize>;

#[test]
fn every_datagram_is_received_whole_once_and_in_order() {
    if batch::SIZE == 1 {
        return;
    }
    let receivers: [(Receive, usize); 1] = [(batch::receive, batch::SIZE)];
    for (receive, most) in receivers {
        let (near, near_address) = socket();
        let far = [socket(), socket()];
        for count in [0, 1, 7, 8, 9, 20] {
            for number in 0..count {
                let (socket, _) = &far[number % 2];
                let sent = socket.send_to(&vec![number as u8; 100 * number], near_address);
                sent.expect("sent");
            }
            let mut received = 0;
            while received < count {
                let before = received;
                let taken = receive(&near, false, most, &mut |from, datagram| {
                    assert_eq!(from, far[received % 2].1);
                    assert_eq!(datagram, vec![received as u8; 100 * received]);
                    received += 1;
                });
                let taken = taken.expect("some are left");
                assert_eq!(taken, received - before);
                assert!(taken <= most);
            }
            let error = receive(&near, false, most, &mut |_, _| panic!("none is left"));
            let error = error.expect_err("none is left");
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
        }
    }
}

#[test]
fn a_drained_transport_says_so() {
    let transport = || Udp.bind(BindAddress::Ip(Ipv4Addr::LOCALHOST.into()), 0);
    let mut near = transport().expect("a socket");
    let mut far = transport().expect("a socket");
    let to = near.local_address().expect("bound");
    for count in [1, batch::SIZE + 1] {
        for _ in 0..count {
            far.send(to, b"hello").expect("sent");
        }
        let mut received = 0;
        while received < count {
            received += near.receive_batch(&mut |_, _| {}).expect("no error");
            let is_early = near.is_drained() && received < count;
            assert!(!is_early, "{received} of {count}");
        }
        // Without batches, only a call in vain tells.
        assert_eq!(near.is_drained(), batch::SIZE > 1, "{count}");
        assert_eq!(near.receive(&mut |_, _| {}).expect("no error"), 0);
    }
}

#[test]
fn a_thread_may_receive_on_sockets_of_both_families_in_turn() {
    let transport = |ip: IpAddr| Udp.bind(BindAddress::Ip(ip), 0).expect("a socket");
    let families: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let mut pairs = families.map(|ip| (transport(ip), transport(ip)));
    for round in 0..4 {
        for (near, far) in &mut pairs {
            let to = near.local_address().expect("bound");
            let from = far.local_address().expect("bound");
            far.send(to, &[round]).expect("sent");
            let received = near.receive_batch(&mut |sender, datagram| {
                assert_eq!((sender, datagram), (from, &[round][..]));
            });
            assert_eq!(received.expect("no error"), 1);
        }
    }
}

/// The way of systems that have neither batches nor segmentation offload.
#[test]
fn single_calls_move_what_batches_do() {
    let plain = || {
        let mut transport = UdpTransport::open(local()).expect("a socket");
        transport.sends_batches = false;
        transport.can_join = false;
        transport
    };
    let (mut near, mut far) = (plain(), plain());
    let to = near.local_address().expect("bound");
    assert_eq!(far.largest_batch(), 1);
    let bytes: Vec<u8> = (0..20).flat_map(|number| vec![number; 1000]).collect();
    assert_eq!(far.send_batch(to, &bytes[..19_500], 1000), 20);
    let mut received = Vec::new();
    while received.len() < 20 {
        assert!(near.wait(LONG).expect("no error"));
        let taken = near.receive(&mut |_, datagram| received.push(datagram.to_vec()));
        assert!(taken.expect("no error") <= 1);
    }
    for (number, datagram) in received.iter().enumerate() {
        let length = if number == 19 { 500 } else { 1000 };
        assert_eq!(*datagram, vec![number as u8; length]);
    }
    assert!(near.joined.is_none());
}

/// Windows reports an error, other systems cut the datagram. Apple's send none of this size.
#[test]
#[cfg(not(target_vendor = "apple"))]
fn a_datagram_that_is_too_large_is_known_as_such_and_hides_none_behind_it() {
    for in_batches in [false, true] {
        let mut near = UdpTransport::open(local()).expect("a socket");
        let to = near.local_address().expect("bound");
        let (far, from) = socket();
        for bytes in [&[1; 20_000][..], &[2; MAX_DATAGRAM_SIZE], &[]] {
            assert_eq!(far.send_to(bytes, to).expect("sent"), bytes.len());
        }
        let mut received = Vec::new();
        while received.len() < 3 {
            assert!(near.wait(LONG).expect("no error"));
            let mut take = |from: SocketAddr, datagram: &[u8]| {
                received.push((from, datagram.len()));
            };
            let taken = match in_batches {
                true => near.receive_batch(&mut take),
                false => near.receive(&mut take),
            };
            taken.expect("no error");
        }
        assert!(received[0].1 > MAX_DATAGRAM_SIZE);
        assert_eq!(received[1..], [(from, MAX_DATAGRAM_SIZE), (from, 0)]);
    }
}

/// Windows reports ICMP messages about datagrams of before to whoever receives.
#[test]
fn a_closed_port_of_one_remote_disturbs_no_other() {
    let mut near = UdpTransport::open(local()).expect("a socket");
    let to = near.local_address().expect("bound");
    let (far, from) = socket();
    let (gone, closed) = socket();
    drop(gone);
    for round in 0..100 {
        let _ = near.send(closed, b"nobody");
        assert_eq!(
            near.receive(&mut |_, _| panic!("nothing"))
                .expect("no error"),
            0
        );
        far.send_to(&[round], to).expect("sent");
        let mut received = None;
        while received.is_none() {
            assert!(near.wait(LONG).expect("no error"));
            let taken = near.receive(&mut |from, bytes| received = Some((from, bytes.to_vec())));
            taken.expect("no error");
        }
        assert_eq!(received, Some((from, vec![round])));
    }
    assert!(near.take_mishap().is_none());
}
