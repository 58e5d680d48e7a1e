//! Databases for tests: a new SQLite file and a new database in a real PostgreSQL each time.

use super::database::{Pool, open_postgres, open_sqlite};
use super::{Database, Location, MasterKey};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use visio_protocol::names::RoomName;

/// Debian puts the programs of each version of PostgreSQL into a folder here.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// Starts PostgreSQL on a Unix socket in a folder of its own, says where, and stops and removes
/// everything when the test process is gone: that is when its standard input closes.
const SERVE_UNTIL_INPUT_ENDS: &str = r#"
set -e
folder=$(mktemp -d /tmp/visio-postgres.XXXXXX)
trap 'rm -rf "$folder"' EXIT
initdb -D "$folder/data" -A trust -U visio -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
postgres -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=300 \
    >"$folder/log" 2>&1 &
server=$!
until pg_isready -q -h "$folder"; do kill -0 $server; sleep 0.05; done
echo "$folder"
cat >/dev/null
kill -INT $server
wait $server || true
"#;

/// A room that has meetings.
pub(crate) fn room() -> RoomName {
    RoomName::new("RM_1")
}

/// Tells the same story on SQLite and on PostgreSQL.
pub(crate) async fn on_both(story: impl AsyncFn(Database)) {
    let folder = tempfile::tempdir().unwrap();
    story(sqlite_in(folder.path()).await).await;
    story(postgres().await).await;
}

/// Tells a story of databases that hold nothing yet, not even a schema.
pub(super) async fn empty_on_both(story: impl AsyncFn(Pool)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visio.db");
    story(open_sqlite(&path).await.unwrap()).await;
    story(empty_postgres().await).await;
}

/// Where no database is yet: a file in this folder, and a name in PostgreSQL.
pub(crate) async fn locations(folder: &Path) -> [Location; 2] {
    let postgres = postgres_options().await.to_url_lossy();
    [
        Location::Sqlite(folder.join("visio.db")),
        Location::Postgres(postgres.to_string()),
    ]
}

pub(crate) async fn sqlite_in(folder: &Path) -> Database {
    let key = MasterKey::load_or_create(&folder.join("master.key")).unwrap();
    let location = Location::Sqlite(folder.join("visio.db"));
    super::open(&location, key).await.unwrap()
}

async fn postgres() -> Database {
    let key = MasterKey::from_setting("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let database = Database::from_pool(empty_postgres().await, None, key);
    super::prepare(database).await.unwrap()
}

async fn empty_postgres() -> Pool {
    open_postgres(postgres_options().await).await.unwrap()
}

/// An empty database in the PostgreSQL of this test process.
pub(super) async fn postgres_options() -> PgConnectOptions {
    static SOCKET_FOLDER: OnceLock<(String, Child)> = OnceLock::new();
    let (folder, _) = SOCKET_FOLDER.get_or_init(start_postgres);
    let options = PgConnectOptions::new_without_pgpass()
        .socket(folder)
        .username("visio");
    let name = super::new_id("test_");
    let Pool::Postgres(server) = open_postgres(options.clone().database("postgres"))
        .await
        .unwrap()
    else {
        unreachable!("open_postgres opens PostgreSQL")
    };
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&server).await.unwrap();
    server.close().await;
    options.database(&name)
}

fn start_postgres() -> (String, Child) {
    let programs = postgres_programs()
        .expect("PostgreSQL is missing, and these tests are about it. Run: scripts/setup.sh test");
    let mut child = as_ordinary_user()
        .args(["sh", "-c", SERVE_UNTIL_INPUT_ENDS])
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut folder = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut folder)
        .unwrap();
    assert!(
        !folder.is_empty(),
        "PostgreSQL did not start; the reason stands above"
    );
    (folder.trim().to_owned(), child)
}

fn postgres_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir(POSTGRES_VERSIONS).ok()?.flatten();
    let numbered = versions.filter_map(|folder| {
        Some((
            folder.file_name().to_str()?.parse::<u32>().ok()?,
            folder.path(),
        ))
    });
    numbered
        .map(|(version, folder)| (version, folder.join("bin")))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max()
        .map(|(_, programs)| programs)
}

/// PostgreSQL refuses to run as root.
fn as_ordinary_user() -> Command {
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("/usr/sbin/runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("/usr/bin/env")
    }
}
