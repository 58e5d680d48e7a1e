//! Text streams: how LiveKit sends a text of any length, with a topic and attributes.

use crate::limits::STREAM_CHUNK_BYTES_MAX;
use crate::wire;
use crate::wire::data_packet::Value;
use crate::wire::data_stream::header::ContentHeader;
use crate::wire::data_stream::{Chunk, Header, OperationType, TextHeader, Trailer};
use prost::Message as _;
use std::collections::BTreeMap;

/// A packet of a stream, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamPart {
    /// The beginning of a stream, or of a change to one that was sent before.
    Header {
        id: String,
        changes: bool,
    },
    Chunk {
        id: String,
    },
    Trailer {
        id: String,
    },
}

impl StreamPart {
    /// By which receivers find the stream.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Header { id, .. } | Self::Chunk { id } | Self::Trailer { id } => id,
        }
    }

    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::StreamHeader(header) => Some(Self::Header {
                id: header.stream_id.clone(),
                changes: changes(header),
            }),
            Value::StreamChunk(chunk) => Some(Self::Chunk {
                id: chunk.stream_id.clone(),
            }),
            Value::StreamTrailer(trailer) => Some(Self::Trailer {
                id: trailer.stream_id.clone(),
            }),
            _ => None,
        }
    }
}

/// Whether a text replaces or deletes one that was sent before; a number of newer clients does.
fn changes(header: &Header) -> bool {
    let Some(ContentHeader::TextHeader(text)) = &header.content_header else {
        return false;
    };
    match OperationType::try_from(text.operation_type) {
        Ok(OperationType::Create | OperationType::Reaction) => false,
        Ok(OperationType::Update | OperationType::Delete) | Err(_) => true,
    }
}

/// A whole text to be sent as a stream, for example a caption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextStream {
    /// Must differ from the names of all other streams that a client is receiving.
    pub stream_id: String,
    pub topic: String,
    /// In whose name it is sent.
    pub sender_identity: String,
    /// To whom; empty means everybody.
    pub destination_identities: Vec<String>,
    pub timestamp_ms: i64,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
}

impl TextStream {
    /// The encoded packets, to be sent reliably in this order.
    #[must_use]
    pub fn packets(&self) -> Vec<Vec<u8>> {
        let mut packets = vec![self.packet(Value::StreamHeader(self.header()))];
        for (index, content) in chunks(&self.text).enumerate() {
            packets.push(self.packet(Value::StreamChunk(Chunk {
                stream_id: self.stream_id.clone(),
                chunk_index: index as u64,
                content: content.as_bytes().to_vec(),
                ..Chunk::default()
            })));
        }
        packets.push(self.packet(Value::StreamTrailer(Trailer {
            stream_id: self.stream_id.clone(),
            ..Trailer::default()
        })));
        packets
    }

    fn header(&self) -> Header {
        Header {
            stream_id: self.stream_id.clone(),
            timestamp: self.timestamp_ms,
            topic: self.topic.clone(),
            mime_type: "text/plain".to_owned(),
            total_length: Some(self.text.len() as u64),
            attributes: self.attributes.clone().into_iter().collect(),
            content_header: Some(ContentHeader::TextHeader(TextHeader {
                operation_type: OperationType::Create.into(),
                generated: true,
                ..TextHeader::default()
            })),
            ..Header::default()
        }
    }

    /// The sequence stays 0: clients drop a packet whose number is not above the sender's last,
    /// and the sender in whose name this goes counts its own.
    fn packet(&self, value: Value) -> Vec<u8> {
        wire::DataPacket {
            participant_identity: self.sender_identity.clone(),
            destination_identities: self.destination_identities.clone(),
            value: Some(value),
            ..wire::DataPacket::default()
        }
        .encode_to_vec()
    }
}

/// Cuts between characters: clients decode each piece for itself.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (chunk, after) = rest.split_at(rest.floor_char_boundary(STREAM_CHUNK_BYTES_MAX));
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption(text: &str) -> TextStream {
        TextStream {
            stream_id: "st_1".into(),
            topic: "lk.transcription".into(),
            sender_identity: "alice".into(),
            timestamp_ms: 1_800_000_000_000,
            attributes: BTreeMap::from([("lk.transcription_final".into(), "true".into())]),
            text: text.into(),
            ..TextStream::default()
        }
    }

    fn values(stream: &TextStream) -> Vec<Value> {
        let decoded = stream.packets().into_iter().map(|bytes| {
            let packet = wire::DataPacket::decode(bytes.as_slice()).unwrap();
            assert_eq!(packet.participant_identity, "alice");
            assert_eq!(packet.sequence, 0);
            packet.value.unwrap()
        });
        decoded.collect()
    }

    #[test]
    fn bob_reads_what_alice_said() {
        let packets = values(&caption("Guten Morgen"));
        let [
            Value::StreamHeader(header),
            Value::StreamChunk(chunk),
            Value::StreamTrailer(trailer),
        ] = packets.as_slice()
        else {
            panic!("{packets:?}");
        };
        assert_eq!(header.topic, "lk.transcription");
        assert_eq!(header.total_length, Some(12));
        assert_eq!(header.attributes["lk.transcription_final"], "true");
        assert_eq!(chunk.content, b"Guten Morgen");
        assert_eq!(
            (&header.stream_id, &chunk.stream_id),
            (&trailer.stream_id, &trailer.stream_id)
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = format!("a{}", "é".repeat(STREAM_CHUNK_BYTES_MAX));
        let mut whole = String::new();
        let mut next = 0;
        for value in values(&caption(&text)) {
            if let Value::StreamChunk(chunk) = value {
                assert_eq!(chunk.chunk_index, next);
                assert!(chunk.content.len() <= STREAM_CHUNK_BYTES_MAX);
                whole += std::str::from_utf8(&chunk.content).unwrap();
                next += 1;
            }
        }
        assert_eq!(next, 3);
        assert_eq!(whole, text);
    }

    #[test]
    fn silence_is_a_header_and_a_trailer() {
        assert_eq!(values(&caption("")).len(), 2);
    }
}
