//! LiveKit messages and tokens: data only.
