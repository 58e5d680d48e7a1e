//! The names by which rooms, meetings and participants are found: a type for each, so that none is
//! taken for another.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Says what a text names. There is no other way: a name of one kind does not become one
            /// of another unseen.
            #[must_use]
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name!(
    /// What tokens and server SDKs call a room by. Where the room has a row, it is the row's id.
    RoomName
);
name!(
    /// The row of one meeting. Clients know a meeting by its [`crate::ids::RoomSid`].
    MeetingId
);
name!(
    /// What tokens call a participant, and what is theirs from one stay to the next.
    Identity
);
name!(
    /// One piece of transcript, from its first partial to its final.
    SegmentId
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_name_is_found_by_its_text() {
        let name = RoomName::new("Team");
        let ordered = BTreeMap::from([(name.clone(), 1)]);
        assert_eq!(ordered.get("Team"), Some(&1));
        assert_eq!(ordered.get("team"), None);
        assert_eq!(name, "Team");
        assert_eq!(name.to_string(), "Team");
        assert_eq!(format!("{name:?}"), "\"Team\"");
    }
}
