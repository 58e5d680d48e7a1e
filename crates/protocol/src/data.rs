//! Data packets: refusing what their sender may not say, stamping who sent them, writing text streams.

mod authority;
mod check;
mod fields;
mod stream;

pub use authority::{Authority, LANGUAGE_ATTRIBUTE, LOOKALIKE_ATTRIBUTE, SERVER_PREFIX};
pub use stream::{StreamPart, TextStream};

use crate::ids::ParticipantSid;
use crate::limits::{DATA_DESTINATIONS_MAX, DATA_PACKET_BYTES_MAX};
use crate::names::Identity;
use crate::text::TextProblem;
use crate::wire;
use crate::wire::data_packet::Value;
use fields::{Field, Fields, put_bytes, put_number};
use prost::Message as _;

// Field numbers of `DataPacket`, `UserPacket` and `Header` in livekit_models.proto; a test holds them
// against the generated code.
const KIND: u32 = 1;
const USER: u32 = 2;
const SENDER_IDENTITY: u32 = 4;
const DESTINATION_IDENTITIES: u32 = 5;
const STREAM_HEADER: u32 = 13;
const SEQUENCE: u32 = 16;
const SENDER_SID: u32 = 17;
const VALUES: [u32; 13] = [2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18];
const USER_SENDER_SID: u32 = 1;
const USER_SENDER_IDENTITY: u32 = 5;
const HEADER_BYTE_HEADER: u32 = 10;
const BYTE_HEADER_NAME: u32 = 1;

/// A data packet of a client: well formed, and to be forwarded if its sender has the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundData {
    /// To whom it goes; with `destination_sids` empty too, to everybody.
    pub destination_identities: Vec<String>,
    /// The older way of naming receivers.
    pub destination_sids: Vec<String>,
    /// Numbers the reliable packets of one sender; 0 where it does not.
    pub sequence: u32,
    /// What its sender must be.
    pub authority: Authority,
    /// Which part of which stream it is, if it is one.
    pub stream: Option<StreamPart>,
    /// Its known fields but the sender's, as they came.
    fields: Vec<u8>,
    is_user: bool,
    /// The name of a file without invisible characters, where its sender wrote some.
    visible_name: Option<String>,
}

/// Why a data packet is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    #[error("a data packet has {0} bytes, at most {DATA_PACKET_BYTES_MAX} are forwarded")]
    TooLong(usize),
    #[error("a data packet is not protobuf")]
    Malformed,
    #[error("a data packet names more than {DATA_DESTINATIONS_MAX} receivers")]
    TooManyDestinations,
    #[error("a data packet carries several values; send each in a packet of its own")]
    SeveralValues,
    #[error("a data packet carries no value that this server knows")]
    NoValue,
    #[error("the {field} of a data packet {problem}")]
    Text {
        field: &'static str,
        problem: TextProblem,
    },
}

impl InboundData {
    /// Reads an encoded `DataPacket`.
    ///
    /// # Errors
    /// Says why the packet is to be dropped.
    pub fn read(packet: &[u8]) -> Result<Self, DataError> {
        if packet.len() > DATA_PACKET_BYTES_MAX {
            return Err(DataError::TooLong(packet.len()));
        }
        let fields = known_fields(packet)?;
        let read = wire::DataPacket::decode(&*fields).map_err(|_| DataError::Malformed)?;
        let value = read.value.ok_or(DataError::NoValue)?;
        let visible_name = check::texts(&value)?;
        let (authority, stream) = (Authority::of_value(&value), StreamPart::of(&value));
        let is_user = matches!(value, Value::User(_));
        let mut destination_identities = read.destination_identities;
        let (identities, destination_sids) = user_destinations(value);
        destination_identities.extend(identities);
        if destination_identities.len() + destination_sids.len() > DATA_DESTINATIONS_MAX {
            return Err(DataError::TooManyDestinations);
        }
        Ok(Self {
            destination_identities,
            destination_sids,
            sequence: read.sequence,
            authority,
            stream,
            fields,
            is_user,
            visible_name,
        })
    }

    /// What came as bare bytes, on a channel that is none of LiveKit's: a message of a user to everybody,
    /// which claims nothing.
    ///
    /// # Errors
    /// Says why it is to be dropped.
    pub fn unlabelled(payload: &[u8]) -> Result<Self, DataError> {
        let user = wire::UserPacket {
            payload: payload.to_vec(),
            ..wire::UserPacket::default()
        };
        let packet = wire::DataPacket {
            value: Some(Value::User(user)),
            ..wire::DataPacket::default()
        };
        Self::read(&packet.encode_to_vec())
    }

    /// The packet as it is forwarded: with its true sender and without what else it claims of one.
    ///
    /// In protobuf the last of several values of one field counts and messages of one field merge,
    /// so corrections are appended; the value stays as it came, with what newer clients add to it.
    #[must_use]
    pub fn stamped(&self, identity: &Identity, sid: &ParticipantSid) -> Vec<u8> {
        let sid = sid.as_str();
        let names = 2 * (identity.len() + sid.len());
        let mut packet = Vec::with_capacity(self.fields.len() + names + 32);
        packet.extend_from_slice(&self.fields);
        put_bytes(&mut packet, SENDER_IDENTITY, identity.as_bytes());
        put_bytes(&mut packet, SENDER_SID, sid.as_bytes());
        if self.is_user {
            // Older clients read the sender inside the user packet.
            let mut user = Vec::with_capacity(identity.len() + sid.len() + 16);
            put_bytes(&mut user, USER_SENDER_SID, sid.as_bytes());
            put_bytes(&mut user, USER_SENDER_IDENTITY, identity.as_bytes());
            put_bytes(&mut packet, USER, &user);
        }
        if let Some(name) = &self.visible_name {
            let (mut file, mut header) = (Vec::new(), Vec::new());
            put_bytes(&mut file, BYTE_HEADER_NAME, name.as_bytes());
            put_bytes(&mut header, HEADER_BYTE_HEADER, &file);
            put_bytes(&mut packet, STREAM_HEADER, &header);
        }
        packet
    }
}

/// The packet without the sender that it claims and without fields that are not known here: a newer
/// client could find a second value in them. Several values are refused, because clients disagree on
/// which one counts.
fn known_fields(packet: &[u8]) -> Result<Vec<u8>, DataError> {
    let (mut known, mut values) = (Vec::with_capacity(packet.len()), 0);
    for field in Fields::of(packet) {
        match field.ok_or(DataError::Malformed)? {
            (number @ (KIND | SEQUENCE), Field::Number(value)) => {
                put_number(&mut known, number, value);
            }
            (DESTINATION_IDENTITIES, Field::Bytes(identity)) => {
                put_bytes(&mut known, DESTINATION_IDENTITIES, identity);
            }
            (number, Field::Bytes(value)) if VALUES.contains(&number) => {
                put_bytes(&mut known, number, value);
                values += 1;
            }
            _ => {}
        }
    }
    match values {
        0 => Err(DataError::NoValue),
        1 => Ok(known),
        _ => Err(DataError::SeveralValues),
    }
}

/// The identities and the sids of receivers that older clients name inside the user packet.
#[expect(deprecated, reason = "older clients name receivers in these fields")]
fn user_destinations(value: Value) -> (Vec<String>, Vec<String>) {
    match value {
        Value::User(user) => (user.destination_identities, user.destination_sids),
        _ => (Vec::new(), Vec::new()),
    }
}

#[cfg(test)]
mod tests;
