//! What the caller tells of packets, and what it is asked to do.

/// The number of a cluster of probe packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterId(pub u16);

/// What a packet is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Audio,
    Media,
    Resend,
    Padding,
    /// It was sent again as it is: when it came does not say how long it was underway.
    Repeated,
    /// Whatever it carries: it belongs to a cluster that is sent faster than the estimate.
    Probe(ClusterId),
}

/// A cluster to be sent: at this rate, until both `bytes` and `packets` are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    pub cluster: ClusterId,
    pub bps: u64,
    pub bytes: u32,
    pub packets: u32,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The estimate in bit/s is another one.
    Estimate(u64),
    Probe(Probe),
}
