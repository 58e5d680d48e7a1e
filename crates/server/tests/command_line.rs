//! The `visio` program as an operator meets it: started, asked, stopped, and refused with a reason.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a story that cannot be set up has failed"
)]

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Ports that nobody has: below those that the system gives to outgoing connections (32768 and up on
/// Linux), and each handed out once by this process.
struct Ports {
    http: u16,
    tls: u16,
    metrics: u16,
    media_tcp: u16,
    media_udp: u16,
    turn_udp: u16,
}

/// Where this process begins to look; others that run beside it begin elsewhere.
const PORTS_FROM: u16 = 20_000;
const PORTS_APART: u16 = 100;

impl Ports {
    fn free() -> Self {
        Self {
            http: free_port(),
            tls: free_port(),
            metrics: free_port(),
            media_tcp: free_port(),
            media_udp: free_port(),
            turn_udp: free_port(),
        }
    }
}

fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let beside = u16::try_from(std::process::id() % 100).unwrap();
    loop {
        let port = PORTS_FROM + beside * PORTS_APART + TAKEN.fetch_add(1, Ordering::Relaxed);
        let everywhere = (Ipv4Addr::UNSPECIFIED, port);
        if TcpListener::bind(everywhere).is_ok() && UdpSocket::bind(everywhere).is_ok() {
            return port;
        }
    }
}

/// A server that is killed when its story ends.
struct Running {
    child: Child,
    ports: Ports,
    banner: String,
    folder: TempDir,
}

impl Running {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports::free();
        let mut child = command(folder.path(), &ports, &["serve"])
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        // The last line of the banner comes when everything listens.
        while !banner.contains("API key") {
            banner += &(lines.next().expect("it starts").unwrap() + "\n");
        }
        Self {
            child,
            ports,
            banner,
            folder,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.http)).unwrap();
        ask(&mut stream, path)
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, ports: &Ports, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visio"));
    command
        .args(arguments)
        .env_clear()
        .env("VISIO_DATA__FOLDER", data)
        .env("VISIO_SERVER__LISTEN", format!("127.0.0.1:{}", ports.http))
        .env("VISIO_TLS__LISTEN", format!("127.0.0.1:{}", ports.tls))
        .env(
            "VISIO_METRICS__LISTEN",
            format!("127.0.0.1:{}", ports.metrics),
        )
        .env("VISIO_MEDIA__WORKERS", "1")
        .env("VISIO_MEDIA__TCP_PORT", ports.media_tcp.to_string())
        .env("VISIO_MEDIA__UDP_PORT", ports.media_udp.to_string())
        .env("VISIO_TURN__UDP_PORT", ports.turn_udp.to_string())
        .current_dir(std::env::temp_dir());
    command
}

fn ask(stream: &mut (impl std::io::Read + std::io::Write), path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_starts_with_nothing_set_up_answers_and_stops_when_told() {
    let mut running = Running::start();
    let here = format!("http://localhost:{}", running.ports.http);
    assert!(running.banner.contains(&here), "{}", running.banner);
    assert!(
        running.banner.contains("visio models pull"),
        "{}",
        running.banner
    );
    assert!(running.get("/readyz").contains("database: ok"));
    running.signal("TERM");
    let ended = running.child.wait().unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_hang_up_ends_it_neither_with_tls_nor_without() {
    for mode in ["off", "self-signed"] {
        let mut running = Running::start_with(&[("VISIO_TLS__MODE", mode)]);
        running.signal("HUP");
        std::thread::sleep(Duration::from_millis(200));
        assert!(running.get("/livez").contains("200 OK"), "{mode}");
        running.signal("TERM");
        assert_eq!(running.child.wait().unwrap().code(), Some(0), "{mode}");
    }
}

#[test]
fn a_phone_on_the_network_gets_a_certificate_for_the_address_it_typed() {
    let running = Running::start();
    let file = running.folder.path().join("tls/self-signed.pem");
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(file).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    for name in ["127.0.0.1", "localhost"] {
        let name = ServerName::try_from(name).unwrap();
        let mut session = rustls::ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, running.ports.tls)).unwrap();
        let answer = ask(
            &mut rustls::Stream::new(&mut session, &mut stream),
            "/livez",
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let stranger = ServerName::try_from("meet.example.org").unwrap();
    let mut session = rustls::ClientConnection::new(config, stranger).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, running.ports.tls)).unwrap();
    let error = rustls::Stream::new(&mut session, &mut stream)
        .write_all(b"x")
        .unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[test]
fn a_token_made_on_the_command_line_opens_the_door() {
    let running = Running::start();
    let made = command(
        running.folder.path(),
        &running.ports,
        &["token", "create", "--room", "demo", "--identity", "bob"],
    )
    .output()
    .unwrap();
    let token = String::from_utf8(made.stdout).unwrap();
    let path = format!("/rtc/validate?access_token={}", token.trim());
    assert!(running.get(&path).ends_with("success"));
    assert!(
        running
            .get("/rtc/validate?access_token=x.y.z")
            .starts_with("HTTP/1.1 401")
    );
}

#[test]
fn a_port_that_is_taken_is_named_with_its_setting() {
    let running = Running::start();
    let other = tempfile::tempdir().unwrap();
    let ports = Ports {
        http: running.ports.http,
        ..Ports::free()
    };
    let said = refused(&command(other.path(), &ports, &["serve"]).output().unwrap());
    assert!(said.contains("server.listen is 127.0.0.1:"), "{said}");
    assert!(said.contains("another program has it"), "{said}");
    let ports = Ports {
        media_udp: running.ports.media_udp,
        ..Ports::free()
    };
    let said = refused(&command(other.path(), &ports, &["serve"]).output().unwrap());
    assert!(said.contains("media.udp_port"), "{said}");
    assert!(
        running.get("/livez").contains("200"),
        "the first one goes on"
    );
}

/// As by a TURN server that was there before: the relay has the web port too.
#[test]
fn a_relay_port_that_is_taken_stops_no_start() {
    let running = Running::start();
    let taken = running.ports.turn_udp.to_string();
    let beside = Running::start_with(&[("VISIO_TURN__UDP_PORT", &taken)]);
    assert!(beside.get("/livez").contains("200"));
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = refused(&command(&file, &Ports::free(), &["serve"]).output().unwrap());
    assert!(said.contains("the data folder"), "{said}");
    assert!(said.contains("data.folder"), "{said}");
    let said = refused(
        &command(&file.join("x"), &Ports::free(), &["serve"])
            .output()
            .unwrap(),
    );
    assert!(said.contains("data.folder"), "{said}");
}

#[test]
fn the_database_of_another_server_is_refused() {
    let running = Running::start();
    let folder: PathBuf = running.folder.path().to_owned();
    running.signal("TERM");
    let mut running = running;
    running.child.wait().unwrap();
    std::fs::remove_file(folder.join("master.key")).unwrap();
    let said = refused(
        &command(&folder, &running.ports, &["serve"])
            .output()
            .unwrap(),
    );
    assert!(said.contains("another master key"), "{said}");
}

#[test]
fn a_broken_model_turns_captions_off_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("models")).unwrap();
    std::fs::write(folder.path().join("models/own.bin"), "not a model").unwrap();
    let ports = Ports::free();
    let mut child = command(folder.path(), &ports, &["serve"])
        .env("VISIO_CAPTIONS__MODEL", "own.bin")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("Captions")));
    let line = line.unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        line.contains("off") && line.contains("visio models verify"),
        "{line}"
    );
}

#[test]
fn a_setting_that_does_not_exist_stops_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [vec!["serve"], vec!["doctor"], vec!["config", "check"]] {
        let output = command(folder.path(), &Ports::free(), &arguments)
            .env("VISIO_SERVER__LISTENN", "x")
            .output()
            .unwrap();
        let said = refused(&output);
        assert!(said.contains("Did you mean \"server.listen\"?"), "{said}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut running = Running::start();
    // A request that is not finished would be waited for.
    let mut slow = TcpStream::connect((Ipv4Addr::LOCALHOST, running.ports.http)).unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    running.signal("INT");
    let ended = running.child.wait().unwrap();
    assert!([Some(130), Some(0)].contains(&ended.code()), "{ended:?}");
}
