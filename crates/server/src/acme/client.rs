//! HTTPS to the one host of a certificate authority, and to no other.

use axum::body::{Body, to_bytes};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper::http::uri::{PathAndQuery, Scheme};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// One address of a host: where IPv6 leads nowhere, IPv4 must still have its turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A request with everything before it. Authorities look at a name after the answer, not before.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Authorities answer nobody who has no name (RFC 8555 section 6.1).
const USER_AGENT_NAME: &str = concat!("visio/", env!("CARGO_PKG_VERSION"));
/// A chain of certificates has some kilobytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Asks the authority's host. A connection is made for each of the ten requests of an order.
#[derive(Clone)]
pub(super) struct Client {
    connector: TlsConnector,
    /// With its port.
    authority: String,
}

/// Why the authority gave no answer that could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("the name {0} is not found: {1}")]
    Name(String, io::Error),
    #[error("{0} cannot be reached: {1}")]
    Connection(String, io::Error),
    #[error("{0} is not believed: {1}")]
    Tls(String, io::Error),
    #[error("{0} broke off: {1}")]
    Http(String, hyper::Error),
    #[error("{0} sent too much or broke off: {1}")]
    Answer(String, axum::Error),
    #[error("{0} did not answer within {seconds} s", seconds = REQUEST_TIMEOUT.as_secs())]
    Silent(String),
    #[error("{0} answers with status {1} and no reason")]
    Status(String, u16),
    #[error("the directory of {0} leads to {1}, a host that the settings do not name")]
    OtherHost(String, String),
    #[error("\"{0}\" is no address with https:// and a host")]
    Address(String),
}

impl Client {
    pub(super) fn new(directory: &str, roots: RootCertStore) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Other(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let uri: Uri = directory.parse()?;
        let authority = authority_of(&uri).map_err(other)?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            authority,
        })
    }

    async fn exchange(
        self,
        mut request: Request<BodyWrapper<Bytes>>,
    ) -> Result<BytesResponse, ClientError> {
        let authority = authority_of(request.uri())?;
        if authority != self.authority {
            return Err(ClientError::OtherHost(self.authority, authority));
        }
        let stream = self.connect(request.uri()).await?;
        let broke_off = |error| ClientError::Http(authority.clone(), error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broke_off)?;
        // It ends with the sender, and says there what went wrong.
        tokio::spawn(connection);
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path
            .unwrap_or_else(|| PathAndQuery::from_static("/"))
            .into();
        let headers = request.headers_mut();
        if let Ok(host) = HeaderValue::from_str(&authority) {
            headers.insert(HOST, host);
        }
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_NAME));
        let answer = sender.send_request(request).await.map_err(broke_off)?;
        let (parts, body) = answer.into_parts();
        let body = to_bytes(Body::new(body), ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error| ClientError::Answer(authority.clone(), error))?;
        // Whatever stands before an authority, such as a balancer, writes pages for people.
        if parts.status.is_server_error() && !body.starts_with(b"{") {
            return Err(ClientError::Status(authority, parts.status.as_u16()));
        }
        let body = Box::new(body);
        Ok(BytesResponse { parts, body })
    }

    async fn connect(&self, uri: &Uri) -> Result<TlsStream<TcpStream>, ClientError> {
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(443);
        let addresses = tokio::net::lookup_host((host, port)).await;
        let addresses = addresses.map_err(|error| ClientError::Name(host.to_owned(), error))?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        let mut found = None;
        for address in addresses {
            let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address));
            match stream.await {
                Ok(Ok(stream)) => {
                    found = Some(stream);
                    break;
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        let named = || self.authority.clone();
        let stream = found.ok_or_else(|| ClientError::Connection(named(), last))?;
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| ClientError::Address(uri.to_string()))?;
        let shaken = self.connector.connect(name, stream).await;
        shaken.map_err(|error| ClientError::Tls(named(), error))
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let silent = ClientError::Silent(self.authority.clone());
        let exchange = self.clone().exchange(request);
        Box::pin(async move {
            match tokio::time::timeout(REQUEST_TIMEOUT, exchange).await {
                Ok(answer) => answer.map_err(other),
                Err(_) => Err(other(silent)),
            }
        })
    }
}

fn other(error: ClientError) -> Error {
    Error::Other(Box::new(error))
}

/// Host and port, which must be those of the directory.
fn authority_of(uri: &Uri) -> Result<String, ClientError> {
    let authority = uri
        .authority()
        .filter(|_| uri.scheme() == Some(&Scheme::HTTPS));
    let authority = authority.ok_or_else(|| ClientError::Address(uri.to_string()))?;
    Ok(authority.as_str().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::authority::{Authority, pair};
    use crate::http::roots;
    use crate::http::tls::Certificate;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A web server with TLS that answers everything with this; its address and its issuer.
    async fn authority(answer: &'static str) -> (String, RootCertStore) {
        let issuer = Authority::new();
        let leaf = issuer.leaf(&["localhost"], 0);
        let folder = tempfile::tempdir().unwrap();
        let pair = pair(folder.path(), leaf.certificate, leaf.key);
        let acceptor = Certificate::load(&pair).unwrap().acceptor().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                assert!(request.contains("user-agent: visio/"), "{request}");
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        let root = CertificateDer::from_pem_slice(issuer.intermediate.as_bytes()).unwrap();
        (
            format!("https://localhost:{port}"),
            roots::trusting(vec![root]),
        )
    }

    async fn asked(client: &Client, url: &str) -> Result<Bytes, String> {
        let request = Request::get(url).body(BodyWrapper::default()).unwrap();
        let answer = client.request(request).await;
        let mut answer = answer.map_err(|error| error.to_string())?;
        Ok(answer.body.into_bytes().await.unwrap())
    }

    #[tokio::test]
    async fn the_host_of_the_directory_is_asked_and_no_other() {
        let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let (url, roots) = authority(good).await;
        let client = Client::new(&format!("{url}/directory"), roots).unwrap();
        assert_eq!(asked(&client, &format!("{url}/a?b")).await.unwrap(), "{}");
        for elsewhere in ["https://localhost/new", "https://other.example.org/new"] {
            let refused = asked(&client, elsewhere).await.unwrap_err();
            assert!(
                refused.contains("that the settings do not name"),
                "{refused}"
            );
        }
        let clear = url.replace("https", "http");
        let refused = asked(&client, &clear).await.unwrap_err();
        assert!(refused.contains("is no address with https://"), "{refused}");
    }

    #[tokio::test]
    async fn what_gives_no_answer_is_told_apart() {
        let (url, _) = authority("").await;
        let stranger = Client::new(&url, RootCertStore::empty()).unwrap();
        let refused = asked(&stranger, &url).await.unwrap_err();
        assert!(refused.contains("is not believed"), "{refused}");
        let (url, roots) = authority("HTTP/1.1 502 Bad\r\nconnection: close\r\n\r\n<p>").await;
        let refused = asked(&Client::new(&url, roots).unwrap(), &url).await;
        let refused = refused.unwrap_err();
        assert!(refused.contains("status 502"), "{refused}");
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", closed.local_addr().unwrap());
        drop(closed);
        let client = Client::new(&url, RootCertStore::empty()).unwrap();
        let refused = asked(&client, &url).await.unwrap_err();
        assert!(refused.contains("cannot be reached"), "{refused}");
        let url = "https://nowhere.invalid/directory";
        let client = Client::new(url, RootCertStore::empty()).unwrap();
        let refused = asked(&client, url).await.unwrap_err();
        assert!(
            refused.contains("nowhere.invalid is not found"),
            "{refused}"
        );
    }
}
