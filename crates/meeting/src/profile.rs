//! What somebody is called and carries, checked against the limits.

use crate::command::MetadataChange;
use crate::leave::Refusal;
use crate::participant::Participant;
use std::collections::BTreeMap;
use visio_protocol::limits::{ATTRIBUTES_BYTES_MAX, METADATA_BYTES_MAX, NAME_BYTES_MAX};

/// Name, metadata and attributes that a participant may have.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Participant {
    /// What a change would make of somebody's profile.
    ///
    /// # Errors
    /// [`Refusal::TooLong`] where it is more than a participant may carry.
    pub(crate) fn profile_after(&self, change: MetadataChange) -> Result<Profile, Refusal> {
        let mut attributes = self.attributes.clone();
        for (key, value) in change.attributes {
            if value.is_empty() {
                attributes.remove(&key);
            } else {
                attributes.insert(key, value);
            }
        }
        let name = change.name.unwrap_or_else(|| self.name.clone());
        let metadata = change.metadata.unwrap_or_else(|| self.metadata.clone());
        let attribute_bytes: usize = attributes
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if name.len() > NAME_BYTES_MAX
            || metadata.len() > METADATA_BYTES_MAX
            || attribute_bytes > ATTRIBUTES_BYTES_MAX
        {
            return Err(Refusal::TooLong);
        }
        Ok(Profile {
            name,
            metadata,
            attributes,
        })
    }
}
