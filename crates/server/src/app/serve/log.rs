//! What the server says of its work, on standard error.

use crate::config::{LogFormat, LogPlan};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Sends messages from here on to standard error. The plan holds no level that cannot be read.
pub(super) fn start(plan: &LogPlan) {
    let filter = EnvFilter::try_new(&plan.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let messages = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start in one process, as tests have it, keeps the first one's.
    let _ = match plan.format {
        LogFormat::Text => messages.try_init(),
        LogFormat::Json => messages.json().try_init(),
    };
}
