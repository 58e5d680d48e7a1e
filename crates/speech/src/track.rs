//! One audio track from packets to lines.

use crate::audio::decode::TrackDecoder;
use crate::audio::reorder::Reorder;
use crate::audio::segment::{PAUSE_MS, Segmenter, Utterance};
use crate::audio::voice::Voice;
use crate::finals::guard;
use crate::language::Spoken;
use crate::live::agreement::{Live, Seen, Shown};
use crate::{EngineError, Language, Options, Packet, Pass, Recognition};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A live pass at most this often, counted in spoken time.
const GLANCE_MS: usize = 600;

/// A pause this long is a good moment for a live pass: the last words are whole, and the final pass
/// over them is a while away.
const GLANCE_PAUSE_MS: usize = 240;

/// The first live pass waits for this much voice: less is guesswork.
const FIRST_GLANCE_VOICED_MS: usize = 500;

/// When no packet comes for this long in the middle of a word, what was being said has ended (the
/// microphone was muted, the line is down).
const STALL: Duration = Duration::from_millis(900);

/// A sender that suppresses silence (DTX, RFC 7587 section 3.1.3) stays quiet in a pause: what is
/// missing then counts as silence, after this much for packets that are late.
const LATE: Duration = Duration::from_millis(100);

/// A final pass that failed is tried this often in all.
const ATTEMPTS_MAX: u32 = 2;

/// Whose voice a track carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    pub participant: String,
    pub track: String,
    /// The language this participant chose; `None` to find out.
    pub language: Option<Language>,
}

#[derive(Debug, Clone)]
pub enum Input {
    Packet(Packet),
    /// A job has been run.
    Recognised {
        job: JobId,
        outcome: Result<Recognition, EngineError>,
    },
    /// The participant chose a language, or takes the choice back.
    LanguageChosen(Option<Language>),
    /// The deadline has passed.
    Tick,
    /// No more packets will come.
    Closed,
    /// No more jobs will be run: what was shown of unfinished lines is what is kept of them.
    GivenUp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A final pass, to be run whatever else waits.
    Recognise(Job),
    /// A live pass is worth its while: call [`Track::glance`] when a thread is free.
    GlanceDue,
    Line(Line),
    /// Something that was said stays without a line: it was given up before anything was heard.
    Lost,
}

/// Numbers the jobs of one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Audio to be recognised, on any thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub samples: Arc<[f32]>,
    pub options: Options,
    /// When the last of the samples was spoken.
    pub spoken: Instant,
}

/// One piece of transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Names the line from its first partial to its final, and for ever.
    pub segment: String,
    pub track: String,
    pub participant: String,
    pub started: Instant,
    pub ended: Instant,
    pub language: Language,
    /// The whole text so far. Empty in a final: what the partials showed was no speech.
    pub text: String,
    /// How many characters of the text, from its first, are certain: what follows is shown early and
    /// may change with the next partial. A final is certain as a whole.
    pub certain_chars: usize,
    pub is_final: bool,
}

/// The machine of one track.
pub struct Track {
    speaker: Speaker,
    reorder: Reorder,
    decoder: TrackDecoder,
    voice: Voice,
    segmenter: Segmenter,
    spoken: Spoken,
    glances: Glances,
    finals: BTreeMap<JobId, Finishing>,
    next_job: u64,
    last_packet: Option<Instant>,
    outputs: VecDeque<Output>,
}

/// The live passes over the utterance that is being spoken.
#[derive(Default)]
struct Glances {
    utterance: u64,
    live: Live,
    /// How much had been spoken, and how much of it with a voice, at the last pass.
    seen_ms: usize,
    seen_voiced_ms: usize,
    state: Glancing,
    language: Option<Language>,
}

/// One pass at a time: the next is worth more when it knows all that was said meanwhile.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Glancing {
    #[default]
    Resting,
    Due,
    UnderWay(JobId, Seen),
}

/// An utterance whose final pass is under way.
struct Finishing {
    job: Job,
    utterance: u64,
    started: Instant,
    ended: Instant,
    voiced_ms: usize,
    /// What clients see of it so far.
    shown: String,
    shown_language: Option<Language>,
    attempts: u32,
}

impl Glances {
    fn is_due(&self, open: &Utterance) -> bool {
        let voiced_ms = open.voiced_ms();
        let time_has_come = open.duration_ms() >= self.seen_ms + GLANCE_MS;
        let words_are_whole = open.pause_ms() >= GLANCE_PAUSE_MS;
        voiced_ms >= FIRST_GLANCE_VOICED_MS
            && voiced_ms > self.seen_voiced_ms
            && (time_has_come || words_are_whole)
    }
}

impl Track {
    /// Fails only when the decoder finds no memory.
    pub fn new(speaker: Speaker) -> Result<Self, EngineError> {
        let decoder =
            TrackDecoder::new().map_err(|error| EngineError::Failed(error.to_string()))?;
        Ok(Self {
            spoken: Spoken::new(speaker.language),
            speaker,
            reorder: Reorder::default(),
            decoder,
            voice: Voice::new(),
            segmenter: Segmenter::default(),
            glances: Glances::default(),
            finals: BTreeMap::new(),
            next_job: 0,
            last_packet: None,
            outputs: VecDeque::new(),
        })
    }

    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Packet(packet) => self.receive(now, packet),
            Input::Recognised { job, outcome } => self.recognised(job, outcome),
            Input::LanguageChosen(language) => self.spoken.choose(language),
            Input::Tick => self.tick(now),
            Input::Closed => self.finish_open(now),
            Input::GivenUp => self.give_up(),
        }
        self.look_for_glance();
    }

    /// The live pass to run right away over all that has been said; none if it ended meanwhile.
    pub fn glance(&mut self, now: Instant) -> Option<Job> {
        let open = self.segmenter.open()?;
        if self.glances.state != Glancing::Due {
            return None;
        }
        self.glances.seen_ms = open.duration_ms();
        self.glances.seen_voiced_ms = open.voiced_ms();
        let (window_start_ms, window) = self.glances.live.window(&open.samples);
        let id = JobId(self.next_job);
        self.next_job += 1;
        let seen = Seen {
            window_start_ms,
            in_pause: open.pause_ms() >= GLANCE_PAUSE_MS,
        };
        self.glances.state = Glancing::UnderWay(id, seen);
        Some(Job {
            id,
            samples: window.into(),
            options: Options {
                language: self.spoken.for_live(open.voiced_ms()),
                pass: Pass::Live,
            },
            spoken: self.decoder.time_of(open.end(), now),
        })
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        [self.reorder.deadline(), self.silent_until()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When what is being said has ended if no packet comes.
    fn silent_until(&self) -> Option<Instant> {
        let pause_ms = self.segmenter.open()?.pause_ms();
        let missing = Duration::from_millis(PAUSE_MS.saturating_sub(pause_ms) as u64);
        let patience = if pause_ms == 0 { STALL } else { missing + LATE };
        Some(self.last_packet? + patience)
    }

    /// Whether nothing said so far is still on its way to becoming a line.
    pub fn is_settled(&self) -> bool {
        self.segmenter.open().is_none() && self.finals.is_empty()
    }

    fn receive(&mut self, now: Instant, packet: Packet) {
        self.last_packet = Some(now);
        self.reorder.push(packet);
        self.listen(now);
    }

    fn tick(&mut self, now: Instant) {
        self.listen(now);
        if self.silent_until().is_some_and(|until| now >= until) {
            self.finish_open(now);
        }
    }

    fn listen(&mut self, now: Instant) {
        while let Some(packet) = self.reorder.pop(now) {
            let piece = self.decoder.decode(&packet);
            if piece.after_break {
                self.finish_open(now);
                self.voice.restart(piece.position);
            }
            for frame in self.voice.push(&piece.samples) {
                if let Some(ended) = self.segmenter.push(frame) {
                    self.finish(now, ended);
                }
            }
        }
    }

    fn finish_open(&mut self, now: Instant) {
        if let Some(ended) = self.segmenter.close() {
            self.finish(now, ended);
        }
    }

    /// Says so when a live pass over what is being said is due.
    fn look_for_glance(&mut self) {
        let Some(open) = self.segmenter.open() else {
            return;
        };
        if self.glances.utterance != open.number {
            self.glances = Glances {
                utterance: open.number,
                ..Glances::default()
            };
        }
        if self.glances.state == Glancing::Resting && self.glances.is_due(open) {
            self.glances.state = Glancing::Due;
            self.outputs.push_back(Output::GlanceDue);
        }
    }

    /// Asks for the final pass over what was said.
    fn finish(&mut self, now: Instant, ended: Utterance) {
        let shown = if self.glances.utterance == ended.number {
            std::mem::take(&mut self.glances)
        } else {
            Glances::default()
        };
        // No later utterance may take these for its own.
        self.glances.utterance = u64::MAX;
        let ended_at = self.decoder.time_of(ended.end(), now);
        let finishing = Finishing {
            utterance: ended.number,
            started: self.decoder.time_of(ended.position, now),
            ended: ended_at,
            voiced_ms: ended.voiced_ms(),
            shown: shown.live.text_until(ended.duration_ms()),
            shown_language: shown.language,
            attempts: 1,
            job: Job {
                id: JobId(self.next_job),
                samples: ended.samples.into(),
                options: Options {
                    language: self.spoken.for_final(),
                    pass: Pass::Final,
                },
                spoken: ended_at,
            },
        };
        self.ask_final(finishing);
    }

    fn ask_final(&mut self, mut finishing: Finishing) {
        finishing.job.id = JobId(self.next_job);
        self.next_job += 1;
        self.outputs
            .push_back(Output::Recognise(finishing.job.clone()));
        self.finals.insert(finishing.job.id, finishing);
    }

    fn recognised(&mut self, job: JobId, outcome: Result<Recognition, EngineError>) {
        if let Some(finishing) = self.finals.remove(&job) {
            match outcome {
                Ok(heard) => self.finished(&finishing, &heard),
                Err(_) => self.failed(finishing),
            }
            return;
        }
        if let Glancing::UnderWay(awaited, seen) = self.glances.state
            && awaited == job
        {
            self.glances.state = Glancing::Resting;
            if let Ok(heard) = outcome {
                self.glanced(seen, &heard);
            }
        }
    }

    fn glanced(&mut self, seen: Seen, heard: &Recognition) {
        let Some(open) = self.segmenter.open() else {
            return;
        };
        let language = heard.language;
        if let Some(probability) = heard.language_probability {
            self.spoken
                .detected(language, probability, open.voiced_ms());
        }
        self.glances.language = Some(language);
        let heard = guard::shown(heard);
        let Some(shown) = self.glances.live.heard(seen, heard) else {
            return;
        };
        let Some(origin) = self.last_packet else {
            return;
        };
        let started = self.decoder.time_of(open.position, origin);
        let ended = self.decoder.time_of(open.end(), origin);
        let line = self.line(open.number, (started, ended), language, shown);
        self.outputs.push_back(Output::Line(line));
    }

    fn finished(&mut self, finishing: &Finishing, heard: &Recognition) {
        if let Some(probability) = heard.language_probability {
            self.spoken
                .detected(heard.language, probability, finishing.voiced_ms);
        }
        self.spoken.finished(heard.confidence);
        let text = guard::kept(heard, finishing.voiced_ms).unwrap_or_default();
        self.conclude(finishing, heard.language, text);
    }

    /// An engine that fails is asked once more; then what was shown is better than nothing.
    fn failed(&mut self, mut finishing: Finishing) {
        if finishing.attempts < ATTEMPTS_MAX {
            finishing.attempts += 1;
            self.ask_final(finishing);
        } else {
            self.keep_shown(&finishing);
        }
    }

    fn give_up(&mut self) {
        for finishing in std::mem::take(&mut self.finals).into_values() {
            if finishing.shown.is_empty() {
                self.outputs.push_back(Output::Lost);
            }
            self.keep_shown(&finishing);
        }
    }

    fn keep_shown(&mut self, finishing: &Finishing) {
        if let Some(language) = finishing.shown_language {
            self.conclude(finishing, language, finishing.shown.clone());
        }
    }

    fn conclude(&mut self, finishing: &Finishing, language: Language, text: String) {
        if text.is_empty() && finishing.shown.is_empty() {
            return;
        }
        let spoken = (finishing.started, finishing.ended);
        let certain_chars = text.chars().count();
        let said = Shown {
            text,
            certain_chars,
        };
        let line = self.line(finishing.utterance, spoken, language, said);
        self.outputs.push_back(Output::Line(Line {
            is_final: true,
            ..line
        }));
    }

    fn line(
        &self,
        utterance: u64,
        (started, ended): (Instant, Instant),
        language: Language,
        shown: Shown,
    ) -> Line {
        Line {
            segment: format!("{}-{utterance}", self.speaker.track),
            track: self.speaker.track.clone(),
            participant: self.speaker.participant.clone(),
            started,
            ended,
            language,
            text: shown.text,
            certain_chars: shown.certain_chars,
            is_final: false,
        }
    }
}

#[cfg(test)]
#[path = "track_tests.rs"]
pub(crate) mod tests;
