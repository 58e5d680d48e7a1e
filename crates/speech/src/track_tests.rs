//! Alice and Bob speak in virtual time; a scripted engine says what it heard.

use super::*;
use crate::live::passes::PARTIAL_INTERVAL_MS;
use crate::{Packet, SAMPLES_PER_MS, Word};
use std::time::Duration;

const FRAME_MS: usize = 20;

#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to count from"
)]
pub(crate) fn start() -> Instant {
    Instant::now()
}

/// A steady tone of 440 Hz.
pub(crate) fn tone(samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| (n as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin() * 0.3)
        .collect()
}

/// Opus packets of 20 ms, each received when its last sample was spoken.
pub(crate) fn opus_packets(samples: &[f32], start: Instant) -> Vec<Packet> {
    let mut encoder =
        opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(32_000)).unwrap();
    let frames = samples.chunks_exact(FRAME_MS * SAMPLES_PER_MS).zip(0_u32..);
    let packet = |(frame, at): (&[f32], u32)| Packet {
        sequence: u64::from(at),
        timestamp: at * 960,
        received: start + Duration::from_millis(u64::from(at + 1) * FRAME_MS as u64),
        payload: encoder.encode_vec_float(frame, 1500).unwrap().into(),
    };
    frames.map(packet).collect()
}

/// Something that the voice detector takes for a voice: pulses at the pitch of one, through
/// three resonances that move from vowel to vowel.
pub(crate) fn babble(ms: usize) -> Vec<f32> {
    let vowels = [
        [730.0, 1090.0, 2440.0],
        [270.0, 2290.0, 3010.0],
        [300.0, 870.0, 2240.0],
    ];
    let mut state = [[0.0_f32; 2]; 3];
    (0..ms * SAMPLES_PER_MS)
        .map(|n| {
            let pulse = if n % 128 == 0 { 1.0 } else { 0.0 };
            let vowel = vowels[n / 2400 % 3];
            let mut out = 0.0;
            for (formant, memory) in vowel.iter().zip(&mut state) {
                let (radius, angle) = (0.97_f32, formant * std::f32::consts::TAU / 16_000.0);
                let y =
                    pulse + 2.0 * radius * angle.cos() * memory[0] - radius * radius * memory[1];
                *memory = [y, memory[0]];
                out += y;
            }
            out * 0.05 * (1.0 + 0.5 * (n as f32 / 3200.0).sin())
        })
        .collect()
}

pub(crate) fn silence(ms: usize) -> Vec<f32> {
    vec![0.0; ms * SAMPLES_PER_MS]
}

fn alice() -> Track {
    let speaker = Speaker {
        participant: "alice".into(),
        track: "TR_alice".into(),
    };
    Track::new(speaker, Language::parse("en")).unwrap()
}

/// An engine that answers at once with as many words of the script as the audio has half seconds.
struct Script {
    words: Vec<&'static str>,
    no_speech_probability: f32,
    failures: usize,
    finals: Vec<Job>,
    partials: Vec<Job>,
}

impl Script {
    fn of(text: &'static str) -> Self {
        Self {
            words: text.split(' ').collect(),
            no_speech_probability: 0.0,
            failures: 0,
            finals: Vec::new(),
            partials: Vec::new(),
        }
    }

    fn answer(&mut self, job: Job) -> Input {
        let heard = match job.options.pass {
            Pass::Final => self.words.len(),
            Pass::Partial => (job.samples.len() / SAMPLES_PER_MS / 500).min(self.words.len()),
        };
        let words: Vec<Word> = self.words[..heard]
            .iter()
            .map(|word| Word {
                text: format!(" {word}"),
                start_ms: 0,
                end_ms: 0,
            })
            .collect();
        let recognition = Recognition {
            text: words.iter().map(|word| word.text.as_str()).collect(),
            words,
            language: job.options.language.or(Language::parse("de")).unwrap(),
            language_probability: job.options.language.is_none().then_some(0.95),
            no_speech_probability: self.no_speech_probability,
            confidence: if self.no_speech_probability > 0.5 {
                0.2
            } else {
                0.9
            },
        };
        let id = job.id;
        let jobs = if job.options.pass == Pass::Final {
            &mut self.finals
        } else {
            &mut self.partials
        };
        jobs.push(job);
        if self.failures > 0 {
            self.failures -= 1;
            return Input::Recognised {
                job: id,
                outcome: Err(EngineError::Failed("script".into())),
            };
        }
        Input::Recognised {
            job: id,
            outcome: Ok(recognition),
        }
    }

    /// Plays the packets to the track, then silence until nothing is due.
    fn play(&mut self, track: &mut Track, packets: Vec<Packet>) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut now = packets.first().map_or_else(start, |packet| packet.received);
        for packet in packets {
            now = packet.received;
            track.handle(now, Input::Packet(packet));
            self.serve(track, now, &mut lines);
        }
        while let Some(deadline) = track.deadline() {
            now = now.max(deadline);
            track.handle(now, Input::Tick);
            self.serve(track, now, &mut lines);
        }
        lines
    }

    fn serve(&mut self, track: &mut Track, now: Instant, lines: &mut Vec<Line>) {
        while let Some(output) = track.poll() {
            match output {
                Output::Line(line) => lines.push(line),
                Output::Final(job) => {
                    let answer = self.answer(job);
                    track.handle(now, answer);
                }
                Output::Lost => panic!("nothing is given up here"),
                Output::PartialDue => {
                    if let Some(job) = track.partial(now) {
                        let answer = self.answer(job);
                        track.handle(now, answer);
                    }
                }
            }
        }
    }
}

fn said(lines: &[Line]) -> Vec<(&str, bool)> {
    lines
        .iter()
        .map(|line| (line.text.as_str(), line.is_final))
        .collect()
}

#[test]
fn alice_speaks_and_her_partials_grow_into_one_final_line() {
    let mut script = Script::of("we meet here at ten tomorrow");
    let audio = [silence(1000), babble(3000), silence(1500)].concat();
    let lines = script.play(&mut alice(), opus_packets(&audio, start()));
    let texts = said(&lines);
    assert_eq!(texts.last(), Some(&("we meet here at ten tomorrow", true)));
    assert!(texts.len() >= 2, "no partial was shown: {texts:?}");
    for pair in texts.windows(2) {
        assert!(pair[1].0.starts_with(pair[0].0), "flicker: {pair:?}");
    }
    assert!(
        lines
            .iter()
            .all(|line| line.utterance == 0 && line.speaker.participant == "alice")
    );
    assert_eq!(script.finals.len(), 1);
    assert!(
        script.partials.len() <= 3_600 / PARTIAL_INTERVAL_MS,
        "more passes than were due: {}",
        script.partials.len()
    );
}

#[test]
fn a_line_says_when_it_was_spoken() {
    let began = start();
    let audio = [silence(2000), babble(2000), silence(1500)].concat();
    let lines = Script::of("yes indeed").play(&mut alice(), opus_packets(&audio, began));
    let line = lines.last().unwrap();
    let started = line.started.duration_since(began).as_millis();
    let ended = line.ended.duration_since(began).as_millis();
    assert!((1500..=2200).contains(&started), "started at {started} ms");
    assert!((3800..=4600).contains(&ended), "ended at {ended} ms");
}

#[test]
fn two_utterances_are_two_lines() {
    let audio = [babble(1500), silence(1000), babble(1500), silence(1000)].concat();
    let lines = Script::of("once").play(&mut alice(), opus_packets(&audio, start()));
    let finals: Vec<u64> = lines
        .iter()
        .filter(|line| line.is_final)
        .map(|line| line.utterance)
        .collect();
    assert_eq!(finals, [0, 1]);
}

#[test]
fn silence_costs_no_recognition() {
    let mut script = Script::of("thank you");
    let lines = script.play(&mut alice(), opus_packets(&silence(20_000), start()));
    assert!(lines.is_empty() && script.finals.is_empty() && script.partials.is_empty());
}

#[test]
fn a_muted_microphone_ends_the_utterance_without_another_packet() {
    let mut script = Script::of("and that is all");
    let lines = script.play(&mut alice(), opus_packets(&babble(2000), start()));
    assert_eq!(said(&lines).last(), Some(&("and that is all", true)));
}

#[test]
fn what_was_shown_is_taken_back_when_the_final_pass_hears_nobody() {
    let mut script = Script::of("thanks for watching this");
    let mut track = alice();
    let mut packets = opus_packets(&babble(3500), start());
    let later = packets.split_off(150);
    let shown = script.play_open(&mut track, packets);
    assert!(!shown.is_empty(), "the story needs a partial");
    script.no_speech_probability = 0.9;
    let lines = script.play(&mut track, later);
    assert_eq!(said(&lines).last(), Some(&("", true)));
}

#[test]
fn an_engine_that_fails_once_is_asked_again_and_twice_leaves_what_was_shown() {
    let packets = opus_packets(&babble(4000), start());
    let mut script = Script::of("we meet at ten");
    let mut track = alice();
    let shown = script.play_open(&mut track, packets.clone());
    script.failures = 1;
    let lines = script.play(&mut track, Vec::new());
    assert_eq!(said(&lines), [("we meet at ten", true)]);
    assert_eq!(script.finals.len(), 2);

    let (mut script, mut track) = (Script::of("we meet at ten"), alice());
    script.play_open(&mut track, packets);
    script.failures = 2;
    let lines = script.play(&mut track, Vec::new());
    assert_eq!(said(&lines), [(shown.last().unwrap().text.as_str(), true)]);
    assert!(track.is_settled());
}

#[test]
fn when_no_more_jobs_are_run_what_was_shown_is_kept() {
    let (mut script, mut track) = (Script::of("we meet at ten"), alice());
    let packets = opus_packets(&babble(4000), start());
    let now = packets.last().unwrap().received;
    let shown = script.play_open(&mut track, packets);
    track.handle(now, Input::Closed);
    assert!(!track.is_settled());
    track.handle(now, Input::GivenUp);
    let mut kept = Vec::new();
    while let Some(output) = track.poll() {
        if let Output::Line(line) = output {
            kept.push(line);
        }
    }
    assert_eq!(said(&kept), [(shown.last().unwrap().text.as_str(), true)]);
    assert!(track.is_settled());
}

#[test]
fn what_is_given_up_before_anything_was_heard_of_it_is_lost() {
    let mut track = alice();
    for packet in opus_packets(&babble(3000), start()) {
        track.handle(packet.received, Input::Packet(packet.clone()));
    }
    track.handle(start(), Input::Closed);
    track.handle(start(), Input::GivenUp);
    let outputs: Vec<Output> = std::iter::from_fn(|| track.poll()).collect();
    assert_eq!(outputs.last(), Some(&Output::Lost));
    assert!(track.is_settled());
}

#[test]
fn a_language_found_out_once_is_not_looked_for_again() {
    let speaker = Speaker {
        participant: "bob".into(),
        track: "TR_bob".into(),
    };
    let mut track = Track::new(speaker, None).unwrap();
    let mut script = Script::of("guten Morgen zusammen");
    let audio = [babble(4000), silence(1000), babble(3000), silence(1000)].concat();
    script.play(&mut track, opus_packets(&audio, start()));
    assert_eq!(script.partials[0].options.language, None);
    assert_eq!(script.finals[1].options.language, Language::parse("de"));
    track.handle(start(), Input::LanguageChosen(Language::parse("fr")));
    assert_eq!(track.language.for_final(), Language::parse("fr"));
}

#[test]
fn a_partial_pass_that_is_never_taken_delays_the_text_and_nothing_else() {
    let mut track = alice();
    let mut script = Script::of("we meet at ten");
    for packet in opus_packets(&[babble(3000), silence(1000)].concat(), start()) {
        let now = packet.received;
        track.handle(now, Input::Packet(packet));
        while let Some(output) = track.poll() {
            match output {
                Output::PartialDue => {}
                Output::Lost => panic!("nothing is given up here"),
                Output::Final(job) => track.handle(now, script.answer(job)),
                Output::Line(line) => assert_eq!(line.text, "we meet at ten"),
            }
        }
    }
    assert_eq!(script.finals.len(), 1);
}

#[test]
fn someone_who_never_pauses_gets_lines_all_the_same() {
    let mut script = Script::of("on and on");
    let lines = script.play(&mut alice(), opus_packets(&babble(45_000), start()));
    let finals = lines.iter().filter(|line| line.is_final).count();
    assert!((2..=6).contains(&finals), "{finals} lines");
    assert!(
        script
            .partials
            .iter()
            .all(|job| job.samples.len() <= 9_000 * SAMPLES_PER_MS)
    );
    assert!(
        script
            .finals
            .iter()
            .all(|job| job.samples.len() <= 18_500 * SAMPLES_PER_MS)
    );
}

#[test]
fn one_partial_pass_at_a_time_and_each_over_all_that_was_said() {
    let (mut track, mut due, mut jobs) = (alice(), 0, Vec::new());
    for packet in opus_packets(&babble(4000), start()) {
        let now = packet.received;
        track.handle(now, Input::Packet(packet));
        while let Some(output) = track.poll() {
            due += usize::from(output == Output::PartialDue);
        }
        // A thread is free after three seconds only.
        if now.duration_since(start()) > Duration::from_secs(3) {
            jobs.extend(track.partial(now));
        }
    }
    assert_eq!((due, jobs.len()), (1, 1));
    assert!(jobs[0].samples.len() >= 2_900 * SAMPLES_PER_MS);
}

#[test]
fn a_pause_is_looked_at_before_the_final_pass_hears_it() {
    let mut script = Script::of("we meet at ten");
    let audio = [babble(1000), silence(1000)].concat();
    script.play(&mut alice(), opus_packets(&audio, start()));
    let last = script.partials.last().unwrap();
    let (heard, kept) = (last.samples.len(), script.finals[0].samples.len());
    assert!(
        heard + 320 * SAMPLES_PER_MS >= kept,
        "{heard} of {kept} samples"
    );
}

#[test]
fn a_sender_that_suppresses_silence_ends_an_utterance_as_soon_as_one_that_sends_it() {
    let spoken = [babble(2000), silence(400)].concat();
    let (mut track, mut script) = (alice(), Script::of("that is all"));
    let packets = opus_packets(&spoken, start());
    let last = packets.last().unwrap().received;
    script.play_open(&mut track, packets);
    let silent_for = track.deadline().unwrap().duration_since(last);
    assert!(silent_for < Duration::from_millis(600), "{silent_for:?}");
    assert_eq!(
        said(&script.play(&mut track, Vec::new())).last(),
        Some(&("that is all", true))
    );
}

impl Script {
    /// Plays the packets and leaves the utterance open.
    fn play_open(&mut self, track: &mut Track, packets: Vec<Packet>) -> Vec<Line> {
        let mut lines = Vec::new();
        for packet in packets {
            let now = packet.received;
            track.handle(now, Input::Packet(packet));
            self.serve(track, now, &mut lines);
        }
        lines
    }
}
