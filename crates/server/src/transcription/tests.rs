//! Alice and Bob talk over real Opus; a scripted engine or real Whisper listens.

use super::*;
use crate::clock;
use crate::storage::testing::{room, sqlite_in};
use crate::storage::{lines, meetings, transcripts};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;
use visio_meeting::SpeakerInfo;
use visio_protocol::ids::TrackSid;
use visio_protocol::names::{Identity, MeetingId};
use visio_sfu::tap::TapId;
use visio_speech::engine::load;
use visio_speech::{Options, Pass, Recognition, Word};

const FRAME_SAMPLES: usize = 320;

/// More than any of the stories says at once.
const TAP_EVENTS_MAX: usize = 10_000;

/// Where scripts/models.sh and scripts/speech-samples.sh put what the tests listen to.
fn cache(name: &str) -> PathBuf {
    let cache = std::env::var("XDG_CACHE_HOME").map_or_else(
        |_| PathBuf::from(std::env::var("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    cache.join("visio").join(name)
}

fn samples(name: &str) -> Vec<f32> {
    let path = cache("samples").join(name);
    let file = std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}. Type: scripts/speech-samples.sh",
            path.display()
        )
    });
    let (pairs, _) = file[44..].as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect()
}

fn real_whisper() -> Engines {
    let (kind, bytes) = crate::models::load(&cache("models"), "whisper-base")
        .unwrap_or_else(|error| panic!("{error}. Type: scripts/models.sh"));
    engines_of(load(kind, &bytes).unwrap())
}

/// Recognises the same in everything, after as many panics as are left.
struct Scripted {
    text: &'static str,
    panics: Arc<AtomicUsize>,
    /// How long a final pass takes.
    final_takes: Duration,
}

impl Recogniser for Scripted {
    fn recognise(&mut self, _: &[f32], options: &Options) -> Result<Recognition, EngineError> {
        let left = self.panics.load(Ordering::Relaxed);
        if left > 0 && options.pass == Pass::Final {
            self.panics.store(left - 1, Ordering::Relaxed);
            panic!("a scripted panic");
        }
        if options.pass == Pass::Final {
            std::thread::sleep(self.final_takes);
        }
        Ok(Recognition {
            text: self.text.to_owned(),
            words: vec![Word {
                text: self.text.to_owned(),
                start_ms: 0,
                end_ms: 900,
            }],
            language: Language::default(),
            language_probability: None,
            no_speech_probability: 0.0,
            confidence: 0.95,
        })
    }
}

fn scripted(text: &'static str, panics: usize) -> Engines {
    let panics = Arc::new(AtomicUsize::new(panics));
    Arc::new(move || {
        Ok(Box::new(Scripted {
            text,
            panics: Arc::clone(&panics),
            final_takes: Duration::ZERO,
        }))
    })
}

/// Partial passes are quick, final passes are not.
fn slow(text: &'static str, final_takes: Duration) -> Engines {
    Arc::new(move || {
        Ok(Box::new(Scripted {
            text,
            panics: Arc::default(),
            final_takes,
        }))
    })
}

/// Notes what it is shown, and at the moment of each final whether that is in the database as it says.
struct Screen {
    captions: Mutex<Vec<Caption>>,
    /// How many partial and final captions it panics at still.
    panics: [AtomicUsize; 2],
    wrongly_marked: AtomicUsize,
    database: Database,
    meeting: MeetingId,
}

impl CaptionSink for Screen {
    fn caption(&self, caption: Caption) {
        let panics = &self.panics[usize::from(caption.is_final)];
        if panics.load(Ordering::Relaxed) > 0 {
            panics.fetch_sub(1, Ordering::Relaxed);
            panic!("a scripted panic of the screen");
        }
        if caption.is_kept != (caption.is_final && self.is_stored(&caption)) {
            self.wrongly_marked.fetch_add(1, Ordering::Relaxed);
        }
        self.captions.lock().unwrap().push(caption);
    }
}

impl Screen {
    fn is_stored(&self, caption: &Caption) -> bool {
        let list = lines::list(&self.database, &self.meeting, 0);
        let here = tokio::runtime::Handle::current();
        let stored = tokio::task::block_in_place(|| here.block_on(list)).unwrap();
        stored.iter().any(|line| line.segment == caption.segment)
    }

    fn finals(&self) -> Vec<(Identity, String)> {
        let captions = self.captions.lock().unwrap();
        let finals = captions.iter().filter(|caption| caption.is_final);
        finals
            .map(|caption| (caption.speaker_identity.clone(), caption.text.clone()))
            .collect()
    }
}

struct House {
    transcription: Transcription,
    taps: SyncSender<(u16, TapEvent)>,
    database: Database,
    meeting: MeetingId,
    screen: Arc<Screen>,
    _folder: tempfile::TempDir,
}

/// A media worker's way in.
struct Tap(u16, SyncSender<(u16, TapEvent)>);

impl Tap {
    fn hand_on(&self, event: TapEvent) {
        self.1.send((self.0, event)).unwrap();
    }
}

impl House {
    fn tap(&self, worker: u16) -> Tap {
        Tap(worker, self.taps.clone())
    }

    async fn open(engines: Engines) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = sqlite_in(folder.path()).await;
        let meeting = meetings::open_or_find(&database, &room(), 0)
            .await
            .unwrap()
            .id;
        transcripts::start(&database, &meeting, Some(&Identity::new("alice")), 0)
            .await
            .unwrap();
        let screen = Arc::new(Screen {
            captions: Mutex::default(),
            panics: Default::default(),
            wrongly_marked: AtomicUsize::new(0),
            database: database.clone(),
            meeting: meeting.clone(),
        });
        let settings = Settings {
            threads: 1,
            language: Language::parse("en"),
        };
        let sink: Arc<dyn CaptionSink> = Arc::clone(&screen) as _;
        let (taps, events) = sync_channel(TAP_EVENTS_MAX);
        let transcription = start(&settings, &engines, database.clone(), events, sink).unwrap();
        Self {
            transcription,
            taps,
            database,
            meeting,
            screen,
            _folder: folder,
        }
    }

    fn opened(&self, tap: u64, identity: &str) -> TapEvent {
        TapEvent::Opened {
            tap: TapId(tap),
            room: room(),
            meeting: self.meeting.clone(),
            speaker: SpeakerInfo {
                identity: Identity::new(identity),
                name: identity.to_uppercase(),
                track: TrackSid::parse(&format!("TR_{identity}")).unwrap(),
                language: None,
            },
        }
    }

    async fn stored(&self) -> Vec<lines::Line> {
        lines::list(&self.database, &self.meeting, 0).await.unwrap()
    }
}

/// What the browser sends, as if it had been received while it was spoken.
fn packets(tap: u64, samples: &[f32]) -> Vec<TapEvent> {
    packets_from(0, tap, samples)
}

fn packets_from(first: u32, tap: u64, samples: &[f32]) -> Vec<TapEvent> {
    let mut encoder =
        opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    let spoken = clock::now() - Duration::from_millis(samples.len() as u64 / 16);
    (0_u32..)
        .zip(samples.chunks_exact(FRAME_SAMPLES))
        .map(|(at, frame)| TapEvent::Packet {
            tap: TapId(tap),
            sequence: u64::from(first + at),
            timestamp: (first + at) * 960,
            received: spoken + Duration::from_millis(20) * (at + 1),
            payload: encoder.encode_vec_float(frame, 1500).unwrap().into(),
        })
        .collect()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = clock::now() + Duration::from_secs(120);
    while !holds() {
        assert!(clock::now() < deadline, "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_is_recognised_shown_and_stored_under_her_name() {
    let house = House::open(real_whisper()).await;
    let taps = house.tap(0);
    taps.hand_on(house.opened(1, "alice"));
    packets(1, &samples("jfk.wav"))
        .into_iter()
        .for_each(|event| taps.hand_on(event));
    taps.hand_on(TapEvent::Closed { tap: TapId(1) });
    let screen = Arc::clone(&house.screen);
    until("her last words", || {
        screen
            .finals()
            .iter()
            .any(|(_, text)| text.to_lowercase().contains("for your country"))
    })
    .await;
    let lines = house.stored().await;
    let said: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert!(
        said.join(" ").to_lowercase().contains("ask not"),
        "{said:?}"
    );
    assert!(
        lines
            .iter()
            .all(|line| (&*line.identity, &*line.name) == ("alice", "ALICE"))
    );
    assert!(
        lines
            .windows(2)
            .all(|pair| pair[0].started_at_ms < pair[1].started_at_ms)
    );
    let spoken_ago_ms = clock::now_unix_ms() - lines[0].started_at_ms;
    assert!(
        (5_000..180_000).contains(&spoken_ago_ms),
        "{spoken_ago_ms} ms ago"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_is_shown_only_after_it_is_stored_and_says_whether_it_is() {
    for is_kept in [true, false] {
        let house = House::open(scripted("yes", 0)).await;
        if !is_kept {
            let (database, meeting) = (&house.database, &house.meeting);
            transcripts::stop(database, meeting, 0).await.unwrap();
        }
        finals_are_marked(&house, is_kept).await;
    }
}

async fn finals_are_marked(house: &House, is_kept: bool) {
    let taps = house.tap(0);
    taps.hand_on(house.opened(1, "alice"));
    packets(1, &samples("jfk.wav"))
        .into_iter()
        .for_each(|event| taps.hand_on(event));
    taps.hand_on(TapEvent::Closed { tap: TapId(1) });
    let screen = Arc::clone(&house.screen);
    until("a final caption", || !screen.finals().is_empty()).await;
    assert_eq!(screen.wrongly_marked.load(Ordering::Relaxed), 0);
    let captions = screen.captions.lock().unwrap();
    let finals = captions.iter().filter(|caption| caption.is_final);
    let mut marks = finals.map(|caption| caption.is_kept);
    assert!(marks.all(|mark| mark == is_kept));
    let spoken_ago = captions[0].started.elapsed();
    assert!(spoken_ago > Duration::from_secs(5), "{spoken_ago:?} ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_speak_at_once_each_get_their_own_lines() {
    let house = House::open(scripted("yes", 0)).await;
    // Two media workers number their taps alike.
    let (one, two) = (house.tap(0), house.tap(1));
    one.hand_on(house.opened(1, "alice"));
    two.hand_on(house.opened(1, "bob"));
    let (alice, bob) = (
        packets(1, &samples("jfk.wav")),
        packets(1, &samples("dots.wav")),
    );
    for (alice, bob) in alice.into_iter().zip(bob) {
        one.hand_on(alice);
        two.hand_on(bob);
    }
    assert!(house.transcription.stop(Duration::from_secs(30)).await);
    let finals = house.screen.finals();
    for name in ["alice", "bob"] {
        assert!(
            finals.iter().any(|(identity, _)| identity == name),
            "nothing of {name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_stores_the_sentence_that_is_being_spoken() {
    let house = House::open(scripted("yes", 0)).await;
    let taps = house.tap(0);
    taps.hand_on(house.opened(1, "alice"));
    let sentence = &samples("dots.wav")[..16_000 * 4];
    packets(1, sentence)
        .into_iter()
        .for_each(|event| taps.hand_on(event));
    let (database, meeting) = (house.database.clone(), house.meeting.clone());
    assert!(house.transcription.stop(Duration::from_secs(10)).await);
    assert_eq!(lines::list(&database, &meeting, 0).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recognised_before_the_end_is_kept_as_it_was_shown() {
    let house = House::open(slow("yes indeed sir", Duration::from_secs(3))).await;
    let taps = house.tap(0);
    for (tap, who) in [(1, "alice"), (2, "bob")] {
        taps.hand_on(house.opened(tap, who));
        packets(tap, &samples("dots.wav")[..16_000 * 4])
            .into_iter()
            .for_each(|event| taps.hand_on(event));
    }
    let screen = Arc::clone(&house.screen);
    until("partials of both", || {
        let shown = screen.captions.lock().unwrap();
        ["alice", "bob"]
            .iter()
            .all(|who| shown.iter().any(|one| one.speaker_identity == *who))
    })
    .await;
    let (database, meeting) = (house.database.clone(), house.meeting.clone());
    // Enough for the pass of one of them, not of both.
    assert!(house.transcription.stop(Duration::from_secs(4)).await);
    let kept = lines::list(&database, &meeting, 0).await.unwrap();
    let who: Vec<&str> = kept.iter().map(|line| &*line.identity).collect();
    assert!(who.contains(&"alice") && who.contains(&"bob"), "{who:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_which_nothing_was_shown_are_not_called_stored() {
    let house = House::open(slow("yes indeed sir", Duration::from_secs(2))).await;
    let taps = house.tap(0);
    // The one thread is at the first of them for all the time there is.
    for tap in 1..=3 {
        taps.hand_on(house.opened(tap, &format!("guest{tap}")));
        packets(tap, &samples("dots.wav")[..16_000 * 4])
            .into_iter()
            .for_each(|event| taps.hand_on(event));
        taps.hand_on(TapEvent::Closed { tap: TapId(tap) });
    }
    assert!(!house.transcription.stop(Duration::from_secs(3)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_panics_ends_neither_its_thread_nor_the_line() {
    let house = House::open(scripted("yes", 1)).await;
    let taps = house.tap(0);
    taps.hand_on(house.opened(1, "alice"));
    packets(1, &samples("jfk.wav"))
        .into_iter()
        .for_each(|event| taps.hand_on(event));
    taps.hand_on(TapEvent::Closed { tap: TapId(1) });
    let began: Instant = clock::now();
    assert!(house.transcription.stop(Duration::from_secs(30)).await);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(house.screen.finals().iter().any(|(_, text)| text == "yes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_where_lines_leave_ends_no_transcription_for_good() {
    let house = House::open(scripted("yes", 0)).await;
    let screen = Arc::clone(&house.screen);
    let taps = house.tap(0);
    taps.hand_on(house.opened(1, "alice"));
    let speech = samples("dots.wav");
    let mut said = 0..;
    let mut speak = || {
        let first = said.next().unwrap() * 10_000;
        packets_from(first, 1, &speech)
            .into_iter()
            .for_each(|event| taps.hand_on(event));
    };
    let mut speak_until = async |what: &str, holds: &dyn Fn() -> bool| {
        // On a busy machine all may be final before a partial is due: then more is said.
        until(what, || {
            speak();
            std::thread::sleep(Duration::from_millis(500));
            holds()
        })
        .await;
    };
    for (panics, which) in screen.panics.iter().zip(["a partial", "a final"]) {
        panics.store(1, Ordering::Relaxed);
        speak_until(which, &|| panics.load(Ordering::Relaxed) == 0).await;
    }
    let shown_before = screen.finals().len();
    speak_until("a later final", &|| screen.finals().len() > shown_before).await;
    assert!(house.transcription.stop(Duration::from_secs(30)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_numbers_its_taps_from_the_first_again_mixes_nobody_up() {
    let house = House::open(slow("yes indeed sir", Duration::from_millis(500))).await;
    let taps = house.tap(0);
    for who in ["alice", "bob"] {
        taps.hand_on(house.opened(1, who));
        packets(1, &samples("dots.wav")[..16_000 * 4])
            .into_iter()
            .for_each(|event| taps.hand_on(event));
    }
    let screen = Arc::clone(&house.screen);
    assert!(house.transcription.stop(Duration::from_secs(30)).await);
    let finals = screen.finals();
    for who in ["alice", "bob"] {
        let lines = finals.iter().filter(|(identity, _)| identity == who);
        assert_eq!(lines.count(), 1, "{finals:?}");
    }
}
