//! Where the database is, read from each common way of writing it.

use sqlx::postgres::PgConnectOptions;
use std::path::PathBuf;
use std::str::FromStr as _;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
    /// A URL that the driver reads.
    Postgres(String),
}

const ENCODING: &str = "In user and password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F \
     and % as %25";

impl Location {
    /// Reads a URL.
    ///
    /// # Errors
    /// Says what is wrong with it and how to write it. The text holds nothing secret.
    pub fn from_url(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(without_scheme(url));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => sqlite(rest),
            "postgres" | "postgresql" => postgres(rest),
            "file" => Err("begins with file: write sqlite: instead".to_owned()),
            scheme if scheme.contains("postgres") || scheme == "jdbc" => Err(format!(
                "begins with {scheme}: write postgres://user:password@host/database"
            )),
            "" => Err(in_memory()),
            _ => Err("must begin with sqlite: or postgres://, or be empty".to_owned()),
        }
    }
}

fn without_scheme(text: &str) -> String {
    if text.contains("host=") || text.contains("dbname=") {
        "is a list of parameters: write postgres://user:password@host/database".to_owned()
    } else {
        format!("has no scheme: for a file write sqlite:{text}")
    }
}

fn in_memory() -> String {
    "is a database in memory, which would lose all rooms and transcripts at each restart: write \
     sqlite:path, or leave it empty"
        .to_owned()
}

/// `sqlite:a.db` and `sqlite://a.db` are relative, `sqlite:/a.db` and `sqlite:///a.db` absolute.
fn sqlite(rest: &str) -> Result<Location, String> {
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    for parameter in parameters.split('&').filter(|text| !text.is_empty()) {
        check_parameter(parameter)?;
    }
    let path = percent_decoded(path.strip_prefix("//").unwrap_or(path))
        .ok_or("has a path that is not UTF-8 once its %XX are decoded")?;
    if path == ":memory:" {
        return Err(in_memory());
    }
    if path.is_empty() {
        return Err("names no file: write sqlite:path".to_owned());
    }
    if path.starts_with("~/") {
        return Err("begins with ~, which only shells know: write the whole path".to_owned());
    }
    if path.ends_with('/') {
        return Err(format!(
            "names a folder: write the file too, such as sqlite:{path}visio.db"
        ));
    }
    // `sqlite:////a.db`, as some libraries write an absolute path.
    let path = match path.strip_prefix("//") {
        Some(rest) => format!("/{}", rest.trim_start_matches('/')),
        None => path,
    };
    Ok(Location::Sqlite(PathBuf::from(path)))
}

/// The file is always made if it is missing and always shared between our own connections.
fn check_parameter(parameter: &str) -> Result<(), String> {
    match parameter {
        "mode=rwc" | "mode=rw" | "cache=private" => Ok(()),
        "mode=memory" => Err(in_memory()),
        "mode=ro" | "immutable=1" | "immutable=true" => Err(
            "is to be read only, and the server must write: leave out mode and immutable"
                .to_owned(),
        ),
        other => Err(format!(
            "has the parameter {other}, which is not known here: leave it out"
        )),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let byte = (*first == b'%').then(|| hex(after)).flatten();
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

fn hex(after: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(after.get(..2)?).ok()?;
    let are_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_hex.then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Checks the URL as the driver reads it. A password may stand in it as it is, as long as it is clear
/// where it ends: at the last `@`.
fn postgres(rest: &str) -> Result<Location, String> {
    let rest = rest
        .strip_prefix("//")
        .ok_or("has no // after its scheme: write postgres://user:password@host/database")?;
    let url = match rest.rsplit_once('@') {
        Some((login, host)) => format!("postgres://{}@{host}", encoded_login(login)),
        None => format!("postgres://{rest}"),
    };
    PgConnectOptions::from_str(&url).map_err(|_| {
        format!("cannot be read: write postgres://user:password@host:port/database. {ENCODING}")
    })?;
    Ok(Location::Postgres(url))
}

/// User and password with `%XX` for what would end them; what is encoded stays so.
fn encoded_login(login: &str) -> String {
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    match password {
        Some(password) => format!("{}:{}", encoded(user), encoded(password)),
        None => encoded(user),
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let after = text.as_bytes().get(at + 1..).unwrap_or_default();
        let stays = byte.is_ascii_alphanumeric()
            || b"-._~!$&'()*+,;=".contains(&byte)
            || byte == b'%' && hex(after).is_some();
        if stays {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_common_way_of_naming_a_file_is_understood() {
        for (url, path) in [
            ("sqlite:visio.db", "visio.db"),
            ("sqlite://visio.db", "visio.db"),
            ("sqlite://./visio.db", "./visio.db"),
            ("sqlite:/srv/visio.db", "/srv/visio.db"),
            ("sqlite:///srv/visio.db", "/srv/visio.db"),
            ("sqlite:////srv/visio.db", "/srv/visio.db"),
            ("SQLite:visio.db", "visio.db"),
            ("sqlite3:///srv/visio.db", "/srv/visio.db"),
            ("sqlite:my data/visio.db", "my data/visio.db"),
            ("sqlite:///srv/my%20data/visio.db", "/srv/my data/visio.db"),
            ("sqlite:caf%C3%A9.db", "café.db"),
            ("sqlite:100%.db", "100%.db"),
            ("sqlite:50%zz.db", "50%zz.db"),
            ("sqlite://visio.db?mode=rwc", "visio.db"),
            ("sqlite:visio.db?mode=rwc&cache=private", "visio.db"),
            ("sqlite:visio.db?", "visio.db"),
            ("sqlite:C:visio.db", "C:visio.db"),
        ] {
            let expected = Location::Sqlite(PathBuf::from(path));
            assert_eq!(Location::from_url(url), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_in_words() {
        for (url, word) in [
            ("sqlite::memory:", "in memory"),
            ("sqlite://:memory:", "in memory"),
            ("sqlite://%3Amemory%3A", "in memory"),
            (":memory:", "in memory"),
            ("sqlite:x.db?mode=memory", "in memory"),
            ("sqlite:", "names no file"),
            ("sqlite://", "names no file"),
            ("sqlite:~/visio.db", "whole path"),
            ("sqlite:/srv/", "names a folder"),
            ("sqlite:x.db?mode=ro", "read only"),
            ("sqlite:x.db?cache=shared", "cache=shared"),
            ("sqlite:x%FF.db", "UTF-8"),
            ("file:visio.db", "write sqlite:"),
            ("/srv/visio.db", "write sqlite:/srv/visio.db"),
            ("visio.db", "write sqlite:visio.db"),
            ("mysql://x", "must begin with"),
            ("postgresql+asyncpg://u:secret@h/d", "write postgres://"),
            ("jdbc:postgresql://h/d", "write postgres://"),
            ("postgres:u@h/d", "write postgres://"),
            ("host=db user=visio password=secret", "list of parameters"),
            ("postgres://u:secret@host:port/d", "%40"),
            ("postgres://u:secret@[::1/d", "%40"),
        ] {
            let refused = Location::from_url(url).unwrap_err();
            assert!(refused.contains(word), "{url}: {refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn passwords_work_encoded_or_as_they_are() {
        for (url, user, host, database) in [
            ("postgres://visio:secret@db/visio", "visio", "db", "visio"),
            (
                "postgresql://visio:secret@db:5433/visio",
                "visio",
                "db",
                "visio",
            ),
            (
                "postgres://visio:p%40ss%2Fw%23%25@db/visio",
                "visio",
                "db",
                "visio",
            ),
            ("postgres://visio:p@ss@db/visio", "visio", "db", "visio"),
            (
                "postgres://visio:p@ss/w#r?d%:x@db/visio",
                "visio",
                "db",
                "visio",
            ),
            ("postgres://visio:100%@db/visio", "visio", "db", "visio"),
            ("postgres://visio:%zz@db/visio", "visio", "db", "visio"),
            ("postgres://visio:ü€@db/visio", "visio", "db", "visio"),
            ("postgres://visio@db/visio", "visio", "db", "visio"),
            (
                "postgres://visio:s[e]@[2001:db8::1]:5432/visio",
                "visio",
                "[2001:db8::1]",
                "visio",
            ),
            (
                "postgres://visio:x@db/visio?sslmode=require",
                "visio",
                "db",
                "visio",
            ),
        ] {
            let Ok(Location::Postgres(read)) = Location::from_url(url) else {
                panic!("{url}: {:?}", Location::from_url(url));
            };
            let options = PgConnectOptions::from_str(&read).unwrap();
            assert_eq!(options.get_username(), user, "{url}");
            assert_eq!(options.get_host(), host, "{url}");
            assert_eq!(options.get_database(), Some(database), "{url}");
        }
    }

    #[test]
    fn a_password_arrives_as_it_was_meant() {
        for (written, meant) in [
            ("secret", "secret"),
            ("p%40ss", "p@ss"),
            ("p@ss", "p@ss"),
            ("a/b#c?d%", "a/b#c?d%"),
            ("a%2Fb", "a/b"),
            ("100%", "100%"),
            ("c:d", "c:d"),
            ("é", "é"),
        ] {
            let encoded = encoded(written);
            assert_eq!(
                percent_decoded(&encoded).as_deref(),
                Some(meant),
                "{written}"
            );
        }
    }

    #[test]
    fn unix_sockets_are_reached_by_either_way_of_naming_them() {
        for url in [
            "postgres:///visio?host=/run/postgresql",
            "postgres://visio@%2Frun%2Fpostgresql/visio",
            "postgres://visio:p@ss@%2Frun%2Fpostgresql/visio",
        ] {
            let Ok(Location::Postgres(read)) = Location::from_url(url) else {
                panic!("{url}: {:?}", Location::from_url(url));
            };
            let options = PgConnectOptions::from_str(&read).unwrap();
            let socket = options
                .get_socket()
                .map(|socket| socket.display().to_string());
            assert_eq!(socket.as_deref(), Some("/run/postgresql"), "{url}");
        }
    }
}
