//! `visio doctor`: looks at everything the server needs and says what to do.

mod acme;
mod capacity;
mod connection;
mod database;
mod disk;
mod limits;
mod network;
mod public;
mod reach;
mod relay;
mod speech;
mod tls;
mod visit;

use crate::config::Plan;
use crate::open_files;
use capacity::Capacity;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// One thing looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    what: String,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Ok(String),
    /// It works, but somebody should know.
    Warning {
        problem: String,
        remedy: String,
    },
    /// The server does not start, or people cannot meet.
    Failure {
        problem: String,
        remedy: String,
    },
}

impl Finding {
    fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state: State::Ok(detail.into()),
        }
    }

    fn warning(
        what: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (problem, remedy) = (problem.into(), remedy.into());
        Self {
            what: what.into(),
            state: State::Warning { problem, remedy },
        }
    }

    fn failure(
        what: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (problem, remedy) = (problem.into(), remedy.into());
        Self {
            what: what.into(),
            state: State::Failure { problem, remedy },
        }
    }

    /// What is wrong, if anything is.
    fn problem(&self) -> &str {
        match &self.state {
            State::Ok(_) => "",
            State::Warning { problem, .. } | State::Failure { problem, .. } => problem,
        }
    }

    fn is_warning(&self) -> bool {
        matches!(self.state, State::Warning { .. })
    }

    fn is_failure(&self) -> bool {
        matches!(self.state, State::Failure { .. })
    }
}

/// Looks, prints, and fails if something is broken.
pub(crate) fn run(plan: &Plan) -> ExitCode {
    let findings = look(plan);
    let verdict = verdict(&findings, capacity::measure(plan).as_ref());
    // Without a terminal the exit code says it.
    let _ = std::io::stdout().write_all(format!("{}{verdict}\n", text(&findings)).as_bytes());
    if findings.iter().any(Finding::is_failure) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn look(plan: &Plan) -> Vec<Finding> {
    let mut findings = vec![disk::clock(), disk::folder(&plan.data_folder)];
    findings.push(disk::room(&plan.data_folder));
    findings.extend(disk::secrets(plan));
    findings.push(limits::open_files(open_files::allowed()));
    findings.extend(database::look(plan));
    let running = network::is_visio(plan.http.listen);
    findings.extend(network::look(plan, running));
    findings.extend(connection::look(plan, running));
    if running {
        findings.extend(relay::look(plan));
    }
    findings.extend(tls::look(plan, running));
    findings.extend(public::look(plan, running));
    findings.push(speech::look(plan));
    findings
}

/// What it all comes to, in one line.
fn verdict(findings: &[Finding], capacity: Option<&Capacity>) -> String {
    let count = |is: fn(&Finding) -> bool| findings.iter().filter(|finding| is(finding)).count();
    let warnings = match count(Finding::is_warning) {
        0 => "no warnings".to_owned(),
        1 => "1 warning".to_owned(),
        warnings => format!("{warnings} warnings"),
    };
    let failures = match count(Finding::is_failure) {
        0 => None,
        1 => Some("1 thing fails".to_owned()),
        failures => Some(format!("{failures} things fail")),
    };
    if let Some(failures) = failures {
        return format!("Not ready: {failures}; {warnings}.");
    }
    let Some(capacity) = capacity else {
        return format!("Ready; {warnings}.");
    };
    let speakers = match capacity.speakers {
        Some(speakers) => format!("{speakers} speakers"),
        None => "no speakers (captions are off)".to_owned(),
    };
    let people = capacity.people;
    format!("Ready for about {people} people in meetings of ten and {speakers}; {warnings}.")
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = match &finding.state {
            State::Ok(detail) => writeln!(text, "ok    {}: {detail}", finding.what),
            State::Warning { problem, remedy } => {
                writeln!(text, "warn  {}: {problem}\n      → {remedy}", finding.what)
            }
            State::Failure { problem, remedy } => {
                writeln!(text, "FAIL  {}: {problem}\n      → {remedy}", finding.what)
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, plan};
    use std::path::Path;

    /// A plan whose ports nobody else has, in a folder of its own.
    pub(super) fn quiet_plan(folder: &Path, change: impl FnOnce(&mut Settings)) -> Plan {
        let mut settings = Settings::default();
        settings.data.folder = folder.display().to_string();
        settings.server.listen = "127.0.0.1:0".to_owned();
        settings.tls.listen = "127.0.0.1:0".to_owned();
        settings.metrics.listen = "127.0.0.1:0".to_owned();
        (settings.media.udp_port, settings.media.tcp_port) = (18_090, 18_090);
        settings.media.workers = 2;
        settings.turn.udp_port = 18_093;
        change(&mut settings);
        plan(settings).unwrap()
    }

    #[test]
    fn a_new_installation_lacks_only_the_model() {
        let folder = tempfile::tempdir().unwrap();
        let findings = look(&quiet_plan(folder.path(), |_| {}));
        let text = text(&findings);
        assert!(!findings.iter().any(Finding::is_failure), "{text}");
        assert!(text.contains("warn  Speech model"), "{text}");
        assert!(text.contains("visio models pull"), "{text}");
    }

    #[test]
    fn the_verdict_says_what_it_all_comes_to() {
        let warning = || Finding::warning("Disk", "90 MB left", "make room");
        let failure = || Finding::failure("Port", "taken", "free it");
        let capacity = Capacity {
            people: 60,
            speakers: Some(5),
        };
        let silent = Capacity {
            people: 60,
            speakers: None,
        };
        for (findings, capacity, said) in [
            (
                vec![warning()],
                &capacity,
                "Ready for about 60 people in meetings of ten and 5 speakers; 1 warning.",
            ),
            (
                vec![],
                &silent,
                "Ready for about 60 people in meetings of ten and no speakers (captions are off); \
                 no warnings.",
            ),
            (
                vec![warning(), failure(), warning()],
                &capacity,
                "Not ready: 1 thing fails; 2 warnings.",
            ),
        ] {
            assert_eq!(verdict(&findings, Some(capacity)), said);
        }
    }

    #[test]
    fn each_finding_stands_on_its_lines_with_its_remedy() {
        let findings = [
            Finding::ok("Clock", "2026-11-01"),
            Finding::warning("Disk", "90 MB left", "make room"),
            Finding::failure("Port", "taken", "free it"),
        ];
        insta::assert_snapshot!(text(&findings), @r"
        ok    Clock: 2026-11-01
        warn  Disk: 90 MB left
              → make room
        FAIL  Port: taken
              → free it
        ");
    }
}
