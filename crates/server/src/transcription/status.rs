//! Whether speech is recognised here.

/// Whether speech is recognised here, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptionsStatus {
    Available {
        /// ISO 639-1 codes of the languages that the model knows.
        languages: Vec<String>,
    },
    Unavailable {
        /// What is missing and what to do, for people.
        reason: String,
    },
}
