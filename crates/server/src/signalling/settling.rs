//! The wait between a join response and what follows it, for clients that read before they can take an answer.

use super::limits::SETTLING_MS_MAX;
use std::future::pending;
use std::time::{Duration, Instant};
use tokio::time::sleep_until;
use visio_protocol::join::Join;

/// LiveKit's Go SDK begins to read before it has made the offer of its join request its local
/// description (`RTCEngine.OnJoinResponse`). An answer that it reads first is lost, and its join
/// fails after five seconds. What it sends first, a candidate, says that it can take an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settling {
    AfterJoin,
    Until(Instant),
    Over,
}

impl Settling {
    pub(super) fn of(join: &Join) -> Self {
        let reads_first = join.client.sdk == "go" && join.publisher_offer.is_some();
        if reads_first {
            Self::AfterJoin
        } else {
            Self::Over
        }
    }

    /// The join response is sent.
    pub(super) fn on_joined(&mut self, now: Instant) {
        if matches!(self, Self::AfterJoin) {
            *self = Self::Until(now + Duration::from_millis(SETTLING_MS_MAX));
        }
    }

    /// The client sent something, or was waited for long enough.
    pub(super) fn end(&mut self) {
        if matches!(self, Self::Until(_)) {
            *self = Self::Over;
        }
    }

    pub(super) fn holds_messages(&self) -> bool {
        matches!(self, Self::Until(_))
    }

    /// Returns when the client was waited for long enough.
    pub(super) async fn timeout(&self) {
        match self {
            Self::Until(instant) => sleep_until((*instant).into()).await,
            Self::AfterJoin | Self::Over => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::collections::BTreeMap;
    use visio_protocol::join::{ClientInfo, ConnectionMode, Offer};

    fn join(sdk: &str, offers: bool) -> Join {
        let client = ClientInfo {
            sdk: sdk.to_owned(),
            ..ClientInfo::default()
        };
        let offer = Offer {
            id: 1,
            sdp: "v=0".to_owned(),
        };
        Join {
            mode: ConnectionMode::Single,
            auto_subscribe: true,
            client,
            resume: None,
            metadata: String::new(),
            attributes: BTreeMap::new(),
            publisher_offer: offers.then_some(offer),
            add_tracks: Vec::new(),
            sync_state: None,
        }
    }

    #[test]
    fn a_go_client_gets_nothing_after_the_join_response_until_it_speaks_or_time_is_up() {
        let mut settling = Settling::of(&join("go", true));
        settling.end();
        assert!(!settling.holds_messages(), "the join response itself");
        let now = clock::now();
        settling.on_joined(now);
        assert!(settling.holds_messages());
        let latest = now + Duration::from_millis(SETTLING_MS_MAX);
        assert_eq!(settling, Settling::Until(latest));
        settling.end();
        settling.on_joined(now);
        assert!(!settling.holds_messages(), "once only");
    }

    #[test]
    fn nobody_else_is_kept_waiting() {
        for (sdk, offers) in [("js", true), ("rust", true), ("go", false), ("", false)] {
            let mut settling = Settling::of(&join(sdk, offers));
            settling.on_joined(clock::now());
            assert!(!settling.holds_messages(), "{sdk} {offers}");
        }
    }
}
