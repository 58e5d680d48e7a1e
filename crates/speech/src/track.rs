//! One audio track from packets to lines.

use crate::decode::TrackDecoder;
use crate::language::Spoken;
use crate::live::{Live, Shown};
use crate::reorder::Reorder;
use crate::segment::{Segmenter, Utterance};
use crate::voice::Voice;
use crate::{EngineError, Language, Options, Packet, Pass, Recognition, guard};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A live pass at most this often, counted in spoken time.
const GLANCE_MS: usize = 600;

/// The first live pass waits for this much voice: less is guesswork.
const FIRST_GLANCE_VOICED_MS: usize = 500;

/// When no packet comes for this long, what was being said has ended (the microphone was muted,
/// the sender pauses, the line is down).
const STALL: Duration = Duration::from_millis(900);

/// A final pass that failed is tried this often in all.
const ATTEMPTS_MAX: u32 = 2;

/// Live passes whose outcome is awaited; older ones are forgotten.
const GLANCES_AWAITED_MAX: usize = 4;

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
    /// A live job was dropped unrun, because the pool could not keep up.
    Skipped {
        job: JobId,
    },
    /// The participant chose a language, or takes the choice back.
    LanguageChosen(Option<Language>),
    /// The deadline has passed.
    Tick,
    /// No more packets will come.
    Closed,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Recognise(Job),
    Line(Line),
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
    /// How much had been spoken when the last pass was asked for.
    asked_at_ms: usize,
    /// Passes under way and where their window started.
    awaited: VecDeque<(JobId, usize)>,
    language: Option<Language>,
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
            Input::Skipped { job } => self.forget_glance(job),
            Input::LanguageChosen(language) => self.spoken.choose(language),
            Input::Tick => self.tick(now),
            Input::Closed => self.finish_open(now),
        }
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let stalled = self
            .segmenter
            .open()
            .and(self.last_packet)
            .map(|last| last + STALL);
        [self.reorder.deadline(), stalled]
            .into_iter()
            .flatten()
            .min()
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
        if self.last_packet.is_some_and(|last| now >= last + STALL) {
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
        self.glance(now);
    }

    fn finish_open(&mut self, now: Instant) {
        if let Some(ended) = self.segmenter.close() {
            self.finish(now, ended);
        }
    }

    /// Asks for a live pass over what is being said, if one is due.
    fn glance(&mut self, now: Instant) {
        let Some(open) = self.segmenter.open() else {
            return;
        };
        if self.glances.utterance != open.number {
            self.glances = Glances {
                utterance: open.number,
                ..Glances::default()
            };
        }
        let due = open.duration_ms() >= self.glances.asked_at_ms + GLANCE_MS
            && open.voiced_ms() >= FIRST_GLANCE_VOICED_MS;
        if !due {
            return;
        }
        self.glances.asked_at_ms = open.duration_ms();
        let (window_start_ms, window) = self.glances.live.window(&open.samples);
        let job = Job {
            id: JobId(self.next_job),
            samples: window.into(),
            options: Options {
                language: self.spoken.for_live(),
                pass: Pass::Live,
            },
            spoken: self.decoder.time_of(open.end(), now),
        };
        self.next_job += 1;
        self.glances.awaited.push_back((job.id, window_start_ms));
        if self.glances.awaited.len() > GLANCES_AWAITED_MAX {
            self.glances.awaited.pop_front();
        }
        self.outputs.push_back(Output::Recognise(job));
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
        let finishing = Finishing {
            utterance: ended.number,
            started: self.decoder.time_of(ended.position, now),
            ended: self.decoder.time_of(ended.end(), now),
            voiced_ms: ended.voiced_ms(),
            shown: shown.live.shown().text,
            shown_language: shown.language,
            attempts: 1,
            job: Job {
                id: JobId(self.next_job),
                samples: ended.samples.into(),
                options: Options {
                    language: self.spoken.for_final(),
                    pass: Pass::Final,
                },
                spoken: self.decoder.time_of(ended.position, now),
            },
        };
        self.ask_final(finishing);
    }

    fn ask_final(&mut self, mut finishing: Finishing) {
        finishing.job.id = JobId(self.next_job);
        finishing.job.spoken = finishing.ended;
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
        } else if let Some(window_start_ms) = self.awaited(job) {
            if let Ok(heard) = outcome {
                self.glanced(window_start_ms, &heard);
            }
            self.forget_glance(job);
        }
    }

    fn awaited(&self, job: JobId) -> Option<usize> {
        let mut awaited = self.glances.awaited.iter();
        awaited
            .find(|(waiting, _)| *waiting == job)
            .map(|(_, window_start_ms)| *window_start_ms)
    }

    fn forget_glance(&mut self, job: JobId) {
        self.glances.awaited.retain(|(waiting, _)| *waiting != job);
    }

    fn glanced(&mut self, window_start_ms: usize, heard: &Recognition) {
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
        let Some(shown) = self.glances.live.heard(window_start_ms, heard) else {
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
        } else if let Some(language) = finishing.shown_language {
            let text = finishing.shown.clone();
            self.conclude(&finishing, language, text);
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
