//! How the last attempts failed and when the next one is due: kept in the data folder, so that a server
//! that is restarted again and again does not ask again and again.

use super::failure::Failure;
use super::schedule::{self, Cause};
use crate::config::AcmePlan;
use crate::files;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The longest pause: a clock that was set back makes none longer.
const PAUSE_S_MAX: i64 = 12 * 3_600;

/// Failures in a row; none at first and after a success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempts {
    directory: String,
    names: Vec<String>,
    /// Those that the authority may have counted, and those in which it was away.
    counted: u32,
    away: u32,
    next_unix_s: i64,
    failure: Option<Failure>,
}

impl Attempts {
    /// Those of the same order in an earlier life of the server.
    pub(super) fn before(plan: &AcmePlan, folder: &Path) -> Self {
        let kept = kept(folder);
        let is_same = |kept: &Self| kept.directory == plan.directory && kept.names == plan.names;
        kept.filter(is_same).unwrap_or_else(|| Self {
            directory: plan.directory.clone(),
            names: plan.names.clone(),
            ..Self::default()
        })
    }

    /// Notes one more, and when the next is due.
    pub(super) fn failed(&mut self, failure: Failure, now_unix_s: i64, luck: u16) {
        let failures = match failure.cause {
            Cause::Away => &mut self.away,
            Cause::Unproven | Cause::RateLimited | Cause::Refused => {
                self.away = 0;
                &mut self.counted
            }
        };
        *failures = failures.saturating_add(1);
        let pause = schedule::pause(failure.cause, *failures, luck);
        let pause_s = i64::try_from(pause.as_secs()).unwrap_or(PAUSE_S_MAX);
        self.next_unix_s = now_unix_s.saturating_add(pause_s);
        self.failure = Some(failure);
    }

    pub(super) fn succeeded(&mut self, folder: &Path) {
        (self.counted, self.away) = (0, 0);
        (self.next_unix_s, self.failure) = (0, None);
        // It is not there, as a rule.
        let _ = std::fs::remove_file(file(folder));
    }

    /// Somebody has mended something, and asks for the next attempt.
    pub(super) fn retry_now(&mut self) {
        self.next_unix_s = 0;
    }

    pub(super) fn next_unix_s(&self, now_unix_s: i64) -> i64 {
        self.next_unix_s.min(now_unix_s + PAUSE_S_MAX)
    }

    pub(super) fn keep(&self, folder: &Path) {
        let path = file(folder);
        let text = serde_json::to_vec(self).unwrap_or_default();
        let written =
            files::create_private_folder(folder).and_then(|()| files::write_private(&path, &text));
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), %error, "a failed order cannot be noted");
        }
    }
}

/// Why the server that runs here, or ran here last, has no new certificate.
pub(crate) fn last_failure(folder: &Path) -> Option<Failure> {
    kept(folder)?.failure
}

fn kept(folder: &Path) -> Option<Attempts> {
    serde_json::from_slice(&std::fs::read(file(folder)).ok()?).ok()
}

fn file(folder: &Path) -> PathBuf {
    folder.join("acme-attempts.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_793_491_200;

    fn plan(names: &[&str]) -> AcmePlan {
        AcmePlan {
            directory: "https://ca.example.org/directory".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            contact: None,
            root: None,
            external_account: None,
            profile: None,
        }
    }

    fn failure(cause: Cause) -> Failure {
        Failure::new(cause, "it says no", "do this")
    }

    #[test]
    fn a_restart_does_not_hurry_the_next_attempt() {
        let folder = tempfile::tempdir().unwrap();
        let own = plan(&["a.example.org"]);
        let mut attempts = Attempts::before(&own, folder.path());
        assert_eq!(attempts.next_unix_s(NOW_S), 0);
        attempts.failed(failure(Cause::Unproven), NOW_S, 0);
        attempts.keep(folder.path());
        assert_eq!(last_failure(folder.path()).unwrap().remedy, "do this");
        let again = Attempts::before(&own, folder.path());
        assert_eq!(again, attempts);
        assert_eq!(again.next_unix_s(NOW_S), NOW_S + 300);
        let other = Attempts::before(&plan(&["b.example.org"]), folder.path());
        assert_eq!(other.next_unix_s(NOW_S), 0, "it asks for something else");
        attempts.succeeded(folder.path());
        assert_eq!(last_failure(folder.path()), None);
        assert_eq!(attempts, Attempts::before(&own, folder.path()));
    }

    #[test]
    fn an_authority_that_was_away_does_not_make_the_first_refusal_longer() {
        let mut attempts = Attempts::default();
        for _ in 0..20 {
            attempts.failed(failure(Cause::Away), NOW_S, 0);
        }
        assert_eq!(attempts.next_unix_s(NOW_S), NOW_S + 3_600);
        attempts.failed(failure(Cause::Unproven), NOW_S, 0);
        assert_eq!(attempts.next_unix_s(NOW_S), NOW_S + 300);
        attempts.failed(failure(Cause::Away), NOW_S, 0);
        attempts.failed(failure(Cause::Unproven), NOW_S, 0);
        assert_eq!(
            attempts.next_unix_s(NOW_S),
            NOW_S + 900,
            "it goes on counting"
        );
        attempts.retry_now();
        assert_eq!(attempts.next_unix_s(NOW_S), 0);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_waiting_for_years() {
        let mut attempts = Attempts::default();
        attempts.failed(failure(Cause::Refused), NOW_S * 2, 0);
        assert_eq!(attempts.next_unix_s(NOW_S), NOW_S + PAUSE_S_MAX);
    }
}
