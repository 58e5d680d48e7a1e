//! Work beside the requests that must go on for as long as the server runs.

use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How long work rests after a panic, so that one which panics at once does not fill the log.
const REST: Duration = Duration::from_millis(250);

/// Runs what `begin` makes until that ends by itself; after a panic it is begun again. Without this a
/// panic would end the work for good, and nothing would say so.
pub(crate) async fn keep_running<Work>(name: &'static str, mut begin: impl FnMut() -> Work)
where
    Work: Future<Output = ()>,
{
    while AssertUnwindSafe(begin()).catch_unwind().await.is_err() {
        tracing::error!(
            work = name,
            "a panic interrupted work that is now begun again"
        );
        metrics::counter!("visio_background_panics_total", "work" => name).increment(1);
        tokio::time::sleep(REST).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_begun_again_until_it_ends_by_itself() {
        let mut begun = 0;
        keep_running("a test", || {
            begun += 1;
            let panics = begun < 3;
            async move { assert!(!panics, "a scripted panic") }
        })
        .await;
        assert_eq!(begun, 3);
    }
}
