//! The parts of a session description (RFC 8866) that LiveKit gives a meaning of its own.
//!
//! str0m writes the answers; it cannot name the streams in them, leave sections idle or order the
//! codecs of one section, so the text is adjusted here, section by section.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// Bits per second a client may spend on stereo: what LiveKit asks for.
const STEREO_FMTP: &str = ";stereo=1;maxaveragebitrate=510000";
const DTX_FMTP: &str = ";usedtx=1";

/// What a section carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionKind {
    Audio,
    Video,
    Application,
}

/// Which way a section flows, seen from its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// One media section of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) kind: SectionKind,
    pub(crate) mid: String,
    pub(crate) direction: Direction,
    /// The second token of `a=msid` (RFC 8830): the browser's id of the track.
    pub(crate) track: Option<String>,
    /// The name of the first codec that is one: neither redundancy nor resends.
    pub(crate) codec: Option<String>,
    /// The payload type of redundant audio (RFC 2198), where the section has it.
    pub(crate) redundant: Option<u8>,
    pub(crate) payload_types: Vec<u8>,
    /// The streams that it declares (RFC 5576), and on which each is sent again (RFC 4588).
    pub(crate) streams: Vec<(u32, Option<u32>)>,
}

/// Formats of a section that carry another one's packets or none (RFC 2198, 4588, 4733, 5109, 8627).
const NO_CODECS: [&str; 6] = [
    "red",
    "rtx",
    "telephone-event",
    "ulpfec",
    "flexfec-03",
    "CN",
];

impl Section {
    pub(crate) fn sends(&self) -> bool {
        matches!(self.direction, Direction::SendOnly | Direction::SendRecv)
    }
}

/// How one section of an answer is to be adjusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Adjustment {
    /// The server sends this track of this stream on it.
    Carries { stream: String, track: String },
    /// Nothing is sent on it for now.
    Idle,
    /// The client sends on it: its first choice of codec, and what its audio should be like.
    Receives {
        codec: Option<String>,
        redundant: bool,
        discontinuous: bool,
        stereo: bool,
    },
}

/// The media sections of an offer, in order.
pub(crate) fn sections(sdp: &str) -> Vec<Section> {
    let (_, sections) = split(sdp);
    sections.iter().filter_map(|lines| section(lines)).collect()
}

/// Adjusts the sections of an answer by their mid.
pub(crate) fn adjust(sdp: &str, adjustments: &BTreeMap<String, Adjustment>) -> String {
    let (session, sections) = split(sdp);
    let mut text = session.concat();
    for lines in sections {
        let mid = value(&lines, "a=mid:").unwrap_or_default();
        match adjustments.get(mid) {
            Some(Adjustment::Carries { stream, track }) => carry(&mut text, &lines, stream, track),
            Some(Adjustment::Idle) => idle(&mut text, &lines),
            Some(Adjustment::Receives {
                codec,
                redundant,
                discontinuous,
                stereo,
            }) => {
                let codec = codec.as_deref();
                let fmtp = match (discontinuous, stereo) {
                    (true, true) => format!("{DTX_FMTP}{STEREO_FMTP}"),
                    (true, false) => DTX_FMTP.to_owned(),
                    (false, true) => STEREO_FMTP.to_owned(),
                    (false, false) => String::new(),
                };
                receive(&mut text, &lines, codec, *redundant, &fmtp);
            }
            None => text.push_str(&lines.concat()),
        }
    }
    text
}

/// The session part and the media sections, as lines with their ends.
fn split(sdp: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut session = Vec::new();
    let mut sections: Vec<Vec<&str>> = Vec::new();
    for line in sdp.split_inclusive('\n') {
        if line.starts_with("m=") {
            sections.push(vec![line]);
        } else if let Some(section) = sections.last_mut() {
            section.push(line);
        } else {
            session.push(line);
        }
    }
    (session, sections)
}

fn section(lines: &[&str]) -> Option<Section> {
    let media = lines.first()?.strip_prefix("m=")?.trim_end();
    let kind = match media.split(' ').next()? {
        "audio" => SectionKind::Audio,
        "video" => SectionKind::Video,
        "" => return None,
        _ => SectionKind::Application,
    };
    let is = |name: &str| lines.iter().any(|line| line.trim_end() == name);
    let direction = match () {
        () if is("a=sendonly") => Direction::SendOnly,
        () if is("a=recvonly") => Direction::RecvOnly,
        () if is("a=inactive") => Direction::Inactive,
        // RFC 8866 section 6.7: sendrecv is assumed where nothing is said.
        () => Direction::SendRecv,
    };
    let track = value(lines, "a=msid:").and_then(|msid| msid.split(' ').nth(1));
    Some(Section {
        kind,
        mid: value(lines, "a=mid:")?.to_owned(),
        direction,
        track: track.map(str::to_owned),
        codec: first_codec(lines, media),
        redundant: redundant(lines, media).filter(|_| kind == SectionKind::Audio),
        payload_types: numbers(media.split(' ').skip(3)),
        streams: streams(lines),
    })
}

fn first_codec(lines: &[&str], media: &str) -> Option<String> {
    let named = |payload_type: &str| {
        let maps = lines
            .iter()
            .filter_map(|line| line.strip_prefix("a=rtpmap:"));
        let mut maps = maps.filter_map(|map| map.split_once(' '));
        let (_, map) = maps.find(|(number, _)| *number == payload_type)?;
        map.split('/').next()
    };
    let codecs = media.split(' ').skip(3).filter_map(named);
    let is_codec = |name: &&str| {
        !NO_CODECS
            .iter()
            .any(|other| other.eq_ignore_ascii_case(name))
    };
    codecs.map(str::trim_end).find(is_codec).map(str::to_owned)
}

fn redundant(lines: &[&str], media: &str) -> Option<u8> {
    let mut numbers = payload_types(lines, "red").into_iter();
    let listed = numbers.find(|number| media.split(' ').skip(3).any(|other| other == *number));
    listed?.parse().ok()
}

fn streams(lines: &[&str]) -> Vec<(u32, Option<u32>)> {
    let values = |prefix| {
        let values = lines
            .iter()
            .filter_map(move |line| line.strip_prefix(prefix));
        values.map(|value| value.trim_end().split(' '))
    };
    let groups = values("a=ssrc-group:FID ").map(numbers);
    let pairs = groups.filter_map(|group: Vec<u32>| <[u32; 2]>::try_from(group).ok());
    let resends: BTreeMap<u32, u32> = pairs.map(|[main, resends]| (main, resends)).collect();
    let repairs: BTreeSet<u32> = resends.values().copied().collect();
    let declared = values("a=ssrc:").filter_map(|mut words| words.next()?.parse().ok());
    let mut streams: Vec<(u32, Option<u32>)> = Vec::new();
    for ssrc in declared.filter(|ssrc| !repairs.contains(ssrc)) {
        if streams.last().is_none_or(|(last, _)| *last != ssrc) {
            streams.push((ssrc, resends.get(&ssrc).copied()));
        }
    }
    streams
}

fn numbers<'a, T: FromStr>(texts: impl Iterator<Item = &'a str>) -> Vec<T> {
    texts.filter_map(|text| text.parse().ok()).collect()
}

fn value<'a>(lines: &[&'a str], prefix: &str) -> Option<&'a str> {
    lines
        .iter()
        .find_map(|line| line.strip_prefix(prefix))
        .map(str::trim_end)
}

fn carry(text: &mut String, lines: &[&str], stream: &str, track: &str) {
    for line in lines {
        if line.starts_with("a=msid:") {
            text.push_str(&format!("a=msid:{stream} {track}\r\n"));
        } else if let Some((ssrc, _)) = line.split_once(" msid:") {
            text.push_str(&format!("{ssrc} msid:{stream} {track}\r\n"));
        } else if let Some((ssrc, _)) = line.split_once(" cname:") {
            text.push_str(&format!("{ssrc} cname:{stream}\r\n"));
        } else {
            text.push_str(line);
        }
    }
}

/// A section without a track names no stream, so that the browser makes no receiver for it.
fn idle(text: &mut String, lines: &[&str]) {
    for line in lines {
        if line.starts_with("a=msid:") || line.starts_with("a=ssrc") {
            continue;
        }
        if matches!(line.trim_end(), "a=sendonly" | "a=sendrecv" | "a=recvonly") {
            text.push_str("a=inactive\r\n");
        } else {
            text.push_str(line);
        }
    }
}

fn receive(text: &mut String, lines: &[&str], codec: Option<&str>, redundant: bool, fmtp: &str) {
    let opus = payload_types(lines, "opus");
    for line in lines {
        if line.starts_with("m=") {
            let first = match codec {
                Some(codec) => payload_types(lines, codec),
                None if redundant => payload_types(lines, "red"),
                None => opus.clone(),
            };
            text.push_str(&reordered(line, &first));
        } else if opus
            .iter()
            .any(|opus| line.starts_with(&format!("a=fmtp:{opus} ")))
        {
            text.push_str(line.trim_end());
            text.push_str(fmtp);
            text.push_str("\r\n");
        } else {
            text.push_str(line);
        }
    }
}

/// The payload types of a codec in a section, by its `a=rtpmap` lines (RFC 8866 section 6.6).
fn payload_types<'a>(lines: &[&'a str], codec: &str) -> Vec<&'a str> {
    lines
        .iter()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '))
        .filter(|(_, map)| {
            map.split('/')
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(codec))
        })
        .map(|(payload_type, _)| payload_type)
        .collect()
}

/// The `m=` line with `first` in front: browsers encode with the first codec of the answer.
fn reordered(line: &str, first: &[&str]) -> String {
    let fields: Vec<&str> = line.trim_end().split(' ').collect();
    let (head, payload_types) = fields.split_at(fields.len().min(3));
    let (front, rest): (Vec<&str>, Vec<&str>) = payload_types
        .iter()
        .copied()
        .partition(|payload_type| first.contains(payload_type));
    let all: Vec<&str> = [head, &front, &rest].concat();
    format!("{}\r\n", all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=recvonly\r\n\
        a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
        a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=mid:1\r\na=sendonly\r\n\
        a=msid:random random\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n\
        a=rtpmap:98 VP9/90000\r\na=rtpmap:99 rtx/90000\r\n\
        a=ssrc:1 cname:random\r\na=ssrc:1 msid:random random\r\n";

    fn adjusted(mid: &str, adjustment: Adjustment) -> String {
        adjust(ANSWER, &BTreeMap::from([(mid.to_owned(), adjustment)]))
    }

    #[test]
    fn sections_are_read_in_order() {
        let read = sections(ANSWER);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].kind, SectionKind::Audio);
        assert_eq!(read[0].direction, Direction::RecvOnly);
        assert_eq!(read[1].track.as_deref(), Some("random"));
        assert_eq!(read[0].codec.as_deref(), Some("opus"));
        assert_eq!((read[0].redundant, read[1].redundant), (Some(63), None));
        assert_eq!(read[1].codec.as_deref(), Some("VP8"));
        assert!(read[1].sends());
    }

    #[test]
    fn the_codec_of_a_section_is_no_redundancy() {
        let offer = "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\n\
            a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n";
        assert_eq!(sections(offer)[0].codec.as_deref(), Some("opus"));
        assert_eq!(sections("m=audio 9 X 63\r\na=mid:0\r\n")[0].codec, None);
    }

    #[test]
    fn redundancy_is_what_the_section_lists() {
        let refused = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
            a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n";
        assert_eq!(sections(refused)[0].redundant, None);
        let of_pictures = "m=video 9 UDP/TLS/RTP/SAVPF 96 63\r\na=mid:0\r\n\
            a=rtpmap:96 VP8/90000\r\na=rtpmap:63 red/90000\r\n";
        assert_eq!(sections(of_pictures)[0].redundant, None);
    }

    #[test]
    fn streams_are_declared_with_their_resends() {
        let declared = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 x\r\na=mid:1\r\n\
            a=ssrc-group:FID 1 2\r\na=ssrc-group:FID 7\r\na=ssrc-group:SIM 1 3\r\n\
            a=ssrc:1 cname:alice\r\na=ssrc:1 msid:a b\r\na=ssrc:2 cname:alice\r\n\
            a=ssrc:3\r\na=ssrc:many\r\na=ssrc:4294967296 cname:alice\r\n";
        let section = &sections(declared)[0];
        assert_eq!(section.streams, [(1, Some(2)), (3, None)]);
        assert_eq!(section.payload_types, [96, 97]);
    }

    #[test]
    fn a_carried_track_is_named_everywhere() {
        let carries = Adjustment::Carries {
            stream: "PA_a|camera".into(),
            track: "TR_VCx".into(),
        };
        let text = adjusted("1", carries);
        assert!(text.contains("a=msid:PA_a|camera TR_VCx\r\n"));
        assert!(text.contains("a=ssrc:1 msid:PA_a|camera TR_VCx\r\n"));
        assert!(text.contains("a=ssrc:1 cname:PA_a|camera\r\n"));
        assert!(!text.contains("random"));
    }

    #[test]
    fn an_idle_section_names_no_stream() {
        let text = adjusted("1", Adjustment::Idle);
        assert!(text.contains("a=mid:1\r\na=inactive\r\n"));
        assert!(!text.contains("msid") && !text.contains("a=ssrc"));
    }

    #[test]
    fn the_published_codec_comes_first() {
        let vp9 = Adjustment::Receives {
            codec: Some("VP9".into()),
            redundant: false,
            discontinuous: true,
            stereo: false,
        };
        let text = adjusted("1", vp9);
        assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 98 96 97 99\r\n"));
    }

    #[test]
    fn audio_is_redundant_discontinuous_and_stereo_as_asked() {
        let receives = |redundant, discontinuous, stereo| {
            adjusted(
                "0",
                Adjustment::Receives {
                    codec: None,
                    redundant,
                    discontinuous,
                    stereo,
                },
            )
        };
        let all = receives(true, true, true);
        assert!(all.contains("SAVPF 63 111\r\n"));
        assert!(all.contains("useinbandfec=1;usedtx=1;stereo=1;maxaveragebitrate=510000\r\n"));
        let plain = receives(false, false, false);
        assert!(plain.contains("SAVPF 111 63\r\n"));
        assert!(plain.contains("a=fmtp:111 minptime=10;useinbandfec=1\r\n"));
    }

    #[test]
    fn nonsense_yields_no_sections_and_no_panic() {
        assert_eq!(sections("m=\r\na=mid:0"), [] as [Section; 0]);
        assert_eq!(sections(""), [] as [Section; 0]);
        assert_eq!(adjust("m=", &BTreeMap::new()), "m=");
    }
}
