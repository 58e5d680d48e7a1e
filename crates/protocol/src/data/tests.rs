//! Alice sends to everybody, Bob to Carol alone, and Eve in the name of others.

use super::*;
use crate::wire::data_stream::header::ContentHeader;
use crate::wire::data_stream::{ByteHeader, Chunk, Header, OperationType, TextHeader, Trailer};
use proptest::prelude::*;

#[expect(
    deprecated,
    reason = "older clients still name receivers and senders in these fields"
)]
fn user(payload: &[u8], claimed: &str) -> wire::DataPacket {
    wire::DataPacket {
        kind: wire::data_packet::Kind::Lossy.into(),
        participant_identity: claimed.into(),
        participant_sid: "PA_claimed".into(),
        sequence: 7,
        value: Some(Value::User(wire::UserPacket {
            participant_identity: claimed.into(),
            participant_sid: "PA_claimed".into(),
            payload: payload.to_vec(),
            topic: Some("tea".into()),
            destination_sids: vec!["PA_carol".into()],
            ..wire::UserPacket::default()
        })),
        ..wire::DataPacket::default()
    }
}

fn packet(value: Value) -> wire::DataPacket {
    wire::DataPacket {
        value: Some(value),
        ..wire::DataPacket::default()
    }
}

fn read(packet: &wire::DataPacket) -> Result<InboundData, DataError> {
    InboundData::read(&packet.encode_to_vec())
}

fn authority(value: Value) -> Authority {
    read(&packet(value)).expect("is well formed").authority
}

fn stamped(packet: &[u8]) -> Vec<u8> {
    let inbound = InboundData::read(packet).expect("is well formed");
    inbound.stamped(
        &Identity::new("eve"),
        &ParticipantSid::parse("PA_eve").unwrap(),
    )
}

fn header(topic: &str) -> Header {
    Header {
        stream_id: "s".into(),
        topic: topic.into(),
        ..Header::default()
    }
}

fn attributes(key: &str) -> [(String, String); 1] {
    [(key.to_owned(), "TR_AMalice".to_owned())]
}

fn stream_of(id: &str) -> [Value; 3] {
    let stream_id = id.to_owned();
    [
        Value::StreamHeader(Header {
            stream_id: stream_id.clone(),
            ..Header::default()
        }),
        Value::StreamChunk(Chunk {
            stream_id: stream_id.clone(),
            ..Chunk::default()
        }),
        Value::StreamTrailer(Trailer {
            stream_id,
            ..Trailer::default()
        }),
    ]
}

/// One of each kind that LiveKit's protocol has, and what it asks of its sender. A kind that is added
/// compiles neither here nor in the list itself.
#[expect(
    deprecated,
    reason = "older clients still read active speakers from data"
)]
fn kinds() -> Vec<(Value, Authority)> {
    let asks = |value: &Value| match value {
        Value::Speaker(_) => Authority::Server,
        Value::Transcription(_) | Value::Metrics(_) => Authority::Agent,
        Value::User(_)
        | Value::SipDtmf(_)
        | Value::ChatMessage(_)
        | Value::RpcRequest(_)
        | Value::RpcAck(_)
        | Value::RpcResponse(_)
        | Value::StreamHeader(_)
        | Value::StreamChunk(_)
        | Value::StreamTrailer(_)
        | Value::EncryptedPacket(_) => Authority::Participant,
    };
    let one_of_each = vec![
        Value::User(wire::UserPacket::default()),
        Value::Speaker(wire::ActiveSpeakerUpdate::default()),
        Value::SipDtmf(wire::SipDtmf::default()),
        Value::Transcription(wire::Transcription::default()),
        Value::Metrics(wire::MetricsBatch::default()),
        Value::ChatMessage(wire::ChatMessage::default()),
        Value::RpcRequest(wire::RpcRequest::default()),
        Value::RpcAck(wire::RpcAck::default()),
        Value::RpcResponse(wire::RpcResponse::default()),
        Value::StreamHeader(header("lk.chat")),
        Value::StreamChunk(Chunk::default()),
        Value::StreamTrailer(Trailer::default()),
        Value::EncryptedPacket(wire::EncryptedPacket::default()),
    ];
    let asked = one_of_each.iter().map(asks).collect::<Vec<_>>();
    one_of_each.into_iter().zip(asked).collect()
}

#[test]
fn bare_bytes_are_a_message_of_their_sender_to_everybody() {
    let claims = user(b"hi", "alice").encode_to_vec();
    let inbound = InboundData::unlabelled(&claims).unwrap();
    assert_eq!(
        (inbound.authority, inbound.stream.as_ref(), inbound.sequence),
        (Authority::Participant, None, 0)
    );
    assert!(inbound.destination_identities.is_empty() && inbound.destination_sids.is_empty());
    let stamped = wire::DataPacket::decode(
        inbound
            .stamped(
                &Identity::new("eve"),
                &ParticipantSid::parse("PA_eve").unwrap(),
            )
            .as_slice(),
    )
    .unwrap();
    assert_eq!(stamped.participant_identity, "eve");
    assert!(
        matches!(stamped.value, Some(Value::User(user)) if user.payload == claims && user.topic.is_none())
    );
    let long = vec![0; DATA_PACKET_BYTES_MAX];
    assert!(matches!(
        InboundData::unlabelled(&long),
        Err(DataError::TooLong(_))
    ));
}

#[test]
fn each_kind_is_for_whom_it_may_come_from() {
    let kinds = kinds();
    assert_eq!(kinds.len(), VALUES.len());
    for (value, asked) in kinds {
        assert_eq!(authority(value.clone()), asked, "{value:?}");
    }
}

#[test]
fn topics_and_attributes_that_speak_for_others_ask_for_more() {
    let names = [
        ("lk.chat", Authority::Participant),
        ("", Authority::Participant),
        ("lk.transcription", Authority::Agent),
        ("lk.agent.events", Authority::Agent),
        ("lk.agent.session", Authority::Agent),
        ("lk.segment_id", Authority::Agent),
        ("lk.transcription_final", Authority::Agent),
        ("lk.transcribed_track_id", Authority::Agent),
        ("lk.publish_on_behalf", Authority::Agent),
        ("visio.captions", Authority::Server),
        ("visio.language", Authority::Server),
        ("visio.anything", Authority::Server),
    ];
    for (name, asked) in names {
        let user = wire::UserPacket {
            topic: Some(name.into()),
            ..wire::UserPacket::default()
        };
        assert_eq!(authority(Value::User(user)), asked, "user packet, {name}");
        assert_eq!(
            authority(Value::StreamHeader(header(name))),
            asked,
            "stream, {name}"
        );
        let tagged = Header {
            attributes: attributes(name).into(),
            ..header("lk.chat")
        };
        let closing = Trailer {
            attributes: attributes(name).into(),
            ..Trailer::default()
        };
        assert_eq!(
            authority(Value::StreamHeader(tagged)),
            asked,
            "attribute {name}"
        );
        assert_eq!(
            authority(Value::StreamTrailer(closing)),
            asked,
            "trailer's {name}"
        );
        for piece in stream_of(name) {
            assert_eq!(authority(piece), asked, "a stream called {name}");
        }
    }
}

#[test]
fn text_made_from_what_others_said_is_an_agents() {
    let text = TextHeader {
        generated: true,
        ..TextHeader::default()
    };
    let stream = Header {
        content_header: Some(ContentHeader::TextHeader(text)),
        ..header("lk.chat")
    };
    assert_eq!(authority(Value::StreamHeader(stream)), Authority::Agent);
    let message = wire::ChatMessage {
        generated: true,
        ..wire::ChatMessage::default()
    };
    assert_eq!(authority(Value::ChatMessage(message)), Authority::Agent);
}

#[test]
fn participants_say_which_language_they_speak_and_nothing_else_of_the_servers() {
    let of = Authority::of_participant_attribute;
    assert_eq!(of(LANGUAGE_ATTRIBUTE), Authority::Participant);
    assert_eq!(of("team"), Authority::Participant);
    assert_eq!(of("lk.publish_on_behalf"), Authority::Agent);
    assert_eq!(of("lk.agent.state"), Authority::Agent);
    assert_eq!(of(LOOKALIKE_ATTRIBUTE), Authority::Server);
    assert_eq!(of("visio.host"), Authority::Server);
}

#[test]
fn a_stream_is_known_by_its_id_and_whether_it_changes_another() {
    let header_of = |operation: i32| {
        let text = TextHeader {
            operation_type: operation,
            ..TextHeader::default()
        };
        Value::StreamHeader(Header {
            content_header: Some(ContentHeader::TextHeader(text)),
            ..header("lk.chat")
        })
    };
    let operations = [
        (OperationType::Create as i32, false),
        (OperationType::Reaction as i32, false),
        (OperationType::Update as i32, true),
        (OperationType::Delete as i32, true),
        (99, true),
    ];
    for (operation, changes) in operations {
        let part = read(&packet(header_of(operation))).unwrap().stream;
        let id = "s".to_owned();
        assert_eq!(
            part,
            Some(StreamPart::Header { id, changes }),
            "{operation}"
        );
    }
    let (user, id) = (user(b"hi", "eve"), "s".to_owned());
    assert_eq!(read(&user).unwrap().stream, None);
    let trailer = Trailer {
        stream_id: id.clone(),
        ..Trailer::default()
    };
    let part = read(&packet(Value::StreamTrailer(trailer))).unwrap().stream;
    assert_eq!(part, Some(StreamPart::Trailer { id }));
}

#[test]
fn the_head_says_where_a_packet_goes() {
    let mut packet = user(b"hello", "alice");
    packet.destination_identities = vec!["carol".into(), "dave".into()];
    let inbound = read(&packet).unwrap();
    assert_eq!(inbound.destination_identities, ["carol", "dave"]);
    assert_eq!(inbound.destination_sids, ["PA_carol"]);
    assert_eq!(inbound.sequence, 7);
}

#[test]
#[expect(deprecated, reason = "older clients read the sender in these fields")]
fn cve_05_eve_cannot_speak_as_alice() {
    let sent = user(b"hi", "alice");
    let read = wire::DataPacket::decode(&*stamped(&sent.encode_to_vec())).unwrap();
    assert_eq!(read.participant_identity, "eve");
    assert_eq!(read.participant_sid, "PA_eve");
    assert_eq!((read.kind, read.sequence), (sent.kind, 7));
    let Some(Value::User(inside)) = read.value else {
        panic!("{read:?}")
    };
    assert_eq!(
        (
            inside.participant_identity.as_str(),
            inside.payload.as_slice()
        ),
        ("eve", &b"hi"[..])
    );
    assert_eq!(
        (inside.participant_sid.as_str(), inside.topic.as_deref()),
        ("PA_eve", Some("tea"))
    );
}

/// Within the value: a newer client's compression, a reply … Beside it: a second value.
#[test]
fn what_newer_clients_add_passes_within_the_value_and_not_beside_it() {
    let mut chat = header("lk.chat").encode_to_vec();
    put_bytes(&mut chat, 900, b"from next year");
    let mut packet = Vec::new();
    put_bytes(&mut packet, STREAM_HEADER, &chat);
    put_bytes(&mut packet, 901, b"a kind from next year");
    let after = stamped(&packet);
    let fields: Vec<_> = Fields::of(&after).flatten().collect();
    assert!(fields.contains(&(STREAM_HEADER, Field::Bytes(&chat))));
    assert!(
        fields.iter().all(|&(number, _)| number != 901),
        "{fields:?}"
    );
}

#[test]
fn a_stream_stays_a_stream() {
    let stream = TextStream {
        stream_id: "s".into(),
        text: "hi".into(),
        ..TextStream::default()
    };
    for packet in stream.packets() {
        let before = wire::DataPacket::decode(packet.as_slice()).unwrap();
        let after = wire::DataPacket::decode(stamped(&packet).as_slice()).unwrap();
        assert_eq!(after.value, before.value);
        assert_eq!(after.participant_identity, "eve");
    }
}

/// Clients read the last of several values, or all of one kind merged, or go by another wire type.
#[test]
fn eve_cannot_hide_one_value_behind_another() {
    let forged = packet(Value::StreamHeader(header("lk.transcription"))).encode_to_vec();
    let twice = [user(b"hi", "alice").encode_to_vec(), forged.clone()].concat();
    assert_eq!(InboundData::read(&twice), Err(DataError::SeveralValues));
    let harmless = packet(Value::StreamHeader(header("lk.chat"))).encode_to_vec();
    let merged = [harmless, forged.clone()].concat();
    assert_eq!(InboundData::read(&merged), Err(DataError::SeveralValues));
    // A number where bytes are expected: some decoders read it as their length.
    let mut mistyped = user(b"hi", "alice").encode_to_vec();
    put_number(&mut mistyped, STREAM_HEADER, forged.len() as u64);
    let length = mistyped.len();
    let after = stamped(&mistyped);
    assert!(
        length > 0
            && Fields::of(&after)
                .flatten()
                .all(|(number, _)| number != STREAM_HEADER)
    );
    let mut twice_named = header("lk.chat").encode_to_vec();
    twice_named.extend(header("lk.transcription").encode_to_vec());
    let mut packet = Vec::new();
    put_bytes(&mut packet, STREAM_HEADER, &twice_named);
    assert_eq!(
        InboundData::read(&packet).unwrap().authority,
        Authority::Agent
    );
}

#[test]
fn the_name_of_a_file_loses_what_turns_it_around() {
    let named = |name: &str| {
        packet(Value::StreamHeader(Header {
            content_header: Some(ContentHeader::ByteHeader(ByteHeader { name: name.into() })),
            ..header("lk.files")
        }))
        .encode_to_vec()
    };
    let shown = |name: &str| {
        let packet = wire::DataPacket::decode(&*stamped(&named(name))).unwrap();
        let Some(Value::StreamHeader(header)) = packet.value else {
            panic!("{packet:?}")
        };
        let Some(ContentHeader::ByteHeader(file)) = header.content_header else {
            panic!("{header:?}")
        };
        assert_eq!(
            (header.topic.as_str(), header.stream_id.as_str()),
            ("lk.files", "s")
        );
        file.name
    };
    assert_eq!(shown("minutes.pdf"), "minutes.pdf");
    assert_eq!(shown("minutes\u{202E}fdp.exe"), "minutesfdp.exe");
    assert_eq!(shown("soft\u{AD}hyphen.pdf"), "softhyphen.pdf");
    assert_eq!(shown("a\u{0}b"), "ab");
}

#[test]
fn what_is_too_much_is_dropped() {
    let long = vec![0; DATA_PACKET_BYTES_MAX + 1];
    assert_eq!(
        InboundData::read(&long),
        Err(DataError::TooLong(long.len()))
    );
    assert_eq!(InboundData::read(&[0xff]), Err(DataError::Malformed));
    assert_eq!(InboundData::read(&[]), Err(DataError::NoValue));
    let mut not_utf8 = user(b"hi", "alice").encode_to_vec();
    not_utf8.extend([0x2a, 1, 0xff]);
    assert_eq!(InboundData::read(&not_utf8), Err(DataError::Malformed));
    let crowd = wire::DataPacket {
        destination_identities: vec!["x".into(); DATA_DESTINATIONS_MAX + 1],
        ..user(b"hi", "alice")
    };
    assert_eq!(read(&crowd), Err(DataError::TooManyDestinations));
    let endless = Header {
        stream_id: "s".repeat(crate::limits::STREAM_ID_BYTES_MAX + 1),
        ..Header::default()
    };
    assert!(matches!(
        read(&packet(Value::StreamHeader(endless))),
        Err(DataError::Text {
            field: "stream id",
            ..
        })
    ));
}

/// Without this, a new kind of value in livekit-protocol would pass unnoticed as none at all.
#[test]
fn the_field_numbers_are_those_of_the_generated_code() {
    for number in 1..=40 {
        let mut packet = Vec::new();
        put_bytes(&mut packet, number, &[]);
        let is_value = wire::DataPacket::decode(&*packet).is_ok_and(|read| read.value.is_some());
        assert_eq!(is_value, VALUES.contains(&number), "field {number}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(packet: Vec<u8>) {
        if let Ok(inbound) = InboundData::read(&packet) {
            let read = wire::DataPacket::decode(&*inbound.stamped(&Identity::new("eve"), &ParticipantSid::parse("PA_eve").unwrap())).unwrap();
            prop_assert_eq!(read.participant_identity, "eve");
            prop_assert_eq!(read.participant_sid, "PA_eve");
        }
    }

    #[test]
    fn whatever_prost_reads_we_read(identity: String, sequence: u32, to in any::<Vec<String>>()) {
        let packet = wire::DataPacket {
            participant_identity: identity, sequence, destination_identities: to.clone(),
            ..packet(Value::SipDtmf(wire::SipDtmf::default()))
        };
        let inbound = read(&packet).unwrap();
        prop_assert_eq!(inbound.sequence, sequence);
        prop_assert_eq!(inbound.destination_identities, to);
    }
}
