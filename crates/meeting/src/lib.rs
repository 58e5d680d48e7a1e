//! The control plane of a meeting.
