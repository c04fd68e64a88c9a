//! When the packets of a frame leave, for a caller that sends in [`crate::FlushMode::OnFlush`].
//!
//! A value without hosts or a clock: calls of the game go in, decisions come out. Packets that leave
//! together share datagrams, so they wait for a moment at which no further packet is expected:
//!
//! - packets that were put before a poll (in physics steps) leave with it, beside its acknowledgements;
//! - answers to received packets leave when the game has read the last one;
//! - packets that are put later leave with a call at the end of the frame, which the caller arranges.
//!
//! A call into the engine at the end of the frame costs as much as sending a datagram, so the plan learns to do
//! without it. A game that puts one packet in each frame sends that packet at once. A game that always puts the same
//! number of packets, as a server does with a message to each client, sends them with the last one. Acknowledgements leave
//! at the end of the poll, unless packets have followed them in recent frames and would carry them.
//!
//! A wrong guess costs one datagram more, or delays what waits until the next poll.

use enet_proto::Time;

/// Frames with a single late packet after which the next such packet leaves at once.
const SINGLES: u8 = 8;
/// Frames with the same larger number of late packets after which these leave with the last one. If one of them does not
/// come, the others are late, so this happens in one of so many frames at most.
const REPEATS: u8 = 60;
/// The time within which a frame's packets are put. Later ones are of the next frame, whose physics steps come before its
/// poll.
const SPREAD: Time = Time::from_millis(4);
/// Frames in which packets followed acknowledgements, less those in which none did, after which acknowledgements
/// wait. The count goes no higher, so that a game that falls silent delays one acknowledgement only.
const ANSWERS: u8 = 2;

/// The moment at which what waits is to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// With this call.
    Now,
    /// At the end of the frame: the caller arranges for [`FramePlan::end_frame`] to be called.
    AtFrameEnd,
    /// With a later call of the game, or with the end of the frame that is arranged already.
    Later,
}

/// The part of a frame in which the game is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// A poll, with its signals.
    Poll,
    /// The game reads the packets that the poll received.
    Reading,
    /// The rest of the frame, until the next poll.
    #[default]
    Late,
}

/// See the module's head.
#[derive(Debug, Clone, Copy, Default)]
pub struct FramePlan {
    part: Part,
    /// Whether packets wait, as opposed to acknowledgements alone.
    has_packets: bool,
    has_acknowledgements: bool,
    /// Whether a call at the frame's end is arranged.
    is_arranged: bool,
    /// Whether the game reads until no packet is left, so that answers need no call at the frame's end.
    reads_all: bool,
    /// Packets that were put since the last poll, after the game had read, and when the first of them was.
    late: u32,
    first_at: Time,
    /// Whether the frame has ended since the last poll, and packets were put after that: in a physics step.
    has_ended: bool,
    is_split: bool,
    /// How many there were in the last frame that had any, and in how many such frames in a row.
    usual: u32,
    repeats: u8,
    /// Whether this frame's poll left something to acknowledge, and whether packets followed.
    was_acknowledging: bool,
    has_answered: bool,
    answers: u8,
}

impl FramePlan {
    /// A poll begins. True if something waits, which is to leave once the poll has received.
    pub fn begin_poll(&mut self) -> bool {
        self.learn();
        let waits = self.has_packets || self.has_acknowledgements;
        self.part = Part::Poll;
        self.late = 0;
        self.has_ended = false;
        self.is_split = false;
        self.was_acknowledging = false;
        self.has_answered = false;
        self.note_sent();
        waits
    }

    fn learn(&mut self) {
        if self.part == Part::Reading && self.has_packets && !self.is_arranged {
            self.reads_all = false;
        }
        match self.late {
            0 => {}
            // To wait for the last one would delay those before the physics step.
            _ if self.is_split => self.forget_usual(),
            late if late == self.usual => self.repeats = REPEATS.min(self.repeats + 1),
            late => (self.usual, self.repeats) = (late, 1),
        }
        if self.was_acknowledging {
            self.answers = match self.has_answered {
                true => ANSWERS.min(self.answers + 1),
                false => self.answers.saturating_sub(1),
            };
        }
    }

    /// The poll ends, after its signals. `has_unsent` if anything waits in the hosts, `has_unread` if packets
    /// wait to be read.
    pub fn end_poll(&mut self, has_unsent: bool, has_unread: bool) -> Leave {
        self.part = match has_unread {
            true => Part::Reading,
            false => Part::Late,
        };
        if !has_unsent {
            return Leave::Later;
        }
        self.was_acknowledging = true;
        let waits_for_reader = has_unread && self.reads_all;
        let waits_for_answer = !self.has_packets && self.answers >= ANSWERS;
        if waits_for_reader && self.has_packets || waits_for_answer {
            self.has_acknowledgements = true;
            return Leave::Later;
        }
        self.note_sent();
        Leave::Now
    }

    /// A packet was put.
    pub fn put(&mut self, now: Time) -> Leave {
        self.has_answered = true;
        self.has_packets = true;
        if self.part == Part::Poll || self.part == Part::Reading && self.reads_all {
            return Leave::Later;
        }
        self.is_split |= self.has_ended;
        if self.late == 0 {
            self.first_at = now;
        } else if now > self.first_at + SPREAD {
            self.forget_usual();
        }
        self.late = self.late.saturating_add(1);
        let knows_last = self.repeats >= if self.usual == 1 { SINGLES } else { REPEATS };
        if knows_last && self.late == self.usual {
            self.note_sent();
            return Leave::Now;
        }
        let expects_more = knows_last && self.late < self.usual;
        if self.is_arranged || expects_more {
            return Leave::Later;
        }
        self.is_arranged = true;
        Leave::AtFrameEnd
    }

    /// Whether [`FramePlan::end_reading`] would make a difference.
    pub fn is_reading(&self) -> bool {
        self.part == Part::Reading
    }

    /// The game found that no packet is left to read. True if its answers wait, which are to leave now.
    pub fn end_reading(&mut self) -> bool {
        if self.part != Part::Reading {
            return false;
        }
        self.part = Part::Late;
        if self.has_packets {
            self.reads_all = true;
            // They were no late packets.
            self.late = 0;
            self.note_sent();
            return true;
        }
        false
    }

    /// The frame ends, in a call that [`Leave::AtFrameEnd`] asked for. True if something waits, which is to
    /// leave now.
    pub fn end_frame(&mut self) -> bool {
        self.is_arranged = false;
        self.has_ended = true;
        let waits = self.has_packets || self.has_acknowledgements;
        self.note_sent();
        waits
    }

    /// Forgets the arranged call, which does not come or comes too early. Packets wait for the next one, or for
    /// the next poll.
    pub fn forget_arranged(&mut self) {
        self.is_arranged = false;
        self.has_ended = true;
    }

    /// Whether a call at the frame's end came since the last poll.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Forgets how many packets a frame has: peers came or went.
    pub fn forget_usual(&mut self) {
        (self.usual, self.repeats) = (0, 0);
    }

    /// Whether a call at the frame's end is arranged.
    pub fn is_arranged(&self) -> bool {
        self.is_arranged
    }

    /// Everything was sent, by this plan's decision or in another way.
    pub fn note_sent(&mut self) {
        self.has_packets = false;
        self.has_acknowledgements = false;
    }
}

#[cfg(test)]
mod tests;
