//! Why there is no new certificate, and what to do about it: a text for each answer of an authority.

use super::client::ClientError;
use super::schedule::Cause;
use instant_acme::{Error, Problem};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// More of what an authority says than this is not shown.
const DETAIL_CHARS_MAX: usize = 400;
/// What the types of problems begin with (RFC 8555 section 6.7).
const TYPE_PREFIX: &str = "urn:ietf:params:acme:error:";

/// What went wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(super) cause: Cause,
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

/// How an authority looks whether a name leads here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// TLS-ALPN-01 on TCP port 443 (RFC 8737).
    Tls,
    /// HTTP-01 on TCP port 80 (RFC 8555 section 8.3).
    Http,
}

/// Where the two ways end here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doors {
    pub(super) tls: SocketAddr,
    pub(super) http: SocketAddr,
}

impl Doors {
    /// The way that needs the least comes first: over TLS, unless only the other has its own port.
    pub(super) fn ways(self) -> [Way; 2] {
        match self.tls.port() != 443 && self.http.port() == 80 {
            true => [Way::Http, Way::Tls],
            false => [Way::Tls, Way::Http],
        }
    }

    fn opening(self, way: Way) -> String {
        match way {
            Way::Tls => format!("TCP port 443 to {} (tls.listen)", self.tls),
            Way::Http => format!("TCP port 80 to {} (server.listen)", self.http),
        }
    }
}

impl Failure {
    pub(super) fn new(cause: Cause, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            cause,
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// A file of ours that cannot be read or written.
    pub(super) fn file(path: &std::path::Path, error: &impl std::fmt::Display) -> Self {
        let problem = format!("{}: {error}", path.display());
        Self::new(
            Cause::Refused,
            problem,
            "let the user that runs visio read and write it",
        )
    }

    /// What an order failed of, outside the look at a name.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::Api(problem) => of_problem(problem),
            Error::Other(inner) => match inner.downcast_ref::<ClientError>() {
                Some(error) => of_client(error),
                None => Self::new(Cause::Refused, clean(&inner.to_string()), REPORT),
            },
            Error::Json(_) => Self::no_directory(),
            Error::Timeout(_) => Self::new(
                Cause::Away,
                "the authority did not finish in time",
                "nothing: it is tried again",
            ),
            error => Self::new(Cause::Refused, clean(&error.to_string()), REPORT),
        }
    }

    pub(super) fn no_directory() -> Self {
        Self::new(
            Cause::Refused,
            "what answers at tls.acme.directory does not speak ACME",
            "correct tls.acme.directory; a browser shows a list of addresses there",
        )
    }

    /// What an authority says of its look at a name.
    pub(super) fn of_look(host: &str, way: Way, problem: &Problem, doors: Doors) -> Self {
        let detail = detail(problem);
        let door = doors.opening(way);
        let (cause, remedy) = match kind(problem) {
            "connection" => (
                Cause::Unproven,
                format!(
                    "let the firewall and the router pass {door}; see that the DNS has the public \
                     address of this server for {host}, of IPv6 too or none"
                ),
            ),
            "dns" => (
                Cause::Unproven,
                format!("enter {host} into the DNS with the public address of this server"),
            ),
            "caa" => (
                Cause::Refused,
                format!(
                    "the CAA record of {host} in the DNS names other authorities: add this one, or \
                     remove the record"
                ),
            ),
            "rateLimited" => (Cause::RateLimited, PATIENCE.to_owned()),
            _ => (
                Cause::Unproven,
                format!(
                    "something else answers for {host}: see that the DNS leads to this server alone, \
                     and that the router passes {door}"
                ),
            ),
        };
        Self::new(
            cause,
            format!("the authority did not find this server by {host}: {detail}"),
            remedy,
        )
    }

    /// Whether another way to look may lead here.
    pub(super) fn is_of_this_way_alone(&self) -> bool {
        self.cause == Cause::Unproven
    }

    /// One text of what failed in both ways.
    pub(super) fn and(self, other: &Self) -> Self {
        Self {
            cause: other.cause,
            problem: format!("{}; and: {}", self.problem, other.problem),
            remedy: format!("{}; or: {}", self.remedy, other.remedy),
        }
    }
}

const REPORT: &str = "if it stays, please report it with this line";
const PATIENCE: &str = "nothing: it is tried again by itself. Each attempt before its time makes the \
                        wait longer; for trials use the authority's staging directory";

fn of_client(error: &ClientError) -> Failure {
    let remedy = match error {
        ClientError::Name(..) => "correct tls.acme.directory, or let this machine ask the DNS",
        ClientError::Tls(..) => {
            "set tls.acme.root to the root certificate of the authority's web server; if it is a \
             public one, install the package ca-certificates and set the clock"
        }
        ClientError::OtherHost(..) | ClientError::Address(..) => {
            "correct tls.acme.directory: everything is asked of its host alone"
        }
        _ => "let this machine open connections to it; it is tried again",
    };
    let cause = match error {
        ClientError::OtherHost(..) | ClientError::Address(..) => Cause::Refused,
        _ => Cause::Away,
    };
    Failure::new(cause, clean(&error.to_string()), remedy)
}

fn of_problem(problem: &Problem) -> Failure {
    let (cause, remedy) = match kind(problem) {
        "rateLimited" => (Cause::RateLimited, PATIENCE),
        "externalAccountRequired" => (
            Cause::Refused,
            "set tls.acme.eab_key_id and tls.acme.eab_key to what the authority gave you",
        ),
        "userActionRequired" => (
            Cause::Refused,
            "the terms have changed: read them at the address that the authority names, and agree there",
        ),
        "invalidContact" | "unsupportedContact" => (
            Cause::Refused,
            "set tls.acme.contact to a mail address that exists",
        ),
        "rejectedIdentifier" | "unsupportedIdentifier" => (
            Cause::Refused,
            "use names that the authority gives certificates for (tls.acme.names, \
             server.public_url), or another authority",
        ),
        "caa" => (
            Cause::Refused,
            "the CAA record in the DNS names other authorities: add this one, or remove the record",
        ),
        "invalidProfile" => (
            Cause::Refused,
            "correct tls.acme.profile, or leave it empty",
        ),
        "serverInternal" | "badNonce" => (Cause::Away, "nothing: it is tried again"),
        "unauthorized" | "malformed" | "accountDoesNotExist" => (
            Cause::Refused,
            "see whether the authority knows your account (tls.acme.eab_key_id, tls.acme.eab_key)",
        ),
        _ => (Cause::Refused, REPORT),
    };
    let problem = format!("the authority refuses: {}", detail(problem));
    Failure::new(cause, problem, remedy)
}

/// Whether a problem is what a look at a name gives (RFC 8555 section 6.7).
pub(super) fn is_of_look(problem: &Problem) -> bool {
    let looks = ["caa", "connection", "dns", "incorrectResponse", "tls"];
    looks.contains(&kind(problem))
}

/// The type of a problem without what all of them begin with.
pub(super) fn kind(problem: &Problem) -> &str {
    let kind = problem.r#type.as_deref().unwrap_or_default();
    kind.strip_prefix(TYPE_PREFIX).unwrap_or(kind)
}

/// What the authority says, and what of each name.
fn detail(problem: &Problem) -> String {
    let own = problem.detail.iter().cloned();
    let of_names = problem.subproblems.iter().map(ToString::to_string);
    let said: Vec<String> = own.chain(of_names).collect();
    match said.is_empty() {
        true => clean(kind(problem)),
        false => clean(&said.join("; ")),
    }
}

/// One line of bounded length: it comes from elsewhere and goes into the log.
fn clean(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut clean: String = printable.take(DETAIL_CHARS_MAX).collect();
    if clean.len() < text.len() {
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors(tls: u16, http: u16) -> Doors {
        Doors {
            tls: SocketAddr::from(([0, 0, 0, 0], tls)),
            http: SocketAddr::from(([0, 0, 0, 0], http)),
        }
    }

    fn problem(kind: &str, detail: &str) -> Problem {
        serde_json::from_value(serde_json::json!({
            "type": format!("{TYPE_PREFIX}{kind}"),
            "detail": detail,
        }))
        .unwrap()
    }

    #[test]
    fn the_way_that_needs_the_least_is_first() {
        for (tls, http, first) in [
            (443, 80, Way::Tls),
            (8443, 8080, Way::Tls),
            (443, 8080, Way::Tls),
            (8443, 80, Way::Http),
        ] {
            assert_eq!(doors(tls, http).ways()[0], first, "{tls} {http}");
        }
    }

    #[test]
    fn each_look_that_fails_says_what_to_open_or_correct() {
        for (kind, way, cause, word) in [
            (
                "connection",
                Way::Tls,
                Cause::Unproven,
                "port 443 to 0.0.0.0:8443 (tls.listen)",
            ),
            (
                "connection",
                Way::Http,
                Cause::Unproven,
                "port 80 to 0.0.0.0:8080 (server.listen)",
            ),
            (
                "dns",
                Way::Tls,
                Cause::Unproven,
                "enter meet.example.org into the DNS",
            ),
            (
                "unauthorized",
                Way::Http,
                Cause::Unproven,
                "something else answers",
            ),
            ("tls", Way::Tls, Cause::Unproven, "something else answers"),
            (
                "caa",
                Way::Tls,
                Cause::Refused,
                "CAA record of meet.example.org",
            ),
            ("rateLimited", Way::Tls, Cause::RateLimited, "by itself"),
        ] {
            let problem = problem(kind, "it says why");
            let failure = Failure::of_look("meet.example.org", way, &problem, doors(8443, 8080));
            assert_eq!(failure.cause, cause, "{kind}");
            assert!(failure.remedy.contains(word), "{kind}: {}", failure.remedy);
            assert!(
                failure.problem.contains("it says why"),
                "{}",
                failure.problem
            );
        }
    }

    #[test]
    fn what_a_look_gives_is_told_from_what_a_request_gives() {
        for (kind, expected) in [("connection", true), ("dns", true), ("rateLimited", false)] {
            assert_eq!(is_of_look(&problem(kind, "")), expected, "{kind}");
        }
    }

    #[test]
    fn each_refusal_names_the_setting_that_mends_it() {
        for (kind, cause, word) in [
            (
                "externalAccountRequired",
                Cause::Refused,
                "tls.acme.eab_key_id",
            ),
            ("invalidContact", Cause::Refused, "tls.acme.contact"),
            ("rejectedIdentifier", Cause::Refused, "tls.acme.names"),
            ("rateLimited", Cause::RateLimited, "staging"),
            ("invalidProfile", Cause::Refused, "tls.acme.profile"),
            ("userActionRequired", Cause::Refused, "terms"),
            ("serverInternal", Cause::Away, "tried again"),
            ("unheardOf", Cause::Refused, "report it"),
        ] {
            let failure = Failure::of(&Error::Api(problem(kind, "why")));
            assert_eq!(failure.cause, cause, "{kind}");
            assert!(failure.remedy.contains(word), "{kind}: {}", failure.remedy);
        }
        let page = serde_json::from_str::<u8>("<html>").unwrap_err();
        let failure = Failure::of(&Error::Json(page));
        assert!(failure.remedy.contains("tls.acme.directory"));
    }

    #[test]
    fn what_an_authority_says_is_one_bounded_line() {
        let long = format!("one\ntwo\u{1b}[31m{}", "x".repeat(1_000));
        let failure = Failure::of(&Error::Api(problem("malformed", &long)));
        assert!(!failure.problem.contains(char::is_control));
        assert!(failure.problem.chars().count() < 500);
    }
}
