//! A link with a bottleneck: rate over time, a bounded queue, propagation, loss, jitter and other traffic.

use std::collections::VecDeque;

/// The model advances by so much.
pub(crate) const STEP_US: i64 = 1_000;
/// Of the other traffic's packets.
const OTHERS_BYTES: u32 = 1_200;
/// A queue holds two packets at least.
const QUEUE_BITS_MIN: f64 = 20_000.0;

#[derive(Clone, Copy)]
pub(crate) enum Loss {
    None,
    /// Of so much of all packets, independently.
    Random(f64),
    /// Gilbert and Elliott's: from good to bad, from bad to good, loss in bad, for each packet.
    Bursts(f64, f64, f64),
}

/// What the link does, with times in seconds.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) rate_bps: Vec<(f64, f64)>,
    pub(crate) queue_ms: f64,
    pub(crate) delay_ms: f64,
    pub(crate) loss: Loss,
    /// The delay varies by so much up and down, and stays alike for so long.
    pub(crate) jitter_ms: f64,
    pub(crate) correlation_ms: f64,
    /// So much of the reports is lost on the way back.
    pub(crate) lost_reports: f64,
    /// From this time on the path is so much longer.
    pub(crate) longer_ms: (f64, f64),
    /// Others send so much from one time to another.
    pub(crate) others_bps: Vec<(f64, f64, f64)>,
}

impl Link {
    /// A link of one rate, 30 ms long, with a queue of 500 ms.
    pub(crate) fn of(bps: f64) -> Self {
        Self {
            rate_bps: vec![(0.0, bps)],
            queue_ms: 500.0,
            delay_ms: 30.0,
            loss: Loss::None,
            jitter_ms: 0.0,
            correlation_ms: 1.0,
            lost_reports: 0.0,
            longer_ms: (f64::INFINITY, 0.0),
            others_bps: Vec::new(),
        }
    }

    pub(crate) fn rate_at(&self, seconds: f64) -> f64 {
        let begun = self.rate_bps.iter().rev();
        let mut begun = begun.skip_while(|(from, _)| *from > seconds);
        begun.next().map_or(0.0, |(_, bps)| *bps)
    }
}

/// A packet on its way; `flow` is `None` for what others send.
#[derive(Clone, Copy)]
pub(crate) struct Packet {
    pub(crate) flow: Option<usize>,
    pub(crate) sequence: u64,
    pub(crate) bytes: u32,
    pub(crate) is_audio: bool,
}

pub(crate) struct Delivery {
    pub(crate) packet: Packet,
    pub(crate) arrival_us: i64,
}

pub(crate) struct Bottleneck {
    pub(crate) link: Link,
    queue: VecDeque<Packet>,
    queued_bits: f64,
    /// Of the first packet in the queue.
    served_bits: f64,
    others_bits: f64,
    jitter: f64,
    is_bad: bool,
    last_arrival_us: i64,
    dice: Dice,
}

impl Bottleneck {
    pub(crate) fn new(link: Link, seed: u64) -> Self {
        Self {
            link,
            queue: VecDeque::new(),
            queued_bits: 0.0,
            served_bits: 0.0,
            others_bits: 0.0,
            jitter: 0.0,
            is_bad: false,
            last_arrival_us: 0,
            dice: Dice(seed),
        }
    }

    /// How long a packet that comes now would wait.
    pub(crate) fn queue_ms(&self, now_us: i64) -> f64 {
        let bps = self.link.rate_at(seconds(now_us));
        if bps > 0.0 {
            self.queued_bits / bps * 1e3
        } else {
            0.0
        }
    }

    pub(crate) fn offer(&mut self, now_us: i64, packet: Packet) {
        let bps = self.link.rate_at(seconds(now_us));
        let bits = f64::from(packet.bytes) * 8.0;
        let most_bits = (self.link.queue_ms / 1e3 * bps).max(QUEUE_BITS_MIN);
        if bps > 0.0 && self.queued_bits + bits <= most_bits {
            self.queued_bits += bits;
            self.queue.push_back(packet);
        }
    }

    /// What leaves the bottleneck in the step that begins, with the time when it arrives.
    pub(crate) fn step(&mut self, now_us: i64) -> Vec<Delivery> {
        self.others(now_us);
        self.vary();
        let bps = self.link.rate_at(seconds(now_us));
        let (mut at_us, end_us) = (now_us as f64, (now_us + STEP_US) as f64);
        let mut delivered = Vec::new();
        while let Some(packet) = self.queue.front().copied().filter(|_| bps > 0.0) {
            let left_bits = f64::from(packet.bytes) * 8.0 - self.served_bits;
            let served_bits = (end_us - at_us) / 1e6 * bps;
            if served_bits < left_bits {
                self.served_bits += served_bits;
                self.queued_bits -= served_bits;
                break;
            }
            at_us += left_bits / bps * 1e6;
            self.queued_bits -= left_bits;
            self.served_bits = 0.0;
            self.queue.pop_front();
            if !self.is_lost() && packet.flow.is_some() {
                let (from, longer_ms) = self.link.longer_ms;
                let longer_ms = if seconds(now_us) < from {
                    0.0
                } else {
                    longer_ms
                };
                let late_ms = self.link.delay_ms + longer_ms + self.link.jitter_ms + self.jitter;
                let arrival_us = (at_us + late_ms * 1e3) as i64;
                self.last_arrival_us = self.last_arrival_us.max(arrival_us);
                let arrival_us = self.last_arrival_us;
                delivered.push(Delivery { packet, arrival_us });
            }
        }
        delivered
    }

    fn others(&mut self, now_us: i64) {
        let at = seconds(now_us);
        let on = self.link.others_bps.iter();
        let on = on.filter(|(from, until, _)| (*from..*until).contains(&at));
        let bps: f64 = on.map(|(_, _, bps)| bps).sum();
        self.others_bits += bps * STEP_US as f64 / 1e6;
        while self.others_bits >= f64::from(OTHERS_BYTES) * 8.0 {
            self.others_bits -= f64::from(OTHERS_BYTES) * 8.0;
            let packet = Packet {
                flow: None,
                sequence: 0,
                bytes: OTHERS_BYTES,
                is_audio: false,
            };
            self.offer(now_us, packet);
        }
    }

    /// A normal deviate that stays alike for a while, cut off at both ends.
    fn vary(&mut self) {
        let alike = (-(STEP_US as f64) / 1e3 / self.link.correlation_ms).exp();
        let deviate = (0..12).map(|_| self.dice.share()).sum::<f64>() - 6.0;
        let step = deviate * self.link.jitter_ms / 2.0 * (1.0 - alike * alike).sqrt();
        let jitter = self.jitter * alike + step;
        self.jitter = jitter.clamp(-self.link.jitter_ms, self.link.jitter_ms);
    }

    fn is_lost(&mut self) -> bool {
        match self.link.loss {
            Loss::None => false,
            Loss::Random(share) => self.dice.share() < share,
            Loss::Bursts(worse, better, share) => {
                let turn = if self.is_bad { better } else { worse };
                self.is_bad ^= self.dice.share() < turn;
                self.is_bad && self.dice.share() < share
            }
        }
    }
}

pub(crate) fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((number ^ (number >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
