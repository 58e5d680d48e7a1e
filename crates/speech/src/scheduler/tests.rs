//! Alice's meeting beside Eve's, in virtual time.

use super::load::{LATE_FOR, LOSING_FOR};
use super::passes::{MEETING_WAITING_S_MAX, PARTICIPANT_WAITING_S_MAX};
use super::*;
use crate::track::tests::{babble, opus_packets, silence, start};
use crate::{Options, Pass, SAMPLE_RATE_HZ};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const REVIEW: Duration = Duration::from_millis(500);

/// A track, named by its owner: the meeting, who of it, and which microphone.
type Key = (&'static str, u8, u8);

const ALICE: Key = ("quiet", 0, 0);

fn open(scheduler: &mut Scheduler<Key>, now: Instant, key: Key) {
    let speaker = Speaker {
        participant: format!("{}-{}", key.0, key.1),
        track: format!("TR_{key:?}"),
    };
    scheduler
        .open(now, key, key.0, speaker, Language::parse("en"))
        .unwrap();
}

fn with_alice(now: Instant) -> Scheduler<Key> {
    let mut scheduler = Scheduler::default();
    open(&mut scheduler, now, ALICE);
    scheduler
}

fn final_job(id: u64, seconds: u64, spoken: Instant) -> Job {
    let options = Options {
        language: None,
        pass: Pass::Final,
    };
    let samples = vec![0.0; usize::try_from(seconds * u64::from(SAMPLE_RATE_HZ)).unwrap()];
    Job {
        id: JobId(id),
        samples: samples.into(),
        options,
        spoken,
    }
}

/// What the meetings are told at a time.
fn told(scheduler: &mut Scheduler<Key>, now: Instant) -> Vec<(String, Load)> {
    scheduler.review(now);
    let outputs = std::iter::from_fn(|| scheduler.poll());
    outputs
        .filter_map(|output| match output {
            Output::Load(meeting, load) => Some((meeting.to_string(), load)),
            _ => None,
        })
        .collect()
}

fn quiet(load: Load) -> Vec<(String, Load)> {
    vec![("quiet".to_owned(), load)]
}

#[test]
fn a_speaker_who_waits_too_long_for_a_partial_pass_is_told_that_captions_come_late() {
    let now = start();
    let mut scheduler = with_alice(now);
    scheduler.ask_partial(now, ALICE);
    assert!(told(&mut scheduler, now + PARTIAL_WAIT_MAX).is_empty());
    let late = now + PARTIAL_WAIT_MAX + REVIEW;
    assert_eq!(told(&mut scheduler, late), quiet(Load::Late));
    assert!(told(&mut scheduler, late + REVIEW).is_empty(), "told once");
    assert_eq!(
        told(&mut scheduler, late + Duration::from_secs(5)),
        quiet(Load::Late),
        "and again for those who join"
    );
    let came = late + Duration::from_secs(5);
    assert!(scheduler.next_job(came).is_none(), "it has ended meanwhile");
    assert_eq!(scheduler.take_counts().partials_dropped, 1);
    assert_eq!(
        told(&mut scheduler, came + LATE_FOR + REVIEW),
        quiet(Load::InTime)
    );
}

#[test]
fn a_partial_pass_that_comes_in_time_is_no_sign_of_being_late() {
    let now = start();
    let mut scheduler = with_alice(now);
    scheduler.ask_partial(now, ALICE);
    scheduler.next_job(now + PARTIAL_WAIT_MAX);
    assert!(told(&mut scheduler, now + PARTIAL_WAIT_MAX).is_empty());
}

#[test]
fn who_waits_for_a_partial_pass_keeps_the_first_place() {
    let now = start();
    let mut scheduler = with_alice(now);
    scheduler.ask_partial(now, ALICE);
    scheduler.ask_partial(now + MS, ALICE);
    assert_eq!(scheduler.jobs_waiting(), 1);
}

#[test]
fn a_final_pass_comes_before_the_partial_passes_of_its_meeting() {
    let now = start();
    let mut scheduler = with_alice(now);
    scheduler.ask_partial(now, ALICE);
    scheduler.ask_final(now, ALICE, final_job(1, 1, now));
    let next = scheduler.next_job(now).map(|(_, job)| job.id);
    assert_eq!(next, Some(JobId(1)));
    assert!(scheduler.has_jobs(), "the partial pass still comes");
}

#[test]
fn a_final_pass_is_done_however_late_it_is() {
    let now = start();
    let mut scheduler = with_alice(now);
    scheduler.ask_final(now, ALICE, final_job(1, 1, now));
    let next = scheduler.next_job(now + Duration::from_secs(3600));
    assert_eq!(next.map(|(_, job)| job.id), Some(JobId(1)));
}

#[test]
fn who_says_more_than_can_ever_be_recognised_loses_the_newest_and_the_meeting_is_told() {
    let now = start();
    let mut scheduler = with_alice(now);
    for id in 0..PARTICIPANT_WAITING_S_MAX / 10 {
        scheduler.ask_final(now, ALICE, final_job(id, 10, now));
    }
    assert_eq!(scheduler.take_counts().finals_dropped, 0);
    scheduler.ask_final(now, ALICE, final_job(99, 10, now));
    assert_eq!(scheduler.take_counts().finals_dropped, 1);
    assert_eq!(told(&mut scheduler, now + REVIEW), quiet(Load::Losing));
    let ids: Vec<u64> = std::iter::from_fn(|| scheduler.next_job(now))
        .map(|(_, job)| job.id.0)
        .collect();
    assert_eq!(ids.len() as u64, PARTICIPANT_WAITING_S_MAX / 10);
    assert!(!ids.contains(&99), "what waited before stays");
    assert_eq!(
        told(&mut scheduler, now + LOSING_FOR + REVIEW),
        quiet(Load::InTime)
    );
}

#[test]
fn in_a_full_meeting_the_speaker_with_most_waiting_loses_and_not_who_speaks_next() {
    let now = start();
    let mut scheduler = Scheduler::default();
    for speaker in 0..6 {
        open(&mut scheduler, now, ("loud", speaker, 0));
    }
    let mut asked = 0;
    for id in 0..8 {
        for speaker in 0..4 {
            asked += 10;
            scheduler.ask_final(now, ("loud", speaker, 0), final_job(id, 10, now));
        }
    }
    assert!(
        asked > MEETING_WAITING_S_MAX,
        "the story needs a full meeting"
    );
    scheduler.take_counts();
    scheduler.ask_final(now, ("loud", 5, 0), final_job(0, 10, now));
    assert_eq!(scheduler.take_counts().finals_dropped, 1);
    let jobs = std::iter::from_fn(|| scheduler.next_job(now));
    let of_the_last = jobs.filter(|(key, _)| key.1 == 5).count();
    assert_eq!(of_the_last, 1);
}

#[test]
fn with_all_memory_taken_the_fullest_meeting_loses() {
    const ROOMS: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t",
    ];
    let now = start();
    let mut scheduler = with_alice(now);
    let job = final_job(0, 10, now);
    for room in ROOMS {
        for speaker in 0..4 {
            open(&mut scheduler, now, (room, speaker, 0));
            for _ in 0..7 {
                scheduler.ask_final(now, (room, speaker, 0), job.clone());
            }
        }
    }
    assert!(
        scheduler.take_counts().finals_dropped > 0,
        "the story needs it full"
    );
    scheduler.ask_final(now, ALICE, final_job(0, 10, now));
    let jobs = std::iter::from_fn(|| scheduler.next_job(now));
    assert_eq!(jobs.filter(|(key, _)| *key == ALICE).count(), 1);
}

#[test]
fn a_closed_track_is_forgotten_and_packets_of_no_track_are_ignored() {
    let now = start();
    let mut scheduler = with_alice(now);
    scheduler.close(ALICE);
    while let Some((key, input)) = scheduler.next_input(now) {
        scheduler.feed(now, key, input);
    }
    assert_eq!(scheduler.poll(), Some(Output::Ended(ALICE)));
    let stray = opus_packets(&silence(20), now).remove(0);
    scheduler.packet(now, ALICE, stray);
    assert!(scheduler.next_input(now).is_none() && scheduler.is_settled());
    assert!(told(&mut scheduler, now + REVIEW).is_empty());
    assert_eq!(scheduler.deadline(), None, "nothing is left to look at");
}

#[test]
fn a_track_closes_behind_the_packets_that_still_wait() {
    let now = start();
    let mut scheduler = with_alice(now);
    for packet in opus_packets(&babble(1_000), now) {
        scheduler.packet(now, ALICE, packet);
    }
    scheduler.close(ALICE);
    while let Some((key, input)) = scheduler.next_input(now) {
        scheduler.feed(now, key, input);
    }
    let job = scheduler.next_job(now).map(|(_, job)| job.options.pass);
    assert_eq!(job, Some(Pass::Final));
}

#[test]
fn when_there_is_no_more_time_everything_ends_and_what_is_lost_is_counted() {
    let now = start();
    let mut scheduler = with_alice(now);
    for packet in opus_packets(&babble(2_000), now) {
        scheduler.packet(now, ALICE, packet);
    }
    while let Some((key, input)) = scheduler.next_input(now) {
        scheduler.feed(now, key, input);
    }
    assert!(!scheduler.is_settled());
    scheduler.give_up(now);
    assert!(scheduler.is_settled() && !scheduler.has_jobs());
    assert_eq!(scheduler.take_counts().lost, 1);
}

#[test]
fn a_tick_is_due_at_the_deadline_of_the_first_track_that_has_one() {
    let now = start();
    let mut scheduler = with_alice(now);
    open(&mut scheduler, now, ("quiet", 1, 0));
    for packet in opus_packets(&babble(2_000), now) {
        scheduler.packet(packet.received, ALICE, packet.clone());
        while let Some((key, input)) = scheduler.next_input(packet.received) {
            scheduler.feed(packet.received, key, input);
        }
    }
    let stalled = scheduler.taps[&ALICE].deadline.unwrap();
    assert!(scheduler.deadline() <= Some(stalled));
    assert!(scheduler.next_input(stalled - MS).is_none());
    assert!(matches!(
        scheduler.next_input(stalled),
        Some((ALICE, Input::Tick))
    ));
    scheduler.feed(stalled, ALICE, Input::Tick);
    assert!(scheduler.next_input(stalled).is_none(), "fed once");
}

#[test]
fn eves_hundred_microphones_leave_alices_packets_their_turn_at_the_decoder() {
    let now = start();
    let mut scheduler = with_alice(now);
    let packets = opus_packets(&silence(2_000), now);
    for microphone in 0..100 {
        open(&mut scheduler, now, ("loud", 0, microphone));
        for packet in &packets {
            scheduler.packet(now, ("loud", 0, microphone), packet.clone());
        }
    }
    for packet in &packets {
        scheduler.packet(now, ALICE, packet.clone());
    }
    let decoded = std::iter::from_fn(|| scheduler.next_input(now)).take(210);
    let of_alice = decoded.filter(|(key, _)| *key == ALICE).count();
    assert_eq!(of_alice, packets.len(), "every second turn is hers");
}

#[test]
fn eve_fills_her_own_part_of_the_intake_alone() {
    let now = start();
    let mut scheduler = with_alice(now);
    let packets = opus_packets(&silence(9_000), now);
    for microphone in 0..100 {
        open(&mut scheduler, now, ("loud", 0, microphone));
    }
    scheduler.packet(now, ALICE, packets[0].clone());
    for microphone in 0..100 {
        for packet in &packets {
            scheduler.packet(now, ("loud", 0, microphone), packet.clone());
        }
    }
    let dropped = scheduler.take_counts().packets_dropped;
    assert_eq!(dropped, 45_000 - PACKETS_WAITING_MAX as u64 / 2);
    for packet in &packets[1..] {
        scheduler.packet(now, ALICE, packet.clone());
    }
    assert_eq!(scheduler.take_counts().packets_dropped, 0);
    assert_eq!(
        told(&mut scheduler, now + REVIEW),
        [("loud".to_owned(), Load::Losing)]
    );
}

/// Two who talk in turns for five minutes, alone or beside Eve's room, on two threads that take a
/// fifth of the time that was spoken.
struct TwoRooms {
    end: Instant,
    scheduler: Scheduler<Key>,
    threads: [Option<(Instant, Key, Job)>; 2],
    /// From the end of each utterance of the quiet meeting to its text.
    lags: Vec<Duration>,
    asked: usize,
}

impl TwoRooms {
    fn play(loud: bool) -> Self {
        let begin = start();
        let mut rooms = Self {
            end: begin + MS * 300_000,
            scheduler: with_alice(begin),
            threads: [None, None],
            lags: Vec::new(),
            asked: 0,
        };
        open(&mut rooms.scheduler, begin, ("quiet", 1, 0));
        if loud {
            for participant in 0..6 {
                for microphone in 0..16 {
                    open(
                        &mut rooms.scheduler,
                        begin,
                        ("loud", participant, microphone),
                    );
                }
            }
        }
        let mut chance = 1_u64;
        let mut next_quiet = begin;
        for ms in 0..300_000_u32 {
            let now = begin + MS * ms;
            if now >= next_quiet {
                chance = chance
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let seconds = 1 + (chance >> 33) % 12;
                let key = ("quiet", u8::try_from(rooms.asked % 2).unwrap(), 0);
                rooms.asked += 1;
                rooms
                    .scheduler
                    .ask_final(now, key, final_job(u64::from(ms), seconds, now));
                next_quiet = now + Duration::from_secs(seconds + 1);
            }
            if loud && ms % 100 == 0 {
                rooms.eve_speaks(now, ms / 100);
            }
            rooms.work(now);
        }
        rooms
    }

    /// Each of her microphones has spoken another ten seconds, one after the other.
    fn eve_speaks(&mut self, now: Instant, tenth: u32) {
        let microphone = tenth % 100;
        if let Ok(microphone @ 0..96) = u8::try_from(microphone) {
            let key = ("loud", microphone / 16, microphone % 16);
            self.scheduler.ask_partial(now, key);
            self.scheduler
                .ask_final(now, key, final_job(u64::from(tenth), 10, now));
        }
    }

    fn work(&mut self, now: Instant) {
        for thread in &mut self.threads {
            if let Some((_, key, job)) = thread.take_if(|(until, ..)| *until <= now)
                && key.0 == "quiet"
            {
                self.lags.push(now.duration_since(job.spoken));
            }
            if thread.is_none()
                && let Some((key, job)) = self.scheduler.next_job(now)
            {
                let samples = u32::try_from(job.samples.len()).unwrap();
                let takes = Duration::from_secs(1) * samples / SAMPLE_RATE_HZ / 5;
                *thread = Some((now + takes, key, job));
            }
        }
    }

    fn p95(&mut self) -> Duration {
        self.lags.sort_unstable();
        self.lags[self.lags.len() * 95 / 100]
    }
}

#[test]
fn ninety_six_microphones_in_the_next_room_cost_a_quiet_meeting_no_line_and_little_time() {
    let (mut alone, mut beside) = (TwoRooms::play(false), TwoRooms::play(true));
    let loads = told(&mut beside.scheduler, beside.end);
    assert_eq!(
        loads,
        [("loud".to_owned(), Load::Losing)],
        "the other room is told, and it alone"
    );
    assert!(
        beside.scheduler.take_counts().finals_dropped > 1_000,
        "the story needs a room that asks for far too much"
    );
    assert!(beside.asked - beside.lags.len() <= 2, "a line was lost");
    let (alone, beside) = (alone.p95(), beside.p95());
    assert!(beside <= 2 * alone, "{beside:?} instead of {alone:?}");
}
