//! A real server of its own, `visio serve` or livekit-server: fresh folder, ports of its own, stopped with
//! the bench.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use visio_protocol::token::{ApiKeys, Claims, VideoGrant, sign};

use crate::process::{CpuTime, Memory};

const KEY: &str = "bench";
const SECRET: &str = "a-secret-that-only-the-bench-uses-0123456789";
/// A server that does not listen after this long will not.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Longer than any bench runs.
const TOKEN_SECONDS: i64 = 3600;
/// A meeting ends so long after the last has left: a bench does not wait for LiveKit's 20 s.
const DEPARTURE_SECONDS: u32 = 1;

/// Which server is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// The one that was built beside the bench.
    Visio,
    /// LiveKit's own server, at that path.
    LiveKit(PathBuf),
}

impl Program {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Visio => "visio",
            Self::LiveKit(_) => "livekit-server",
        }
    }
}

/// How the measured server is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    pub program: Program,
    /// The first of the ports that it uses: HTTP, then ICE-TCP; ten further media, twenty further metrics.
    pub port: u16,
    /// 0 lets the server choose.
    pub workers: u16,
    pub captions: bool,
    /// Where the speech models lie, if captions are on.
    pub models: Option<PathBuf>,
}

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    host: String,
    keys: ApiKeys,
    _data: TempDir,
}

impl Server {
    pub fn start(setup: &Setup) -> crate::Result<Self> {
        let data = tempfile::tempdir()?;
        let host = format!("127.0.0.1:{}", setup.port);
        let mut command = match &setup.program {
            Program::Visio => visio(setup, &host, data.path())?,
            Program::LiveKit(path) => livekit(setup, path),
        };
        let child = command
            .current_dir(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(data.path().join("log"))?)
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let keys = ApiKeys::parse(&format!("{KEY}: {SECRET}"))?;
        let mut server = Self {
            child,
            host,
            keys,
            _data: data,
        };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn cpu(&self) -> crate::Result<CpuTime> {
        CpuTime::of(self.child.id())
    }

    pub fn memory(&self) -> crate::Result<Memory> {
        Memory::of(self.child.id())
    }

    /// A LiveKit token for a room that comes into being with its first participant.
    pub fn token(&self, room: &str, identity: &str) -> crate::Result<String> {
        token(&self.keys, KEY, room, identity)
    }

    fn wait_until_it_listens(&mut self) -> crate::Result<()> {
        let give_up = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(&self.host).is_err() {
            if let Some(status) = self.child.try_wait()? {
                let log =
                    std::fs::read_to_string(self._data.path().join("log")).unwrap_or_default();
                return Err(format!("the server ended at once ({status}):\n{log}").into());
            }
            if Instant::now() > give_up {
                return Err("the server does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn visio(setup: &Setup, host: &str, data: &Path) -> crate::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?.with_file_name("visio"));
    command
        .arg("serve")
        .env("LIVEKIT_KEYS", format!("{KEY}: {SECRET}"))
        .env("VISIO_DATA__FOLDER", data)
        .env("VISIO_SERVER__LISTEN", host)
        .env("VISIO_TLS__MODE", "off")
        .env("VISIO_MEDIA__UDP_PORT", (setup.port + 10).to_string())
        .env("VISIO_MEDIA__TCP_PORT", (setup.port + 1).to_string())
        .env("VISIO_TURN__UDP_PORT", (setup.port + 2).to_string())
        .env("VISIO_MEDIA__WORKERS", setup.workers.to_string())
        .env(
            "VISIO_METRICS__LISTEN",
            format!("127.0.0.1:{}", setup.port + 20),
        )
        .env("VISIO_CAPTIONS__ENABLED", setup.captions.to_string());
    if let Some(models) = &setup.models {
        command.env("VISIO_MODELS__FOLDER", models);
    }
    Ok(command)
}

/// LiveKit's server has no number of workers: Go's scheduler shares out the cores.
fn livekit(setup: &Setup, path: &Path) -> Command {
    let config = serde_json::json!({
        "port": setup.port,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {
            "udp_port": setup.port + 10,
            "tcp_port": setup.port + 1,
            "node_ip": "127.0.0.1",
            "ips": { "includes": ["127.0.0.1/32"] },
            "enable_loopback_candidate": true,
        },
        "keys": { KEY: SECRET },
        "logging": { "level": "error" },
    });
    let mut command = Command::new(path);
    command.arg("--config-body").arg(config.to_string());
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process has gone by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A token to join a room, valid for an hour.
pub fn token(keys: &ApiKeys, key: &str, room: &str, identity: &str) -> crate::Result<String> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let grant = VideoGrant {
        room_join: true,
        room: room.to_owned(),
        ..VideoGrant::default()
    };
    let claims = Claims {
        sub: identity.to_owned(),
        name: identity.to_owned(),
        exp: Some(now + TOKEN_SECONDS),
        room_config: Some(serde_json::json!({ "departureTimeout": DEPARTURE_SECONDS })),
        video: Some(grant),
        ..Claims::default()
    };
    Ok(sign(&claims, keys, key)?)
}
