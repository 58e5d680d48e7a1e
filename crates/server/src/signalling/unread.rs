//! How much of what a client has sent may wait for its worker: the rest is left on the network, where TCP
//! makes the client wait.

use super::limits::UNREAD_BYTES_MAX;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a message takes beside its own bytes, roughly.
const OVERHEAD_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct Unread(Arc<Semaphore>);

impl Unread {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(UNREAD_BYTES_MAX)))
    }

    /// Waits until a message of `bytes` may wait too. Its room is free again when what is returned is dropped.
    pub(super) async fn room_for(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = (bytes + OVERHEAD_BYTES).min(UNREAD_BYTES_MAX);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        // Nobody closes it.
        Arc::clone(&self.0).acquire_many_owned(bytes).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn what_waits_has_a_limit_in_bytes_and_the_longest_message_passes_alone() {
        let unread = Unread::new();
        let longest = unread.room_for(usize::MAX - OVERHEAD_BYTES).await;
        assert!(unread.room_for(0).now_or_never().is_none());
        drop(longest);
        let long = unread.room_for(UNREAD_BYTES_MAX - 4 * OVERHEAD_BYTES).await;
        let small: Vec<_> = (0..5)
            .map_while(|_| unread.room_for(0).now_or_never())
            .collect();
        assert_eq!(small.len(), 3, "each takes more than its own bytes");
        drop(long);
        assert!(
            unread
                .room_for(UNREAD_BYTES_MAX / 2)
                .now_or_never()
                .is_some()
        );
    }
}
