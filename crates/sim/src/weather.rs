//! The weather of a link: what it does to the datagrams on it.

/// What a link does to datagrams. The default delays them by 20 ms and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    pub latency_ms: u64,
    /// Up to that much is added to each datagram by itself, which reorders them.
    pub jitter_ms: u64,
    pub loss_permille: u64,
    pub duplicate_permille: u64,
    /// What media passes; 0 for no limit.
    pub rate_kbps: u64,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            latency_ms: 20,
            jitter_ms: 0,
            loss_permille: 0,
            duplicate_permille: 0,
            rate_kbps: 0,
        }
    }
}

impl Weather {
    /// Nothing passes.
    pub const OUTAGE: Self = Self {
        latency_ms: 20,
        jitter_ms: 0,
        loss_permille: 1000,
        duplicate_permille: 0,
        rate_kbps: 0,
    };

    /// Whether everything arrives, once and in order.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.jitter_ms == 0
            && self.loss_permille == 0
            && self.duplicate_permille == 0
            && self.rate_kbps == 0
    }
}
