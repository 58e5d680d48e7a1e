//! Redundant audio (RFC 2198) of one microphone: lost frames are filled in from the copies that come
//! with later ones, and who takes copies is sent them.

use crate::transport::format::{Format, Taken};
use crate::transport::ids::{PayloadType, Ssrc};
use crate::transport::packet::ReceivedPacket;
use std::cell::OnceCell;
use std::sync::Arc;
use visio_rtc::packet::red;
use visio_rtc::receive::recovery::Recovery;

/// A frame and its copies of those before are sent in one packet if they are no longer than that: with the
/// headers it stays below the smallest MTU that IPv6 allows (1,280 octets).
const FRAMES_BYTES_MAX: usize = 1_100;

/// With one copy of each frame, as browsers send, of a tenth that is lost a tenth is still missing.
const COPIES: usize = 1;
/// For who loses many packets, and has room for it.
const COPIES_LOSSY: usize = 2;

/// A packet has copies of so many frames before it at most: libwebrtc sends up to nine.
const COPIES_MAX: u64 = 9;

/// What has come of a microphone.
pub(crate) struct Redundancy {
    ssrc: Ssrc,
    recovery: Recovery,
    /// The newest frames, the last one first.
    recent: [Option<Newest>; COPIES_LOSSY],
    /// The first packet that may be sent, after a beginning or a pause.
    since: u64,
    /// How many frames were filled in.
    pub(crate) recovered: u64,
}

#[derive(Clone)]
struct Newest {
    sequence: u64,
    timestamp: u32,
    packet: Arc<[u8]>,
    /// How many of its bytes are the frame: the last ones.
    frame_bytes: usize,
}

/// A frame with copies, and the type of its blocks; `None` if it could not be read.
type Wrapped = (PayloadType, Option<Arc<[u8]>>);

/// One frame as its subscribers take it: each form is made once, for the first of them.
pub(crate) struct Forms<'a> {
    packet: &'a ReceivedPacket,
    is_redundant: bool,
    /// Whether redundancy may be put around it and taken off.
    may_wrap: bool,
    /// Whether copies in it may be of what was before the beginning or in a pause.
    is_early: bool,
    /// The frames before it, the last one first.
    before: [Option<Newest>; COPIES_LOSSY],
    plain: OnceCell<Option<Arc<[u8]>>>,
    /// With few copies, and with many.
    redundant: [OnceCell<Wrapped>; 2],
}

/// A packet of sound arrives: which earlier frames it fills in, oldest first, and whether it is new
/// itself. Copies in it are used only if it `is_readable`; `opus` says which payload types are plain
/// Opus on its connection.
pub(crate) fn arrive(
    known: &mut Option<Redundancy>,
    packet: &ReceivedPacket,
    is_readable: bool,
    opus: impl Fn(PayloadType) -> Option<Format>,
) -> (Vec<(ReceivedPacket, Format)>, bool) {
    if known
        .as_ref()
        .is_some_and(|known| known.ssrc != packet.ssrc)
    {
        *known = None;
    }
    let redundancy = known.get_or_insert_with(|| Redundancy::new(packet));
    let recovered = if is_readable {
        redundancy.recover(packet, opus)
    } else {
        Vec::new()
    };
    let is_new = redundancy.recovery.take(packet.sequence, packet.timestamp);
    (recovered, is_new)
}

impl Redundancy {
    /// A stream that begins with `packet`.
    fn new(packet: &ReceivedPacket) -> Self {
        Self {
            ssrc: packet.ssrc,
            recovery: Recovery::starting_at(packet.sequence),
            recent: Default::default(),
            since: packet.sequence,
            recovered: 0,
        }
    }

    fn recover(
        &mut self,
        packet: &ReceivedPacket,
        opus: impl Fn(PayloadType) -> Option<Format>,
    ) -> Vec<(ReceivedPacket, Format)> {
        let blocks = red::read(&packet.payload).map(|red| red.copies());
        let blocks = blocks.into_iter().flatten();
        let mut recover = |block: red::Block<'_>| {
            let format = opus(PayloadType(block.payload_type))?;
            let earlier = packet.recovered(&block)?;
            let is_frame = !block.payload.is_empty();
            let is_missing = is_frame && self.recovery.recover(earlier.sequence, earlier.timestamp);
            is_missing.then_some((earlier, format))
        };
        let recovered: Vec<_> = blocks.filter_map(&mut recover).collect();
        self.recovered += recovered.len() as u64;
        recovered
    }

    /// What is sent of `packet`, which is the newest from here on.
    pub(crate) fn forms<'a>(
        &mut self,
        packet: &'a ReceivedPacket,
        format: Format,
        may_wrap: bool,
    ) -> Forms<'a> {
        let recent = std::mem::take(&mut self.recent);
        let last = recent.first().and_then(Option::as_ref);
        if last.is_none() {
            self.since = packet.sequence;
        }
        let is_early = packet.sequence < self.since + COPIES_MAX;
        let is_late = last.is_some_and(|last| last.sequence >= packet.sequence);
        let before = if is_late {
            Default::default()
        } else {
            recent.clone()
        };
        self.recent = match (is_late, Newest::of(packet, format)) {
            (true, _) => recent,
            (false, Some(newest)) => [Some(newest), last.cloned()],
            (false, None) => Default::default(),
        };
        Forms {
            before,
            may_wrap,
            is_early,
            ..Forms::new(packet, format)
        }
    }
}

impl Newest {
    fn of(packet: &ReceivedPacket, format: Format) -> Option<Self> {
        let frame_bytes = if format.is_redundant {
            red::read(&packet.payload)?.primary.len()
        } else {
            packet.payload.len()
        };
        Some(Self {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            packet: Arc::clone(&packet.payload),
            frame_bytes,
        })
    }

    fn frame(&self) -> &[u8] {
        let (_, frame) = self
            .packet
            .split_at(self.packet.len().saturating_sub(self.frame_bytes));
        frame
    }
}

impl<'a> Forms<'a> {
    /// A packet that is sent as it came, or without its redundancy.
    pub(crate) fn new(packet: &'a ReceivedPacket, format: Format) -> Self {
        Self {
            packet,
            is_redundant: format.is_redundant,
            may_wrap: false,
            is_early: false,
            before: Default::default(),
            plain: OnceCell::new(),
            redundant: Default::default(),
        }
    }

    /// The form for who takes it as `taken`, with more copies for who `is_lossy`; `None` if the payload
    /// cannot be read.
    pub(crate) fn choose(&self, taken: Taken, is_lossy: bool) -> Option<(PayloadType, Arc<[u8]>)> {
        match taken.redundant {
            Some(redundant) if self.is_redundant || self.may_wrap => {
                Some((redundant, self.redundant(taken.plain, is_lossy)?))
            }
            _ => Some((taken.plain, self.plain()?)),
        }
    }

    /// The frame alone.
    pub(crate) fn plain(&self) -> Option<Arc<[u8]>> {
        let make = || {
            if self.is_redundant {
                red::read(&self.packet.payload).map(|red| Arc::from(red.primary))
            } else {
                Some(Arc::clone(&self.packet.payload))
            }
        };
        self.plain.get_or_init(make).clone()
    }

    /// The frame with those before it, as blocks of type `opus`.
    fn redundant(&self, opus: PayloadType, is_lossy: bool) -> Option<Arc<[u8]>> {
        let [few, many] = &self.redundant;
        let (form, copies) = if is_lossy {
            (many, COPIES_LOSSY)
        } else {
            (few, COPIES)
        };
        let (known, made) = form.get_or_init(|| (opus, self.wrap(opus, copies)));
        if *known == opus {
            made.clone()
        } else {
            self.wrap(opus, copies)
        }
    }

    fn wrap(&self, PayloadType(opus): PayloadType, copies: usize) -> Option<Arc<[u8]>> {
        let as_it_came = || Arc::clone(&self.packet.payload);
        if self.is_redundant && !self.may_wrap {
            return Some(as_it_came());
        }
        // After a pause nothing is sent of what was said in it.
        if !self.is_redundant || self.is_early {
            return self.copied(opus, copies);
        }
        let came = red::read(&self.packet.payload)?;
        if came.copies().count() < copies && self.before.iter().flatten().count() >= copies {
            return self.copied(opus, copies);
        }
        if came.payload_type == opus {
            return Some(as_it_came());
        }
        red::retyped(&self.packet.payload, opus).map(Arc::from)
    }

    /// With so many copies, or as many as there are and fit.
    fn copied(&self, opus: u8, copies: usize) -> Option<Arc<[u8]>> {
        let newest = self.plain()?;
        let mut bytes = newest.len();
        let follows =
            |(distance, last): &(u64, &Newest)| last.sequence + distance == self.packet.sequence;
        let before = (1..).zip(self.before.iter().map_while(Option::as_ref));
        let before = before
            .take(copies)
            .take_while(follows)
            .take_while(|(_, last)| {
                bytes += last.frame_bytes;
                bytes <= FRAMES_BYTES_MAX
            });
        let mut before: Vec<_> = before
            .map(|(_, last)| (last.timestamp, last.frame()))
            .collect();
        before.reverse();
        let newest = (self.packet.timestamp, &*newest);
        Some(Arc::from(red::write(opus, newest, &before)))
    }
}
