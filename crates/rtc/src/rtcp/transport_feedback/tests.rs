//! Transport-wide feedback after the figures of its draft, and every arrival read as it was written.

use super::super::*;
use super::*;
use proptest::prelude::*;

const HEAD: FeedbackHead = FeedbackHead {
    sender_ssrc: 1,
    media_ssrc: 2,
    base_sequence: 0xfffe,
    feedback_count: 7,
};

fn feedback(bytes: &[u8]) -> Option<TransportFeedback<'_>> {
    match packets(bytes).next()? {
        Packet::TransportFeedback(feedback) => Some(feedback),
        other => panic!("{other:?}"),
    }
}

/// A packet with these chunks and deltas, on `count` packets from 65534 on, reference time -1.
fn hand_written(count: u16, chunks: &[u16], deltas: &[u8]) -> Vec<u8> {
    let [high, low] = count.to_be_bytes();
    let mut bytes = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe];
    bytes.extend([high, low, 0xff, 0xff, 0xff, 7]);
    bytes.extend(chunks.iter().flat_map(|chunk| chunk.to_be_bytes()));
    bytes.extend(deltas);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes[3] = u8::try_from(bytes.len() / 4 - 1).unwrap();
    bytes
}

/// Ticks after the reference time of `hand_written`.
fn after(ticks: i32) -> Option<u32> {
    Some(0xffff_ff00_u32.wrapping_add_signed(ticks))
}

#[test]
fn chunks_of_each_kind_are_read() {
    let chunks = [
        0x0002,                    // a run of 2 that did not come
        0b10_01_10_00_00_00_00_00, // one bit each: no, yes, yes, 11 times no
        0b11_10_01_00_00_00_00_00, // two bits each: large, small, 5 times no
        0x2002,                    // a run of 2 small ones, of which 1 is spoken of
    ];
    let deltas = [4, 0, 0xff, 0xfe, 255, 1];
    let bytes = hand_written(24, &chunks, &deltas);
    let feedback = feedback(&bytes).unwrap();
    assert_eq!((feedback.sender_ssrc, feedback.media_ssrc), (1, 2));
    assert_eq!(
        (feedback.base_sequence, feedback.feedback_count),
        (0xfffe, 7)
    );
    let came: Vec<(u16, Option<u32>)> = feedback
        .statuses()
        .filter(|(_, arrival)| arrival.is_some())
        .collect();
    let expected = [
        (1, after(4)),
        (2, after(4)),
        (14, after(2)),
        (15, after(257)),
        (21, after(258)),
    ];
    assert_eq!(came, expected);
    assert_eq!(feedback.statuses().count(), 24);
    assert_eq!(feedback.statuses().next(), Some((0xfffe, None)));
}

#[test]
fn times_go_on_over_the_wrap_of_the_reference_time() {
    let bytes = hand_written(2, &[0x2002], &[255, 255]);
    let arrivals: Vec<_> = feedback(&bytes).unwrap().statuses().collect();
    assert_eq!(arrivals, [(0xfffe, Some(0xffff_ffff)), (0xffff, Some(254))]);
}

#[test]
fn what_lacks_chunks_or_deltas_is_passed_over() {
    let run = 0x2003;
    assert!(feedback(&hand_written(3, &[run], &[1, 2, 3])).is_some());
    assert!(feedback(&hand_written(3, &[run], &[])).is_none(), "deltas");
    assert!(
        feedback(&hand_written(8, &[run, 5], &[])).is_none(),
        "chunks"
    );
    assert!(
        feedback(&hand_written(0, &[run], &[1, 2, 3])).is_none(),
        "no packet"
    );
    let reserved = 0x6001;
    assert!(feedback(&hand_written(1, &[reserved], &[0; 8])).is_none());
    let reserved = 0b11_11_00_00_00_00_00_00;
    assert!(feedback(&hand_written(7, &[reserved], &[0; 8])).is_none());
    let empty_runs = [0; 40];
    assert!(feedback(&hand_written(7, &empty_runs, &[])).is_none());
}

#[test]
fn runs_and_vectors_are_chosen_by_what_is_shorter() {
    let octets = |arrivals: &[Option<u32>]| {
        let mut buffer = [0; 1_200];
        let mut writer = Writer::new(&mut buffer);
        let told = writer.transport_feedback(&HEAD, arrivals.iter().copied());
        assert_eq!(told.map(usize::from), Ok(arrivals.len()));
        let len = writer.len();
        let read = feedback(&buffer[..len]).unwrap();
        let read = read.statuses().map(|(_, arrival)| arrival);
        assert!(read.eq(arrivals.iter().copied()));
        len - 20
    };
    assert_eq!(octets(&[Some(0); 100]), 104, "one run");
    assert_eq!(
        octets(&[Some(300), Some(300), None, Some(900)]),
        8,
        "a wide vector"
    );
    let mut thinned: Vec<_> = (0..28).map(|at| (at % 2 == 0).then_some(at)).collect();
    assert_eq!(octets(&thinned), 20, "two narrow vectors and 14 deltas");
    thinned.splice(1..1, std::iter::repeat_n(None, 8_000));
    assert_eq!(octets(&thinned), 24, "a long loss is a run");
    thinned.splice(1..1, std::iter::repeat_n(None, 8_191));
    assert_eq!(
        octets(&thinned),
        24,
        "a longer one is two, and fills up the word"
    );
}

#[test]
fn what_finds_no_room_or_is_too_far_apart_is_left_for_the_next() {
    let mut buffer = [0; 28];
    let mut told = |arrivals: &[Option<u32>]| {
        Writer::new(&mut buffer).transport_feedback(&HEAD, arrivals.iter().copied())
    };
    assert_eq!(told(&[Some(1); 100]), Ok(6), "20 octets, a run, 6 deltas");
    assert_eq!(told(&[Some(1), Some(40_000)]), Ok(1), "more than 8 s apart");
    assert_eq!(told(&[Some(40_000), Some(1), Some(40_000)]), Ok(1));
    assert_eq!(told(&[None; 10]), Err(Full), "nothing came");
    assert_eq!(told(&[]), Err(Full));
    let too_small = Writer::new(&mut buffer[..20]).transport_feedback(&HEAD, [Some(1)].into_iter());
    assert_eq!(too_small, Err(Full));
}

/// Bursts, losses, and packets that overtook others.
fn arrivals() -> impl Strategy<Value = Vec<Option<u32>>> {
    let step = prop_oneof![
        4 => Just(None),
        8 => (0_i32..256).prop_map(Some),
        2 => (-300_i32..3_000).prop_map(Some),
        1 => (-40_000_i32..40_000).prop_map(Some),
    ];
    let run = (step, prop_oneof![3 => 1_usize..3, 1 => 1_usize..40]);
    let runs = prop::collection::vec(run, 1..60);
    (any::<u32>(), runs).prop_map(|(start, runs)| {
        let mut ticks = start;
        let steps = runs
            .into_iter()
            .flat_map(|(step, count)| std::iter::repeat_n(step, count));
        steps
            .map(|step| {
                step.map(|step| {
                    ticks = ticks.wrapping_add_signed(step);
                    ticks
                })
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn arrivals_are_read_as_they_were_written(
        arrivals in arrivals(),
        base_sequence in any::<u16>(),
        room in 28_usize..1_400,
    ) {
        let mut rest = &arrivals[..];
        let mut head = FeedbackHead { base_sequence, ..HEAD };
        while rest.iter().any(Option::is_some) {
            let mut buffer = vec![0xee; room];
            let mut writer = Writer::new(&mut buffer);
            let told = writer.transport_feedback(&head, rest.iter().copied()).unwrap();
            let len = writer.len();
            let read = feedback(&buffer[..len]).unwrap();
            prop_assert_eq!(read.status_count, told);
            let (now, later) = rest.split_at(told.into());
            let statuses: Vec<_> = read.statuses().collect();
            let numbers = (0..told).map(|behind| head.base_sequence.wrapping_add(behind));
            let expected: Vec<_> = numbers.zip(now.iter().copied()).collect();
            prop_assert_eq!(statuses, expected);
            rest = later;
            head.base_sequence = head.base_sequence.wrapping_add(told);
        }
    }
}
