//! The numbers that senders gave to nodes: paths, and network ids of spawned nodes.

use std::collections::{HashMap, VecDeque};

use super::Lesson;

/// Most numbers of one sender; the oldest give way.
const MOST_OF_ONE: usize = 1024;
/// Most numbers of all senders.
const MOST: usize = 16_384;
/// Longer paths and names are not kept.
const LONGEST: usize = 255;
/// A spawned node with more synchronizers than that is known by the first of them.
const MOST_SYNCHRONIZERS: usize = 16;

/// What senders told of their numbers. The own side counts as the sender 0.
#[derive(Debug, Default)]
pub struct Learned {
    senders: HashMap<i32, Sender>,
    count: usize,
}

#[derive(Debug, Default)]
struct Sender {
    names: HashMap<Number, Name>,
    /// Oldest first; may name numbers that are gone.
    order: VecDeque<Number>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Number {
    Path(u32),
    Spawned(u32),
}

#[derive(Debug)]
struct Name {
    text: Box<str>,
    /// The number of the spawner's path; 0 for a path.
    spawner: u32,
    /// The ids that end with this one.
    synchronizers: Box<[u32]>,
    has_ended: bool,
}

impl Name {
    fn new(text: &str, spawner: u32) -> Self {
        Self {
            text: text.into(),
            spawner,
            synchronizers: Box::default(),
            has_ended: false,
        }
    }
}

impl Learned {
    /// Takes in what a message of a sender tells.
    pub fn learn(&mut self, sender: i32, lesson: Lesson<'_>) {
        match lesson {
            Lesson::Path { node, path } => {
                self.insert(sender, Number::Path(node), Name::new(path, 0));
            }
            Lesson::Spawn {
                spawner,
                name,
                first,
                others,
            } => {
                let others = others.chunks_exact(4).take(MOST_SYNCHRONIZERS);
                let others = others.map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]]));
                let others: Box<[u32]> = others.collect();
                for &id in &others {
                    self.insert(sender, Number::Spawned(id), Name::new(name, spawner));
                }
                let name = Name {
                    synchronizers: others,
                    ..Name::new(name, spawner)
                };
                self.insert(sender, Number::Spawned(first), name);
            }
            Lesson::Despawn(id) => self.end(sender, id),
        }
    }

    /// Lets the numbers of a node that ended give way first. Until then they explain what was counted before.
    fn end(&mut self, sender: i32, id: u32) {
        let Some(known) = self.senders.get_mut(&sender) else {
            return;
        };
        let Sender { names, order } = known;
        let Some(name) = names.get_mut(&Number::Spawned(id)) else {
            return;
        };
        let numbers = std::mem::take(&mut name.synchronizers);
        for &id in numbers.iter().chain([&id]) {
            let number = Number::Spawned(id);
            if let Some(name) = names.get_mut(&number)
                && !std::mem::replace(&mut name.has_ended, true)
            {
                order.push_front(number);
            }
        }
    }

    /// The path of a number.
    pub fn path(&self, sender: i32, node: u32) -> Option<&str> {
        let name = self.senders.get(&sender)?.names.get(&Number::Path(node))?;
        Some(&name.text)
    }

    /// The name of a spawned node, and the number of its spawner's path.
    pub fn spawned(&self, sender: i32, id: u32) -> Option<(&str, u32)> {
        let name = self.senders.get(&sender)?.names.get(&Number::Spawned(id))?;
        Some((&name.text, name.spawner))
    }

    /// Forgets what a sender told that left.
    pub fn forget(&mut self, sender: i32) {
        if let Some(gone) = self.senders.remove(&sender) {
            self.count -= gone.names.len();
        }
    }

    fn insert(&mut self, sender: i32, number: Number, name: Name) {
        if name.text.len() > LONGEST {
            return;
        }
        let is_full = self.count >= MOST;
        if is_full && !self.senders.contains_key(&sender) {
            return;
        }
        let known = self.senders.entry(sender).or_default();
        if let Some(former) = known.names.get_mut(&number) {
            // The order has the number already.
            *former = Name {
                has_ended: former.has_ended,
                ..name
            };
            return;
        }
        known.names.insert(number, name);
        self.count += 1;
        known.order.push_back(number);
        while known.names.len() > MOST_OF_ONE || (self.count > MOST && known.names.len() > 1) {
            let Some(oldest) = known.order.pop_front() else {
                break;
            };
            self.count -= usize::from(known.names.remove(&oldest).is_some());
        }
        // A number that ended is named twice.
        if known.order.len() > 4 * MOST_OF_ONE {
            let Sender { names, order } = known;
            order.retain(|number| names.contains_key(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(node: u32, path: &str) -> Lesson<'_> {
        Lesson::Path { node, path }
    }

    #[test]
    fn each_sender_has_numbers_of_its_own() {
        let mut learned = Learned::default();
        learned.learn(0, path(1, "Own"));
        learned.learn(7, path(1, "Theirs"));
        assert_eq!(learned.path(0, 1), Some("Own"));
        assert_eq!(learned.path(7, 1), Some("Theirs"));
        learned.forget(7);
        assert_eq!(learned.path(7, 1), None);
        assert_eq!(learned.count, 1);
    }

    #[test]
    fn spawned_nodes_that_ended_give_way_first() {
        fn spawn(first: u32) -> Lesson<'static> {
            Lesson::Spawn {
                spawner: 3,
                name: "Ball",
                first,
                others: &[255, 255, 0, 0],
            }
        }
        let mut learned = Learned::default();
        learned.learn(5, spawn(1));
        learned.learn(5, spawn(2));
        learned.learn(5, Lesson::Despawn(2));
        learned.learn(5, Lesson::Despawn(2));
        assert_eq!(learned.spawned(5, 2), Some(("Ball", 3)));
        assert_eq!(learned.spawned(5, 0xFFFF), Some(("Ball", 3)));
        for node in 0..MOST_OF_ONE as u32 - 1 {
            learned.learn(5, path(node, "Node"));
        }
        assert_eq!(learned.spawned(5, 2), None);
        assert_eq!(learned.spawned(5, 0xFFFF), None);
        assert_eq!(learned.spawned(5, 1), Some(("Ball", 3)));
        assert_eq!(learned.path(5, 0), Some("Node"));
        learned.learn(5, path(5000, "Node"));
        assert_eq!(learned.spawned(5, 1), None);
    }

    #[test]
    fn one_sender_cannot_fill_the_memory() {
        let mut learned = Learned::default();
        learned.learn(1, path(0, &"x".repeat(LONGEST + 1)));
        assert_eq!(learned.count, 0);
        for node in 0..100_000 {
            learned.learn(1, path(node, "Node"));
            learned.learn(
                1,
                Lesson::Spawn {
                    spawner: 0,
                    name: "N",
                    first: node,
                    others: &[],
                },
            );
            learned.learn(1, Lesson::Despawn(node));
            learned.learn(
                1,
                Lesson::Spawn {
                    spawner: 0,
                    name: "N",
                    first: 7,
                    others: &[],
                },
            );
            learned.learn(1, Lesson::Despawn(7));
        }
        learned.learn(1, path(100_000, "Node"));
        assert_eq!(learned.count, MOST_OF_ONE);
        assert_eq!(learned.count, learned.senders[&1].names.len());
        assert_eq!(learned.path(1, 99_999), Some("Node"));
        assert!(learned.senders[&1].order.len() <= 4 * MOST_OF_ONE);
    }

    #[test]
    fn all_senders_cannot_fill_the_memory() {
        let mut learned = Learned::default();
        for sender in 0..100 {
            for node in 0..1000 {
                learned.learn(sender, path(node, "Node"));
            }
        }
        assert_eq!(learned.count, MOST);
        let kept: usize = learned.senders.values().map(|it| it.names.len()).sum();
        assert_eq!(kept, MOST);
        for sender in 0..100 {
            learned.forget(sender);
        }
        assert_eq!(learned.count, 0);
    }
}
