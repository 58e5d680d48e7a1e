//! Words to who typed the command.

use super::Failure;
use std::io::Write as _;

/// Prints an answer; a reader that went away, such as `head`, is no failure.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a line that is no answer: a failure or progress. Without a terminal nobody reads it.
pub(super) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Shows how far something has come on one line.
pub(super) fn progress(line: &str) {
    let _ = write!(std::io::stderr(), "\r{line}\x1b[K");
}
