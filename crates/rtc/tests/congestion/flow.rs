//! One peer behind the bottleneck: what is sent to it under congestion control, and its reports.

use crate::bottleneck::{Dice, Packet, seconds};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use visio_rtc::congestion::{CongestionControl, ESTIMATE_BPS_START, Event, Kind};
use visio_rtc::send::pacer::{Pacer, Priority, Release, Token, Verdict};

const AUDIO_INTERVAL_US: i64 = 20_000;
const AUDIO_BYTES: u32 = 100;
const AUDIO_BPS: f64 = 40_000.0;
const FRAME_INTERVAL_US: i64 = 33_333;
const PACKET_BYTES: u32 = 1_200;
const REPORT_INTERVAL_US: i64 = 70_000;
/// The receiver's clock began so much before the sender's, and is so much faster.
const CLOCK_OFFSET_US: i64 = 77_777_777;
const CLOCK_DRIFT: f64 = 50e-6;
/// The unit of arrival times in transport-wide feedback.
const ARRIVAL_UNIT_US: i64 = 250;

/// The picture that is sent.
#[derive(Clone)]
pub(crate) enum Picture {
    None,
    /// As much as the estimate allows, up to so much.
    Smooth(f64),
    /// The best of these layers that fits into nine tenths of the estimate; the first always.
    Layers(Vec<f64>),
}

/// What the peer wants, over time.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) picture: Picture,
    pub(crate) desired_bps: Vec<(f64, f64)>,
}

type Report = (i64, Vec<(u64, Option<Duration>)>);

pub(crate) struct Flow {
    pub(crate) control: CongestionControl,
    origin: Instant,
    pacer: Pacer,
    script: Script,
    next_sequence: u64,
    arrivals: VecDeque<(u64, i64)>,
    reported: u64,
    reports: VecDeque<Report>,
    next_audio_us: i64,
    next_frame_us: i64,
    dice: Dice,
    pub(crate) probes: u32,
    pub(crate) padding_bytes: u64,
    pub(crate) refused: u32,
}

impl Flow {
    pub(crate) fn new(origin: Instant, script: Script, seed: u64) -> Self {
        let control = CongestionControl::new(origin, ESTIMATE_BPS_START);
        let pacer = Pacer::new(origin, control.estimate_bps());
        Self {
            control,
            origin,
            pacer,
            script,
            next_sequence: 65_000,
            arrivals: VecDeque::new(),
            reported: 65_000,
            reports: VecDeque::new(),
            next_audio_us: 0,
            next_frame_us: 0,
            dice: Dice(seed),
            probes: 0,
            padding_bytes: 0,
            refused: 0,
        }
    }

    /// What leaves in the step that begins.
    pub(crate) fn step(&mut self, now_us: i64, delay_us: i64) -> Vec<Packet> {
        let desired_bps = self.desired_bps(now_us) as u64;
        self.control.desired(self.at(now_us), desired_bps);
        self.hear(now_us, delay_us);
        self.poll_control(now_us);
        let mut leaving = Vec::new();
        if now_us >= self.next_audio_us {
            self.next_audio_us += AUDIO_INTERVAL_US;
            self.offer(now_us, Priority::Audio, AUDIO_BYTES, &mut leaving);
        }
        if now_us >= self.next_frame_us {
            self.next_frame_us += FRAME_INTERVAL_US;
            self.frame(now_us, &mut leaving);
        }
        let now = self.at(now_us);
        while let Some(release) = self.pacer.poll(now) {
            let (bytes, kind) = match release {
                Release::Packet(token, None) => (token.bytes, Kind::Media),
                Release::Packet(token, Some(cluster)) => (token.bytes, Kind::Probe(cluster)),
                Release::Padding(bytes, cluster) => {
                    self.padding_bytes += u64::from(bytes);
                    (bytes, Kind::Probe(cluster))
                }
            };
            self.send(now_us, bytes, kind, false, &mut leaving);
        }
        leaving
    }

    pub(crate) fn arrived(&mut self, sequence: u64, arrival_us: i64) {
        self.arrivals.push_back((sequence, arrival_us));
    }

    /// The receiver's report, which arrives after the delay of the way back.
    pub(crate) fn report(&mut self, now_us: i64, delay_us: i64, lost_share: f64) {
        let mut packets = Vec::new();
        while let Some((sequence, arrival_us)) = self.arrivals.front().copied() {
            if arrival_us > now_us {
                break;
            }
            self.arrivals.pop_front();
            packets.extend((self.reported..sequence).map(|lost| (lost, None)));
            let on_clock = arrival_us as f64 * (1.0 + CLOCK_DRIFT);
            let ticks = (on_clock as i64 + CLOCK_OFFSET_US) / ARRIVAL_UNIT_US;
            let arrival = Duration::from_micros((ticks * ARRIVAL_UNIT_US) as u64);
            packets.push((sequence, Some(arrival)));
            self.reported = sequence + 1;
        }
        if !packets.is_empty() && self.dice.share() >= lost_share {
            self.reports.push_back((now_us + delay_us, packets));
        }
    }

    pub(crate) fn is_report_due(now_us: i64) -> bool {
        now_us % REPORT_INTERVAL_US == 0
    }

    pub(crate) fn desired_bps(&self, now_us: i64) -> f64 {
        let begun = self.script.desired_bps.iter().rev();
        let mut begun = begun.skip_while(|(from, _)| *from > seconds(now_us));
        begun.next().map_or(0.0, |(_, bps)| *bps)
    }

    fn hear(&mut self, now_us: i64, delay_us: i64) {
        while let Some((at_us, _)) = self.reports.front() {
            if *at_us > now_us {
                break;
            }
            let (_, packets) = self.reports.pop_front().unwrap_or_default();
            let round_trip = Duration::from_micros(2 * delay_us as u64);
            self.control.round_trip(round_trip);
            self.control.acknowledged(self.at(now_us), packets);
        }
    }

    fn poll_control(&mut self, now_us: i64) {
        let now = self.at(now_us);
        while let Some(event) = self.control.poll(now) {
            match event {
                Event::Estimate(bps) => self.pacer.set_estimate(now, bps),
                Event::Probe(probe) => {
                    self.probes += 1;
                    self.pacer.probe(now, probe);
                }
            }
        }
    }

    fn frame(&mut self, now_us: i64, leaving: &mut Vec<Packet>) {
        let estimate_bps = self.control.estimate_bps() as f64 - AUDIO_BPS;
        let desired_bps = self.desired_bps(now_us);
        let bps = match &self.script.picture {
            Picture::Smooth(most) => estimate_bps.min(*most).min(desired_bps),
            Picture::Layers(layers) if desired_bps > 0.0 => {
                let fitting = layers.iter().rev().find(|bps| **bps <= 0.9 * estimate_bps);
                fitting.or(layers.first()).copied().unwrap_or(0.0)
            }
            _ => 0.0,
        };
        let varied_bps = bps.max(0.0) * (0.8 + 0.4 * self.dice.share());
        let mut left = (varied_bps * FRAME_INTERVAL_US as f64 / 8e6) as u32;
        while left > 0 {
            let bytes = left.min(PACKET_BYTES);
            left -= bytes;
            self.offer(now_us, Priority::Video, bytes, leaving);
        }
    }

    fn offer(&mut self, now_us: i64, priority: Priority, bytes: u32, leaving: &mut Vec<Packet>) {
        let token = Token {
            stream: 0,
            sequence: 0,
            bytes,
        };
        let is_audio = priority == Priority::Audio;
        let plain = if is_audio { Kind::Audio } else { Kind::Media };
        match self.pacer.offer(self.at(now_us), priority, token) {
            Verdict::Send(cluster) => {
                let kind = cluster.map_or(plain, Kind::Probe);
                self.send(now_us, bytes, kind, is_audio, leaving);
            }
            Verdict::Wait => {}
            Verdict::Refuse => self.refused += 1,
        }
    }

    fn send(
        &mut self,
        now_us: i64,
        bytes: u32,
        kind: Kind,
        is_audio: bool,
        leaving: &mut Vec<Packet>,
    ) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.control.sent(self.at(now_us), sequence, bytes, kind);
        leaving.push(Packet {
            flow: None,
            sequence,
            bytes,
            is_audio,
        });
    }

    fn at(&self, now_us: i64) -> Instant {
        self.origin + Duration::from_micros(now_us as u64)
    }
}
