//! Data packets: reading what routing needs, stamping who sent them, writing text streams.

mod fields;
mod stream;

pub use stream::TextStream;

use crate::limits::{DATA_DESTINATIONS_MAX, DATA_PACKET_BYTES_MAX};
use fields::{Field, Fields, put_bytes};

// Field numbers of `DataPacket` and `UserPacket` in livekit_models.proto; a test holds them
// against the generated code.
const USER: u32 = 2;
const SENDER_IDENTITY: u32 = 4;
const DESTINATION_IDENTITIES: u32 = 5;
const SEQUENCE: u32 = 16;
const SENDER_SID: u32 = 17;
const VALUES: [u32; 13] = [2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18];
const USER_SENDER_SID: u32 = 1;
const USER_DESTINATION_SIDS: u32 = 3;
const USER_SENDER_IDENTITY: u32 = 5;
const USER_DESTINATION_IDENTITIES: u32 = 6;

/// What routing needs to know of a data packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataHead {
    /// To whom it goes; with `destination_sids` empty too, to everybody.
    pub destination_identities: Vec<String>,
    /// The older way of naming receivers.
    pub destination_sids: Vec<String>,
    /// Numbers the reliable packets of one sender; 0 where it does not.
    pub sequence: u32,
    /// Field number of the value inside: 2 a user's bytes, 13 to 15 a stream, 10 to 12 a call …
    pub value: u32,
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
}

impl DataHead {
    /// Reads the head of an encoded `DataPacket`; fields of newer clients are passed over.
    ///
    /// # Errors
    /// Says why the packet is to be dropped.
    pub fn read(packet: &[u8]) -> Result<Self, DataError> {
        if packet.len() > DATA_PACKET_BYTES_MAX {
            return Err(DataError::TooLong(packet.len()));
        }
        let mut head = Self::default();
        for field in Fields::of(packet) {
            match field.ok_or(DataError::Malformed)? {
                (SEQUENCE, Field::Number(number)) => head.sequence = wrapped(number),
                (DESTINATION_IDENTITIES, Field::Bytes(name)) => {
                    head.destination_identities.push(text(name)?);
                }
                (number, Field::Bytes(value)) if VALUES.contains(&number) => {
                    head.value = number;
                    head.read_value(value)?;
                }
                _ => {}
            }
            head.check_destinations()?;
        }
        Ok(head)
    }

    fn read_value(&mut self, value: &[u8]) -> Result<(), DataError> {
        if self.value != USER {
            return Ok(());
        }
        for field in Fields::of(value) {
            match field.ok_or(DataError::Malformed)? {
                (USER_DESTINATION_IDENTITIES, Field::Bytes(name)) => {
                    self.destination_identities.push(text(name)?);
                }
                (USER_DESTINATION_SIDS, Field::Bytes(sid)) => {
                    self.destination_sids.push(text(sid)?);
                }
                _ => {}
            }
            self.check_destinations()?;
        }
        Ok(())
    }

    fn check_destinations(&self) -> Result<(), DataError> {
        let named = self.destination_identities.len() + self.destination_sids.len();
        if named > DATA_DESTINATIONS_MAX {
            return Err(DataError::TooManyDestinations);
        }
        Ok(())
    }
}

/// Writes the true sender over whatever the packet claims, and leaves all else as it came.
///
/// In protobuf the last of several values of one field counts and messages of one field merge, so
/// appending is enough; decoding and encoding again would drop what newer clients add.
#[must_use]
pub fn stamp(packet: &[u8], head: &DataHead, identity: &str, sid: &str) -> Vec<u8> {
    let mut stamped = Vec::with_capacity(packet.len() + 2 * (identity.len() + sid.len()) + 32);
    stamped.extend_from_slice(packet);
    put_bytes(&mut stamped, SENDER_IDENTITY, identity.as_bytes());
    put_bytes(&mut stamped, SENDER_SID, sid.as_bytes());
    if head.value == USER {
        // Older clients read the sender inside the user packet.
        let mut user = Vec::with_capacity(identity.len() + sid.len() + 16);
        put_bytes(&mut user, USER_SENDER_SID, sid.as_bytes());
        put_bytes(&mut user, USER_SENDER_IDENTITY, identity.as_bytes());
        put_bytes(&mut stamped, USER, &user);
    }
    stamped
}

fn text(bytes: &[u8]) -> Result<String, DataError> {
    std::str::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|_| DataError::Malformed)
}

/// A protobuf `uint32` is cut from whatever number was sent.
#[expect(
    clippy::cast_possible_truncation,
    reason = "protobuf cuts a varint to its field's size"
)]
fn wrapped(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests;
