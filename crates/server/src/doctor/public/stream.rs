//! A stream to whatever serves a URL, with TLS where it says so, or a finding about what stands in the
//! way.

use super::{Finding, Url, what};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

/// A proxy may have to wake what is behind it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A stream to whatever serves the URL.
pub(in crate::doctor) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// A stream to the URL, with TLS where it says so, and the address that it begins at.
pub(super) fn open(
    url: &Url<'_>,
    roots: &RootCertStore,
) -> Result<(Box<dyn Stream>, IpAddr), Finding> {
    let addresses = (url.host, url.port).to_socket_addrs();
    let addresses = addresses.map_err(|error| {
        let problem = format!("the name {} is not found: {error}", url.host);
        let remedy = "enter it into the DNS with the address of this machine or of its proxy";
        Finding::failure(what(url.text), problem, remedy)
    })?;
    let stream = connected(addresses).map_err(|error| unreachable(url, &error))?;
    let local = stream
        .local_addr()
        .map_err(|error| unreachable(url, &error))?;
    if !url.is_https {
        return Ok((Box::new(stream), local.ip()));
    }
    let stream = encrypted(stream, url, roots).map_err(|error| refused(url, &error))?;
    Ok((Box::new(stream), local.ip()))
}

fn connected(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn unreachable(url: &Url<'_>, error: &io::Error) -> Finding {
    let port = url.port;
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Finding::warning(
            what(url.text),
            "nothing answers from here",
            format!(
                "open TCP port {port} in the firewall and forward it; not every router lets a machine \
                 reach itself by its public address: then open the page from elsewhere"
            ),
        ),
        _ => Finding::failure(
            what(url.text),
            error.to_string(),
            format!(
                "start the proxy that listens on TCP port {port}, or correct server.public_url"
            ),
        ),
    }
}

fn encrypted(
    mut stream: TcpStream,
    url: &Url<'_>,
    roots: &RootCertStore,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config
        .map_err(io::Error::other)?
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(url.host.to_owned()).map_err(io::Error::other)?;
    let mut client = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(client, stream))
}

/// Why a browser would not go on.
fn refused(url: &Url<'_>, error: &io::Error) -> Finding {
    let inner = error.get_ref();
    let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (problem, remedy) = match tls {
        Some(rustls::Error::InvalidCertificate(invalid)) => match invalid {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                "its certificate has ended",
                "renew it, and have the proxy read it again",
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                "its certificate is not valid yet",
                "set the clock, or use the former certificate until then",
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (
                    "its certificate is for another name",
                    "use a certificate for that name, or correct server.public_url",
                )
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => (
                "its certificate is of an issuer that browsers do not know, or comes without its chain",
                "use one of a public authority, with the whole chain (fullchain.pem)",
            ),
            _ => ("its certificate is not accepted", "use another certificate"),
        },
        _ => (
            "there is no TLS",
            "correct server.public_url, or have the proxy listen with TLS on that port",
        ),
    };
    Finding::failure(what(url.text), format!("{problem} ({error})"), remedy)
}
