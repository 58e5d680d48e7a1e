//! What somebody is called and carries, checked against the limits.

use crate::command::MetadataChange;
use crate::leave::Refusal;
use crate::participant::Participant;
use std::collections::BTreeMap;
use visio_protocol::limits::{
    ATTRIBUTES_BYTES_MAX, GUEST_PROFILE_BYTES_MAX, METADATA_BYTES_MAX, NAME_BYTES_MAX,
};

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
    pub(crate) fn profile_after(
        &self,
        change: MetadataChange,
        bytes_max: usize,
    ) -> Result<Profile, Refusal> {
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
        // What a program gave to a guest may stay.
        let metadata_max = bytes_max.max(self.metadata.len());
        let attributes_max = bytes_max.max(total_bytes(&self.attributes));
        if name.len() > NAME_BYTES_MAX
            || metadata.len() > metadata_max.min(METADATA_BYTES_MAX)
            || total_bytes(&attributes) > attributes_max.min(ATTRIBUTES_BYTES_MAX)
        {
            return Err(Refusal::TooLong);
        }
        Ok(Profile {
            name,
            metadata,
            attributes,
        })
    }

    /// Longest metadata, and attributes together, that a participant may give themselves.
    pub(crate) fn own_profile_bytes_max(&self) -> usize {
        if self.is_guest {
            GUEST_PROFILE_BYTES_MAX
        } else {
            METADATA_BYTES_MAX
        }
    }
}

fn total_bytes(attributes: &BTreeMap<String, String>) -> usize {
    let attributes = attributes.iter();
    attributes.map(|(key, value)| key.len() + value.len()).sum()
}
