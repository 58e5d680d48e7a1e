//! For how many people and speakers this machine does, measured on it: the last line of `visio doctor`.

use crate::clock;
use crate::config::Plan;
use crate::models;
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::Duration;
use visio_speech::{Language, Options, Pass, engine};

/// What a person receives in a meeting of ten with cameras: nine voices at 50 packets a second and
/// nine small pictures at about 60.
const PACKETS_PER_PERSON_S: f64 = 1_000.0;
const MBIT_PER_PERSON: f64 = 2.5;
/// Sealing and sending are half of what a packet costs; finding its way is the other half.
const PATH_FACTOR: f64 = 2.0;
/// More than this share of a core or a line makes packets wait.
const LOAD_MAX: f64 = 0.6;
/// A spoken second is recognised once for the transcript and about once more while it is spoken.
const PASSES: f64 = 2.0;

/// Packets of the measurement: a few tens of milliseconds.
const PACKETS: u32 = 5_000;
const PACKET_BYTES: usize = 1_200;
/// Audio of the measurement. Whisper works on windows of thirty seconds, whatever is in them.
const SAMPLE_S: usize = 5;
const SAMPLE_RATE_HZ: usize = 16_000;

/// How many fit; no speakers where no model is here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Capacity {
    pub(super) people: u64,
    pub(super) speakers: Option<u64>,
}

pub(super) fn measure(plan: &Plan) -> Option<Capacity> {
    let packet = packet_cost()?;
    let people = people(
        packet,
        plan.media.workers,
        fastest_mbit(Path::new("/sys/class/net")),
    );
    let speakers = recognition_cost(plan).map(|cost| speakers(cost, plan.captions.threads));
    Some(Capacity { people, speakers })
}

/// By processor and by network, the smaller of the two.
fn people(packet: Duration, workers: u16, mbit: Option<f64>) -> u64 {
    let by_core = LOAD_MAX / (PACKETS_PER_PERSON_S * PATH_FACTOR * packet.as_secs_f64());
    let by_cores = by_core * f64::from(workers);
    let by_network = mbit.map_or(f64::INFINITY, |mbit| LOAD_MAX * mbit / MBIT_PER_PERSON);
    rounded(by_cores.min(by_network))
}

fn speakers(cost: Duration, threads: u16) -> u64 {
    let spoken_s = SAMPLE_S as f64;
    rounded(f64::from(threads) * spoken_s / (PASSES * cost.as_secs_f64()))
}

/// Two digits are as much as can be said.
fn rounded(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded and positive"
    )]
    let whole = number.clamp(0.0, 1e6) as u64;
    match whole {
        0..100 => whole,
        100..1_000 => whole / 10 * 10,
        _ => whole / 100 * 100,
    }
}

/// What it costs to seal a packet and to give it to the system.
fn packet_cost() -> Option<Duration> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).ok()?);
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
    let to = sink.local_addr().ok()?;
    let began = clock::now();
    for number in 0..PACKETS {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&number.to_be_bytes());
        let mut packet = vec![0; PACKET_BYTES];
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut packet)
            .ok()?;
        socket.send_to(&packet, to).ok()?;
    }
    Some(began.elapsed() / PACKETS)
}

/// The fastest network of this machine in Mbit/s, where its driver says it.
fn fastest_mbit(networks: &Path) -> Option<f64> {
    let networks = std::fs::read_dir(networks).ok()?.flatten();
    let speeds = networks.filter_map(|network| {
        let speed = std::fs::read_to_string(network.path().join("speed")).ok()?;
        speed
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|speed| *speed > 0.0)
    });
    speeds.max_by(f64::total_cmp)
}

/// What it costs to recognise the sample once with the installed model.
fn recognition_cost(plan: &Plan) -> Option<Duration> {
    if !plan.captions.enabled {
        return None;
    }
    let (kind, bytes) = models::load(&plan.models_folder, &plan.captions.model).ok()?;
    let mut recogniser = engine::load(kind, &bytes).ok()?.recogniser().ok()?;
    let samples: Vec<f32> = (0..SAMPLE_S * SAMPLE_RATE_HZ).map(hum).collect();
    let options = Options {
        language: Language::parse("en"),
        pass: Pass::Final,
    };
    let began = clock::now();
    recogniser.recognise(&samples, &options).ok()?;
    Some(began.elapsed())
}

/// A voice without words: three harmonics of 120 Hz.
fn hum(sample: usize) -> f32 {
    let at_s = sample as f32 / SAMPLE_RATE_HZ as f32;
    let wave = |hz: f32| (std::f32::consts::TAU * hz * at_s).sin();
    0.1 * (wave(120.0) + wave(240.0) + wave(360.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_bounded_by_the_processor_or_the_network() {
        let packet = Duration::from_micros(5);
        assert_eq!(people(packet, 1, None), 60);
        assert_eq!(people(packet, 4, None), 240);
        assert_eq!(people(packet, 4, Some(100.0)), 24);
        assert_eq!(people(packet, 64, None), 3_800);
        assert_eq!(people(packet * 2, 1, None), 30);
    }

    #[test]
    fn speakers_follow_from_the_threads_and_the_time_of_a_pass() {
        assert_eq!(speakers(Duration::from_millis(500), 1), 5);
        assert_eq!(speakers(Duration::from_millis(500), 4), 20);
        assert_eq!(speakers(Duration::from_secs(10), 1), 0, "too slow for one");
    }

    #[test]
    fn the_fastest_network_counts_and_one_without_a_speed_does_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(fastest_mbit(folder.path()), None);
        for (name, speed) in [
            ("lo", None),
            ("eth0", Some("1000\n")),
            ("wlan0", Some("-1\n")),
        ] {
            let network = folder.path().join(name);
            std::fs::create_dir(&network).unwrap();
            if let Some(speed) = speed {
                std::fs::write(network.join("speed"), speed).unwrap();
            }
        }
        assert_eq!(fastest_mbit(folder.path()), Some(1_000.0));
    }

    #[test]
    fn a_packet_costs_something_and_not_a_second() {
        let cost = packet_cost().unwrap();
        assert!(
            cost > Duration::ZERO && cost < Duration::from_secs(1),
            "{cost:?}"
        );
    }
}
