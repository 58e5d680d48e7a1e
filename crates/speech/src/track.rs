//! One audio track from packets to lines.

use crate::audio::segment::Utterance;
use crate::audio::utterances::Utterances;
use crate::finals::guard;
use crate::finals::passes::{Ended, FinalPasses};
use crate::language::SpokenLanguage;
use crate::live::agreement::Seen;
use crate::live::passes::PartialPasses;
use crate::{
    EngineError, Input, Job, JobId, Language, Line, Options, Output, Pass, Recognition, Speaker,
};
use std::collections::VecDeque;
use std::time::Instant;

/// The machine of one track.
pub struct Track {
    speaker: Speaker,
    utterances: Utterances,
    language: SpokenLanguage,
    partials: PartialPasses,
    finals: FinalPasses,
    next_job: u64,
    outputs: VecDeque<Output>,
}

impl Track {
    /// `language` is the one that the participant chose; `None` to find out. Fails only when the
    /// decoder finds no memory.
    pub fn new(speaker: Speaker, language: Option<Language>) -> Result<Self, EngineError> {
        let utterances =
            Utterances::new().map_err(|error| EngineError::Failed(error.to_string()))?;
        Ok(Self {
            speaker,
            utterances,
            language: SpokenLanguage::new(language),
            partials: PartialPasses::default(),
            finals: FinalPasses::default(),
            next_job: 0,
            outputs: VecDeque::new(),
        })
    }

    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Packet(packet) => self.utterances.packet(now, packet),
            Input::Recognised { job, outcome } => self.recognised(now, job, outcome),
            Input::Dropped(job) => self.keep_shown(job),
            Input::LanguageChosen(language) => self.language.choose(language),
            Input::Tick => self.utterances.tick(now),
            Input::Closed => self.utterances.close(),
            Input::GivenUp => self.give_up(),
        }
        while let Some(ended) = self.utterances.pop() {
            self.ask_final(now, ended);
        }
        if let Some(open) = self.utterances.open()
            && self.partials.follow(open)
        {
            self.outputs.push_back(Output::PartialDue);
        }
    }

    /// The partial pass to run right away over all that has been said; none if it ended meanwhile.
    pub fn partial(&mut self, now: Instant) -> Option<Job> {
        let open = self.utterances.open()?;
        let id = JobId(self.next_job);
        let window = self.partials.begin(open, id)?;
        self.next_job += 1;
        Some(Job {
            id,
            samples: window.into(),
            options: Options {
                language: self.language.for_partial(open.voiced_ms()),
                pass: Pass::Partial,
            },
            spoken: self.utterances.time_of(open.end(), now),
        })
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.utterances.deadline()
    }

    /// Whether nothing said so far is still on its way to becoming a line.
    pub fn is_settled(&self) -> bool {
        self.utterances.open().is_none() && self.finals.is_empty()
    }

    /// Asks for the final pass over what was said.
    fn ask_final(&mut self, now: Instant, utterance: Utterance) {
        let (shown, shown_language) = self.partials.close(&utterance);
        let ended = Ended {
            utterance: utterance.number,
            started: self.utterances.time_of(utterance.position, now),
            ended: self.utterances.time_of(utterance.end(), now),
            voiced_ms: utterance.voiced_ms(),
            shown,
            shown_language,
        };
        let job = Job {
            id: self.next_id(),
            samples: utterance.samples.into(),
            options: Options {
                language: self.language.for_final(),
                pass: Pass::Final,
            },
            spoken: ended.ended,
        };
        self.finals.begin(job.clone(), ended);
        self.outputs.push_back(Output::Final(job));
    }

    fn next_id(&mut self) -> JobId {
        let id = JobId(self.next_job);
        self.next_job += 1;
        id
    }

    fn recognised(&mut self, now: Instant, job: JobId, outcome: Result<Recognition, EngineError>) {
        match outcome {
            Ok(found) if self.finals.contains(job) => self.finish(job, &found),
            Err(_) if self.finals.contains(job) => self.fail(job),
            outcome => {
                if let (Some(seen), Ok(found)) = (self.partials.ended(job), outcome) {
                    self.show(now, seen, &found);
                }
            }
        }
    }

    /// A partial pass over the open utterance has found something.
    fn show(&mut self, now: Instant, seen: Seen, found: &Recognition) {
        let Some(open) = self.utterances.open() else {
            return;
        };
        if let Some(probability) = found.language_probability {
            self.language
                .detected(found.language, probability, open.voiced_ms());
        }
        let Some(shown) = self.partials.recognised(seen, found) else {
            return;
        };
        self.outputs.push_back(Output::Line(Line {
            speaker: self.speaker.clone(),
            utterance: open.number,
            started: self.utterances.time_of(open.position, now),
            ended: self.utterances.time_of(open.end(), now),
            language: found.language,
            text: shown.text,
            certain_chars: shown.certain_chars,
            is_final: false,
        }));
    }

    fn finish(&mut self, job: JobId, found: &Recognition) {
        let Some(ended) = self.finals.take(job) else {
            return;
        };
        if let Some(probability) = found.language_probability {
            self.language
                .detected(found.language, probability, ended.voiced_ms);
        }
        self.language.finished(found.confidence);
        let text = guard::kept(found, ended.voiced_ms).unwrap_or_default();
        if !text.is_empty() || !ended.shown.is_empty() {
            self.conclude(&ended, found.language, text);
        }
    }

    /// An engine that fails is asked once more; then what was shown is better than nothing.
    fn fail(&mut self, job: JobId) {
        let next = self.next_id();
        match self.finals.again(job, next) {
            Some(again) => self.outputs.push_back(Output::Final(again)),
            None => self.keep_shown(job),
        }
    }

    fn give_up(&mut self) {
        for ended in self.finals.take_all() {
            self.keep(&ended);
        }
    }

    fn keep_shown(&mut self, job: JobId) {
        if let Some(ended) = self.finals.take(job) {
            self.keep(&ended);
        }
    }

    /// Keeps of an utterance what was shown of it.
    fn keep(&mut self, ended: &Ended) {
        match ended.shown_language {
            Some(language) if !ended.shown.is_empty() => {
                let text = ended.shown.clone();
                self.conclude(ended, language, text);
            }
            _ => self.outputs.push_back(Output::Lost),
        }
    }

    fn conclude(&mut self, ended: &Ended, language: Language, text: String) {
        self.outputs.push_back(Output::Line(Line {
            speaker: self.speaker.clone(),
            utterance: ended.utterance,
            started: ended.started,
            ended: ended.ended,
            language,
            certain_chars: text.chars().count(),
            text,
            is_final: true,
        }));
    }
}

#[cfg(test)]
#[path = "track_tests.rs"]
pub(crate) mod tests;
