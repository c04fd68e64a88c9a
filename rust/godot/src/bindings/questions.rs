//! Answers to the questions that the engine asks a session thousands of times in a frame, like `get_unique_id`.
//!
//! The answers are in the session's [`Facts`], which need no borrow of the object. So `border.rs` lets this module
//! find the facts by the object's address, and answer without the bindings. Whatever prints an error is left to the
//! bindings' own entry, and so are all calls on an object that is not found. Scripts that override a method win, as
//! the engine asks them first.

use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use enet_multiplayer::{Facts, Mode};
use godot::classes::multiplayer_peer::TransferMode;
use godot::obj::EngineEnum;
use godot::private::{Storage, as_storage};
use godot::sys::{GDExtensionClassInstancePtr, GDExtensionConstTypePtr, GDExtensionTypePtr};

use crate::convert;
use crate::session::HasSession;

mod living;

/// A virtual method that asks or sets facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    UniqueId = 1,
    ConnectionStatus,
    IsServer,
    IsServerRelaySupported,
    IsRefusing,
    AvailablePacketCount,
    PacketPeer,
    PacketChannel,
    PacketMode,
    TransferMode,
    TransferChannel,
    SetTransferMode,
    SetTransferChannel,
    SetTargetPeer,
}

impl Question {
    /// Larger than every tag.
    pub const TAGS: usize = 16;

    /// A number that is not 0.
    pub fn tag(self) -> usize {
        self as usize
    }

    /// The question with a tag.
    #[inline]
    pub fn of_tag(tag: usize) -> Option<Self> {
        Some(match tag {
            1 => Self::UniqueId,
            2 => Self::ConnectionStatus,
            3 => Self::IsServer,
            4 => Self::IsServerRelaySupported,
            5 => Self::IsRefusing,
            6 => Self::AvailablePacketCount,
            7 => Self::PacketPeer,
            8 => Self::PacketChannel,
            9 => Self::PacketMode,
            10 => Self::TransferMode,
            11 => Self::TransferChannel,
            12 => Self::SetTransferMode,
            13 => Self::SetTransferChannel,
            14 => Self::SetTargetPeer,
            _ => return None,
        })
    }
}

/// A class whose objects have facts.
struct Class {
    name: &'static str,
    refuses_by_session: bool,
    facts_of: unsafe fn(GDExtensionClassInstancePtr) -> Option<Rc<Facts>>,
}

static CLASSES: Mutex<Vec<Class>> = Mutex::new(Vec::new());

/// Answers questions to the objects of a class. To be called before the class is registered.
pub fn prepare<T: HasSession>() {
    let mut classes = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    classes.push(Class {
        name: T::NAME,
        refuses_by_session: T::REFUSES_BY_SESSION,
        facts_of: facts_of::<T>,
    });
}

/// # Safety
/// `instance` must be an object's that is of class `T` and is not freed.
unsafe fn facts_of<T: HasSession>(instance: GDExtensionClassInstancePtr) -> Option<Rc<Facts>> {
    // SAFETY: the caller vouches for the class.
    let storage = unsafe { as_storage::<T>(instance) };
    // To borrow an object that is borrowed already could panic.
    (!storage.is_bound()).then(|| storage.get().session().core.facts())
}

/// To be called with each new object, before the engine can call it.
///
/// # Safety
/// `instance` must be an object's that is of this class and is not freed.
pub unsafe fn begin(class: &str, instance: GDExtensionClassInstancePtr) {
    // SAFETY: the caller vouches for the object.
    if let Some(facts) = unsafe { facts(class, instance) } {
        living::add(instance, facts);
    }
}

/// To be called with each object before it is freed, when the engine no longer calls it.
///
/// # Safety
/// As for [`begin`].
pub unsafe fn end(class: &str, instance: GDExtensionClassInstancePtr) {
    let known = living::remove(instance);
    // SAFETY: the caller vouches for the object.
    let current = unsafe { facts(class, instance) };
    if let (Some(known), Some(current)) = (known, current) {
        debug_assert!(
            Rc::ptr_eq(&known, &current),
            "answers came from another session"
        );
    }
}

/// # Safety
/// As for [`begin`].
unsafe fn facts(class: &str, instance: GDExtensionClassInstancePtr) -> Option<Rc<Facts>> {
    let facts_of = {
        let classes = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
        classes.iter().find(|known| known.name == class)?.facts_of
    };
    // SAFETY: the caller vouches for the object and its class, which has this function.
    unsafe { facts_of(instance) }
}

/// Answers a call on an object. False if the bindings' own entry has to be called: that is always so on another
/// thread than the main one.
///
/// # Safety
/// The pointers must be those of the engine's call of the method that `question` stands for.
#[inline]
pub unsafe fn ask(
    question: Question,
    instance: GDExtensionClassInstancePtr,
    arguments: *const GDExtensionConstTypePtr,
    returned: GDExtensionTypePtr,
) -> bool {
    // SAFETY: below, nothing calls the engine, so nothing removes the object.
    let Some(facts) = (unsafe { living::facts(instance) }) else {
        return false;
    };
    let int = |value: i32| {
        // SAFETY: the engine passes room for the result, integers and enums as 64 bits.
        unsafe { returned.cast::<i64>().write(value.into()) };
        true
    };
    let yes = |value: bool| {
        // SAFETY: the engine passes room for the result, a bool as 8 bits.
        unsafe { returned.cast::<u8>().write(value.into()) };
        true
    };
    // SAFETY: the engine passes the one argument of a setter, an integer or enum, as 64 bits.
    let argument = || i32::try_from(unsafe { (*arguments).cast::<i64>().read() }).ok();
    match question {
        Question::UniqueId => facts.is_active() && int(facts.unique_id()),
        Question::ConnectionStatus => int(convert::status(facts.status_of_host()).ord()),
        Question::IsServer => yes(facts.mode() == Mode::Server),
        Question::IsServerRelaySupported => yes(facts.supports_server_relay()),
        Question::IsRefusing => yes(facts.refuses_new_connections()),
        Question::AvailablePacketCount => {
            let count = facts.available_packets();
            // The end of the game's reading may have answers leave.
            let may_end_reading = count == 0 && facts.plan().get().is_reading();
            !may_end_reading && i32::try_from(count).is_ok_and(int)
        }
        Question::PacketPeer => facts.next_packet().is_some_and(|packet| int(packet.peer)),
        Question::PacketChannel => {
            let packet = facts.next_packet();
            packet.is_some_and(|packet| int(packet.channel))
        }
        Question::PacketMode => {
            let packet = facts.next_packet();
            packet.is_some_and(|packet| int(convert::transfer_mode(packet.mode).ord()))
        }
        Question::TransferMode => int(convert::transfer_mode(facts.transfer_mode()).ord()),
        Question::TransferChannel => int(facts.transfer_channel()),
        Question::SetTransferMode => {
            let mode = argument().and_then(TransferMode::try_from_ord);
            let mode = mode.map(convert::from_transfer_mode);
            mode.map(|mode| facts.set_transfer_mode(mode)).is_some()
        }
        Question::SetTransferChannel => {
            let channel = argument();
            channel.map(|it| facts.set_transfer_channel(it)).is_some()
        }
        Question::SetTargetPeer => argument().map(|peer| facts.set_target(peer)).is_some(),
    }
}

/// The question that a virtual method of a class stands for, if it does.
pub fn of_virtual(class: &str, method: &str) -> Option<Question> {
    let classes = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    let class = classes.iter().find(|known| known.name == class)?;
    Some(match method {
        "_get_unique_id" => Question::UniqueId,
        "_get_connection_status" => Question::ConnectionStatus,
        "_is_server" => Question::IsServer,
        "_is_server_relay_supported" => Question::IsServerRelaySupported,
        "_is_refusing_new_connections" if class.refuses_by_session => Question::IsRefusing,
        "_get_available_packet_count" => Question::AvailablePacketCount,
        "_get_packet_peer" => Question::PacketPeer,
        "_get_packet_channel" => Question::PacketChannel,
        "_get_packet_mode" => Question::PacketMode,
        "_get_transfer_mode" => Question::TransferMode,
        "_get_transfer_channel" => Question::TransferChannel,
        "_set_transfer_mode" => Question::SetTransferMode,
        "_set_transfer_channel" => Question::SetTransferChannel,
        "_set_target_peer" => Question::SetTargetPeer,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_one_question() {
        let questions: Vec<_> = (0..Question::TAGS).map(Question::of_tag).collect();
        assert_eq!(questions.iter().flatten().count(), 14);
        for (tag, question) in questions.into_iter().enumerate() {
            assert_eq!(question.map_or(tag, Question::tag), tag);
        }
        assert_eq!(Question::of_tag(0), None);
    }
}
