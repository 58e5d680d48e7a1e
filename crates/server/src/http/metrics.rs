//! Metrics for Prometheus, on a listener of their own.

use crate::background::keep_running;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// Old measurements of histograms are folded together this often, so that they do not pile up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Collects the metrics of the whole process from here on.
pub fn install() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // A second server in one process, as tests have them, shares the first one's metrics.
    let _ = metrics::set_global_recorder(recorder);
    let kept = handle.clone();
    tokio::spawn(keep_running("upkeep of metrics", move || {
        keep_up(kept.clone())
    }));
    handle
}

async fn keep_up(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}
