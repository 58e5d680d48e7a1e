//! The one thread between media, the scheduler, the engines and the way out: it owns them all, so that
//! nothing of it is locked.

use super::caption::CaptionSink;
use super::engines::Threads;
use super::said::{Key, Source};
use super::{TapEvents, metrics, writer};
use crate::clock;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};
use visio_meeting::SpeakerInfo;
use visio_protocol::names::{MeetingId, RoomName};
use visio_sfu::tap::{TapEvent, TapId};
use visio_speech::scheduler::{Counts, Load, Output};
use visio_speech::{EngineError, Input, Language, Packet, Scheduler, Speaker};

/// The thread looks this often whether it is to stop, when nothing wakes it.
const LOOK: Duration = Duration::from_millis(200);

/// And this often whether an engine has ended its job, while one is busy: packets alone wake it.
const BUSY_LOOK: Duration = Duration::from_millis(10);

/// Inputs decoded between two looks at the queue, about a millisecond's work: the queue is emptied
/// often enough that one meeting's packets never fill it for the others.
const INPUTS_PER_ROUND: usize = 16;

/// How far the end has come. Each stage is entered once.
#[derive(Debug, Default)]
pub(super) struct Stop(AtomicU8);

const RUNNING: u8 = 0;
/// What is being said is ended and recognised.
const FINISHING: u8 = 1;
/// What is not recognised yet stays as it was shown.
const GIVING_UP: u8 = 2;

impl Stop {
    pub(super) fn finish(&self) {
        self.0.store(FINISHING, Ordering::Relaxed);
    }

    pub(super) fn give_up(&self) {
        self.0.store(GIVING_UP, Ordering::Relaxed);
    }

    fn stage(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) struct Dispatch {
    scheduler: Scheduler<Key>,
    /// The open track of each tap, by the media worker that numbered it.
    tracks: BTreeMap<(u16, TapId), Key>,
    next_track: u64,
    sources: BTreeMap<Key, Source>,
    threads: Threads,
    /// The language of participants who chose none; `None` to find out.
    language: Option<Language>,
    sink: Arc<dyn CaptionSink>,
    lines: writer::Lines,
    /// Utterances and packets of which nothing is left.
    lost: u64,
}

impl Dispatch {
    pub(super) fn new(
        threads: Threads,
        language: Option<Language>,
        sink: Arc<dyn CaptionSink>,
        lines: writer::Lines,
    ) -> Self {
        metrics::describe();
        Self {
            scheduler: Scheduler::default(),
            tracks: BTreeMap::new(),
            next_track: 0,
            sources: BTreeMap::new(),
            threads,
            language,
            sink,
            lines,
            lost: 0,
        }
    }

    /// Runs until it is stopped. Returns how much of what was said since then is lost.
    pub(super) fn run(mut self, events: &TapEvents, stop: &Stop) -> u64 {
        while stop.stage() == RUNNING {
            match catch_unwind(AssertUnwindSafe(|| self.turn(events))) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => self.start_over(),
            }
        }
        // What lies in the queue was said before the end.
        for (worker, event) in events.try_iter() {
            self.take(worker, event);
        }
        self.scheduler.close_all();
        self.lost = 0;
        while !self.scheduler.is_settled() && stop.stage() != GIVING_UP {
            self.round();
            std::thread::sleep(self.wait());
        }
        self.scheduler.give_up(clock::now());
        self.deliver();
        self.lost
    }

    /// Waits for what comes and does what is due. Returns whether anything can come still.
    fn turn(&mut self, events: &TapEvents) -> bool {
        match events.recv_timeout(self.wait()) {
            Ok((worker, event)) => self.take(worker, event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        for (worker, event) in events.try_iter() {
            self.take(worker, event);
        }
        self.round();
        true
    }

    /// After a panic outside every track: opens all of them anew. What was being said is lost.
    fn start_over(&mut self) {
        tracing::error!(
            microphones = self.tracks.len(),
            "the transcription of all meetings was interrupted by a panic and goes on"
        );
        metrics::panicked();
        let now = clock::now();
        self.scheduler = Scheduler::default();
        let mut sources = std::mem::take(&mut self.sources);
        for (tap, key) in std::mem::take(&mut self.tracks) {
            if let Some(source) = sources.remove(&key) {
                let key = self.new_key(tap);
                self.open(now, key, source.room, source.meeting, source.speaker);
            }
        }
    }

    /// How long there is nothing to do if no packet comes.
    fn wait(&self) -> Duration {
        if self.scheduler.has_inputs() {
            return Duration::ZERO;
        }
        let look = if self.threads.has_busy() {
            BUSY_LOOK
        } else {
            LOOK
        };
        let until = self.scheduler.deadline();
        until.map_or(look, |until| {
            until.saturating_duration_since(clock::now()).min(look)
        })
    }

    /// Does what is due: outcomes, a little decoding, new jobs, and what is to be sent of it.
    fn round(&mut self) {
        let now = clock::now();
        while let Some(ended) = self.threads.ended() {
            let recognised = |scheduler: &mut Scheduler<Key>| {
                scheduler.recognised(now, ended.key, ended.job, ended.result);
            };
            self.guarded(ended.key, recognised);
        }
        for _ in 0..INPUTS_PER_ROUND {
            let Some((key, input)) = self.scheduler.next_input(now) else {
                break;
            };
            self.guarded(key, |scheduler| scheduler.feed(now, key, input));
        }
        self.scheduler.review(now);
        self.give_jobs(now);
        self.deliver();
    }

    fn give_jobs(&mut self, now: Instant) {
        while self.threads.has_free() {
            let Some((key, job)) = self.scheduler.next_job(now) else {
                break;
            };
            let id = job.id;
            if !self.threads.run(key, job) {
                let ended = Err(EngineError::Failed("its thread has ended".to_owned()));
                self.scheduler.recognised(now, key, id, ended);
            }
        }
        metrics::queue_depth(self.scheduler.jobs_waiting());
    }

    /// Works on one track. A panic ends its transcription and no other.
    fn guarded(&mut self, key: Key, work: impl FnOnce(&mut Scheduler<Key>)) {
        let scheduler = &mut self.scheduler;
        if catch_unwind(AssertUnwindSafe(|| work(scheduler))).is_err() {
            tracing::error!("the transcription of one microphone ended by a panic");
            metrics::panicked();
            self.scheduler.abandon(key);
        }
    }

    fn take(&mut self, worker: u16, event: TapEvent) {
        let now = clock::now();
        match event {
            TapEvent::Opened {
                tap,
                room,
                meeting,
                speaker,
            } => {
                let key = self.new_key((worker, tap));
                self.open(now, key, room, meeting, speaker);
            }
            TapEvent::Updated { tap, speaker } => {
                if let Some(key) = self.tracks.get(&(worker, tap)) {
                    self.update(now, *key, speaker);
                }
            }
            TapEvent::Packet {
                tap,
                sequence,
                timestamp,
                received,
                payload,
            } => {
                let packet = Packet {
                    sequence,
                    timestamp,
                    received,
                    payload,
                };
                if let Some(key) = self.tracks.get(&(worker, tap)) {
                    self.scheduler.packet(now, *key, packet);
                }
            }
            TapEvent::Closed { tap } => self.close((worker, tap)),
        }
    }

    /// The key of the track that is to be opened for a tap; the one before it is closed.
    fn new_key(&mut self, tap: (u16, TapId)) -> Key {
        self.close(tap);
        let key = Key(self.next_track);
        self.next_track += 1;
        self.tracks.insert(tap, key);
        key
    }

    fn close(&mut self, tap: (u16, TapId)) {
        if let Some(key) = self.tracks.remove(&tap) {
            self.scheduler.close(key);
        }
    }

    /// A room has one meeting at a time: its name stands for the meeting here, so that its clients can be
    /// notified of its load.
    fn open(
        &mut self,
        now: Instant,
        key: Key,
        room: RoomName,
        meeting: MeetingId,
        speaker: SpeakerInfo,
    ) {
        let language = self.language_of(&speaker);
        let named = Speaker {
            participant: speaker.identity.to_string(),
            track: speaker.track.to_string(),
        };
        match self.scheduler.open(now, key, &room, named, language) {
            Ok(()) => {
                let source = Source::new(room, meeting, speaker);
                self.sources.insert(key, source);
            }
            Err(error) => tracing::error!(%error, "a track cannot be transcribed"),
        }
    }

    fn update(&mut self, now: Instant, key: Key, speaker: SpeakerInfo) {
        let language = self.language_of(&speaker);
        if let Some(source) = self.sources.get_mut(&key) {
            source.speaker = speaker;
            let choose = Input::LanguageChosen(language);
            self.guarded(key, |scheduler| scheduler.feed(now, key, choose));
        }
    }

    fn language_of(&self, speaker: &SpeakerInfo) -> Option<Language> {
        let chosen = speaker.language.as_deref().and_then(Language::parse);
        chosen.or(self.language)
    }

    /// A final line goes to the database first; a partial goes to the clients at once.
    fn deliver(&mut self) {
        while let Some(output) = self.scheduler.poll() {
            match output {
                Output::Line(key, line) => {
                    let Some(source) = self.sources.get_mut(&key) else {
                        continue;
                    };
                    let said = source.said(line);
                    if said.line.is_final {
                        self.lines.send(said);
                    } else {
                        self.sink.caption(said.into());
                    }
                }
                Output::Load(room, load) => {
                    let room = RoomName::new(room);
                    log(&room, load);
                    self.sink.load(&room, load);
                }
                Output::Ended(key) => {
                    self.sources.remove(&key);
                }
            }
        }
        let counts = self.scheduler.take_counts();
        if counts != Counts::default() {
            self.lost += counts.lost + counts.packets_dropped;
            metrics::count(counts);
        }
    }
}

fn log(room: &str, load: Load) {
    match load {
        Load::InTime => tracing::info!(room, "captions keep up again"),
        Load::Late => tracing::warn!(
            room,
            "captions of a meeting come late: speech recognition does not keep up"
        ),
        Load::Losing => tracing::warn!(
            room,
            "words of a meeting are lost: more is said in it than its share of speech recognition"
        ),
    }
}
