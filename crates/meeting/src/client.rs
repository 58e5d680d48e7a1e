//! What a participant's client says of itself.

/// What the client says of itself and others must be told.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    pub protocol: i32,
    pub client_protocol: i32,
    pub capabilities: Vec<i32>,
}
