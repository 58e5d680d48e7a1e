//! What a participant's client is and how it connects.

/// Which of LiveKit's two ways of negotiating a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Two peer connections: the client offers on one, the server on the other.
    DualConnection,
    /// One peer connection: the client always offers.
    SingleConnection,
}

/// What the client says of itself and others must be told.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    pub protocol: i32,
    pub client_protocol: i32,
    pub capabilities: Vec<i32>,
}
