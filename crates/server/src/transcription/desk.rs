//! The state of the transcription: every tap's track and the jobs that wait for a thread.
//!
//! No thread, lock or clock in here: the pool brings them.

use super::metrics;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use visio_meeting::SpeakerInfo;
use visio_sfu::tap::{TapEvent, TapId};
use visio_speech::{
    EngineError, Input, Job, JobId, Language, Line, Next, Output, Packet, Queue, Recognition,
    Speaker, Track,
};

/// A speaker whose turn for a live pass took this long to come sees captions stand still: the pool
/// is behind, and says so.
const GLANCE_WAIT_MAX: Duration = Duration::from_secs(3);

/// With this many final passes waiting, no live one has a chance: the pool is behind.
const FINALS_WAITING_BEHIND: usize = 16;

/// With this many final passes waiting, no more audio is taken in: the taps' queue fills and
/// media drops packets, which it counts. Each holds at most 18 s of audio (1.2 MB).
const FINALS_WAITING_MAX: usize = 256;

/// How long after the last late live pass the pool counts as keeping up again.
const BEHIND: Duration = Duration::from_secs(5);

/// A tap, and the media worker that numbered it.
pub(super) type Key = (u16, TapId);

/// A job on its way to a thread and back.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) key: Key,
    pub(super) job: Job,
}

/// A line with all that is known of whoever said it.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) room: String,
    pub(super) meeting: String,
    pub(super) name: String,
    pub(super) line: Line,
}

struct Tap {
    room: String,
    meeting: String,
    name: String,
    track: Track,
    /// Since when a turn for a live pass is waited for.
    due_since: Option<Instant>,
    closed: bool,
}

/// Everything under way.
pub(super) struct Desk {
    language: Option<Language>,
    taps: BTreeMap<Key, Tap>,
    queue: Queue<Key, Assignment>,
    said: Vec<Said>,
    last_late: Option<Instant>,
    /// Utterances that were given up with nothing to keep of them.
    lost: usize,
}

impl Desk {
    pub(super) fn new(language: Option<Language>) -> Self {
        Self {
            language,
            taps: BTreeMap::new(),
            queue: Queue::default(),
            said: Vec::new(),
            last_late: None,
            lost: 0,
        }
    }

    /// Takes what a tap hands on.
    pub(super) fn tapped(&mut self, now: Instant, worker: u16, event: TapEvent) {
        match event {
            TapEvent::Opened {
                tap,
                room,
                meeting,
                speaker,
            } => {
                self.open(now, (worker, tap), room, meeting, &speaker);
            }
            TapEvent::Updated { tap, speaker } => self.update(now, (worker, tap), speaker),
            TapEvent::Packet {
                tap,
                sequence,
                timestamp,
                received,
                payload,
                redundant,
            } => {
                let packet = Packet {
                    sequence,
                    timestamp,
                    received,
                    payload,
                    red: redundant,
                };
                self.feed(now, (worker, tap), Input::Packet(packet));
            }
            TapEvent::Closed { tap } => self.close(now, (worker, tap)),
        }
    }

    /// Lets time pass for every track that waits for it.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        let due = |tap: &Tap| tap.track.deadline().is_some_and(|deadline| deadline <= now);
        let keys: Vec<Key> = self
            .taps
            .iter()
            .filter(|(_, tap)| due(tap))
            .map(|(key, _)| *key)
            .collect();
        for key in keys {
            self.feed(now, key, Input::Tick);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.taps
            .values()
            .filter_map(|tap| tap.track.deadline())
            .min()
    }

    /// Ends what is being said on every track: the server stops.
    pub(super) fn close_all(&mut self, now: Instant) {
        let keys: Vec<Key> = self.taps.keys().copied().collect();
        for key in keys {
            self.close(now, key);
        }
    }

    /// Keeps of every unfinished line what was shown of it: there is no time for more. Returns of
    /// how many nothing was shown.
    pub(super) fn give_up(&mut self, now: Instant) -> usize {
        self.queue = Queue::default();
        let keys: Vec<Key> = self.taps.keys().copied().collect();
        for key in keys {
            self.feed(now, key, Input::GivenUp);
        }
        std::mem::take(&mut self.lost)
    }

    /// The job that a free thread does next.
    pub(super) fn next_job(&mut self, now: Instant) -> Option<Assignment> {
        loop {
            let next = self.queue.pop();
            metrics::queue_depth(self.queue.len());
            match next? {
                Next::Final(assignment) => return Some(assignment),
                Next::Glance(key) => {
                    if let Some(job) = self.glance(now, key) {
                        return Some(Assignment { key, job });
                    }
                }
            }
        }
    }

    fn glance(&mut self, now: Instant, key: Key) -> Option<Job> {
        let tap = self.taps.get_mut(&key)?;
        let since = tap.due_since.take()?;
        if now.saturating_duration_since(since) > GLANCE_WAIT_MAX {
            self.last_late = Some(now);
        }
        let job = tap.track.glance(now);
        if job.is_none() {
            metrics::partial_dropped();
        }
        job
    }

    pub(super) fn has_jobs(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Takes the outcome of a job.
    pub(super) fn recognised(
        &mut self,
        now: Instant,
        key: Key,
        job: JobId,
        outcome: Result<Recognition, EngineError>,
    ) {
        self.feed(now, key, Input::Recognised { job, outcome });
    }

    /// The lines that are ready, in order.
    pub(super) fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// Whether so much waits that no more may be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.queue.finals() >= FINALS_WAITING_MAX
    }

    pub(super) fn is_behind(&self, now: Instant) -> bool {
        let waits = |since: Instant| now.saturating_duration_since(since) > GLANCE_WAIT_MAX;
        let longest = self.queue.first_glance().and_then(|key| self.taps.get(key));
        self.queue.finals() >= FINALS_WAITING_BEHIND
            || longest.and_then(|tap| tap.due_since).is_some_and(waits)
            || self
                .last_late
                .is_some_and(|late| now.saturating_duration_since(late) < BEHIND)
    }

    /// Whether every word that was said has become a line.
    pub(super) fn is_settled(&self) -> bool {
        self.taps.values().all(|tap| tap.track.is_settled())
    }

    fn open(
        &mut self,
        now: Instant,
        key: Key,
        room: String,
        meeting: String,
        speaker: &SpeakerInfo,
    ) {
        self.close(now, key);
        let speaking = Speaker {
            participant: speaker.identity.clone(),
            track: speaker.track.to_string(),
            language: self.language_of(speaker),
        };
        match Track::new(speaking) {
            Ok(track) => {
                let name = speaker.name.clone();
                self.taps.insert(
                    key,
                    Tap {
                        room,
                        meeting,
                        name,
                        track,
                        due_since: None,
                        closed: false,
                    },
                );
            }
            Err(error) => tracing::error!(%error, "a track cannot be transcribed"),
        }
    }

    fn update(&mut self, now: Instant, key: Key, speaker: SpeakerInfo) {
        let language = self.language_of(&speaker);
        let Some(tap) = self.taps.get_mut(&key) else {
            return;
        };
        tap.name = speaker.name;
        self.feed(now, key, Input::LanguageChosen(language));
    }

    fn language_of(&self, speaker: &SpeakerInfo) -> Option<Language> {
        speaker
            .language
            .as_deref()
            .and_then(Language::parse)
            .or(self.language)
    }

    fn close(&mut self, now: Instant, key: Key) {
        if let Some(tap) = self.taps.get_mut(&key) {
            tap.closed = true;
            self.feed(now, key, Input::Closed);
        }
    }

    /// Hands one input to a track and carries out what it asks for.
    fn feed(&mut self, now: Instant, key: Key, input: Input) {
        let Some(tap) = self.taps.get_mut(&key) else {
            return;
        };
        tap.track.handle(now, input);
        while let Some(output) = self.taps.get_mut(&key).and_then(|tap| tap.track.poll()) {
            match output {
                Output::Recognise(job) => self.finish(key, job),
                Output::GlanceDue => self.due(now, key),
                Output::Line(line) => self.say(key, line),
                Output::Lost => self.lost += 1,
            }
        }
        if self
            .taps
            .get(&key)
            .is_some_and(|tap| tap.closed && tap.track.is_settled())
        {
            self.taps.remove(&key);
        }
    }

    fn finish(&mut self, key: Key, job: Job) {
        self.queue.push_final(Assignment { key, job });
        metrics::queue_depth(self.queue.len());
    }

    /// Whoever waits already, be it since an earlier utterance, keeps the place and the time.
    fn due(&mut self, now: Instant, key: Key) {
        if let Some(tap) = self.taps.get_mut(&key) {
            tap.due_since.get_or_insert(now);
            self.queue.push_glance(key);
            metrics::queue_depth(self.queue.len());
        }
    }

    fn say(&mut self, key: Key, line: Line) {
        if let Some(tap) = self.taps.get(&key) {
            let (room, meeting) = (tap.room.clone(), tap.meeting.clone());
            self.said.push(Said {
                room,
                meeting,
                name: tap.name.clone(),
                line,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::sync::Arc;
    use visio_protocol::ids::TrackSid;
    use visio_speech::{Options, Pass};

    const ALICE: Key = (0, TapId(1));

    fn desk_with_alice() -> Desk {
        let mut desk = Desk::new(None);
        let opened = TapEvent::Opened {
            tap: ALICE.1,
            room: "RM_1".to_owned(),
            meeting: "M_1".to_owned(),
            speaker: SpeakerInfo {
                identity: "alice".to_owned(),
                name: "Alice".to_owned(),
                track: TrackSid::parse("TR_AMalice").unwrap(),
                language: None,
            },
        };
        desk.tapped(clock::now(), ALICE.0, opened);
        desk
    }

    fn final_job(id: u64, spoken: Instant) -> Job {
        let options = Options {
            language: None,
            pass: Pass::Final,
        };
        Job {
            id: JobId(id),
            samples: Arc::from([0.0; 16]),
            options,
            spoken,
        }
    }

    #[test]
    fn a_speaker_who_waits_too_long_for_a_live_pass_makes_the_desk_say_that_it_is_behind() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.due(now, ALICE);
        assert!(!desk.is_behind(now + GLANCE_WAIT_MAX));
        let later = now + GLANCE_WAIT_MAX + Duration::from_millis(1);
        assert!(desk.is_behind(later), "while the turn does not come");
        desk.next_job(later);
        assert!(desk.is_behind(later), "and when it came late");
        assert!(!desk.is_behind(later + BEHIND), "it keeps up again");
    }

    #[test]
    fn a_speaker_who_stops_before_a_turn_came_was_behind_all_the_same() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.due(now, ALICE);
        let later = now + GLANCE_WAIT_MAX + Duration::from_millis(1);
        desk.finish(ALICE, final_job(1, now));
        assert!(desk.is_behind(later));
        assert!(desk.next_job(later).is_some() && desk.next_job(later).is_none());
        assert!(desk.is_behind(later));
        assert!(!desk.is_behind(later + BEHIND));
    }

    #[test]
    fn a_speaker_whose_turn_comes_in_time_is_no_sign_of_being_behind() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.due(now, ALICE);
        desk.next_job(now + GLANCE_WAIT_MAX);
        assert!(!desk.is_behind(now + GLANCE_WAIT_MAX));
    }

    #[test]
    fn a_final_pass_that_is_asked_again_leaves_the_next_live_pass_its_turn() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.due(now, ALICE);
        desk.finish(ALICE, final_job(1, now));
        assert!(desk.next_job(now).is_some());
        assert!(desk.has_jobs(), "the turn still comes");
    }

    #[test]
    fn a_final_pass_is_done_however_late_it_is() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.finish(ALICE, final_job(1, now));
        let next = desk.next_job(now + Duration::from_secs(3600));
        assert_eq!(next.map(|next| next.job.id), Some(JobId(1)));
    }

    #[test]
    fn with_many_finals_waiting_the_desk_is_behind_and_at_last_takes_no_audio() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        for id in 0..FINALS_WAITING_BEHIND {
            desk.finish(ALICE, final_job(id as u64, now));
        }
        assert!(desk.is_behind(now) && !desk.is_full());
        for id in FINALS_WAITING_BEHIND..FINALS_WAITING_MAX {
            desk.finish(ALICE, final_job(id as u64, now));
        }
        assert!(desk.is_full());
    }

    #[test]
    fn the_end_of_an_utterance_takes_its_live_pass_back_without_being_behind() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.due(now, ALICE);
        desk.finish(ALICE, final_job(2, now));
        assert_eq!(desk.next_job(now).map(|next| next.job.id), Some(JobId(2)));
        assert!(desk.next_job(now).is_none() && !desk.is_behind(now));
    }

    #[test]
    fn a_closed_tap_is_forgotten_and_packets_of_no_tap_are_ignored() {
        let (mut desk, now) = (desk_with_alice(), clock::now());
        desk.tapped(now, ALICE.0, TapEvent::Closed { tap: ALICE.1 });
        assert!(desk.taps.is_empty());
        let stray = TapEvent::Packet {
            tap: TapId(7),
            sequence: 1,
            timestamp: 0,
            received: now,
            payload: Arc::from([1, 2, 3]),
            redundant: true,
        };
        desk.tapped(now, ALICE.0, stray);
        assert!(desk.is_settled() && desk.take_said().is_empty());
    }
}
