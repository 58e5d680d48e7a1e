//! The certificate of the listener with TLS, kept valid while the server runs.

use crate::clock;
use crate::config::TlsPlan;
use crate::http::certificate;
use crate::http::pem::{Pair, TlsError};
use crate::http::tls::Certificate;
use crate::start_error::StartError;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// How often it is looked whether this machine has new addresses or the certificate ends soon.
const LOOK_INTERVAL: Duration = Duration::from_secs(600);

pub(super) struct Encryption {
    pub(super) listen: SocketAddr,
    certificate: Certificate,
}

/// Where the certificate comes from.
enum Source {
    SelfSigned { listen: SocketAddr, folder: PathBuf },
    Files(Pair),
}

impl Encryption {
    /// Reads or makes the certificate and keeps it fresh; none where TLS is off.
    pub(super) fn start(
        plan: &TlsPlan,
        data_folder: &Path,
        hang_up: Signal,
        stopped: watch::Receiver<bool>,
    ) -> Result<Option<Self>, StartError> {
        let (listen, source) = match plan {
            TlsPlan::Off => return Ok(None),
            TlsPlan::SelfSigned { listen } => (
                *listen,
                Source::SelfSigned {
                    listen: *listen,
                    folder: data_folder.join("tls"),
                },
            ),
            TlsPlan::Files {
                listen,
                certificate,
                key,
            } => {
                let pair = Pair {
                    certificate: certificate.clone(),
                    key: key.clone(),
                };
                (*listen, Source::Files(pair))
            }
        };
        let certificate = Certificate::load(&source.pair()?)?;
        tokio::spawn(keep_fresh(certificate.clone(), source, hang_up, stopped));
        Ok(Some(Self {
            listen,
            certificate,
        }))
    }

    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        self.certificate.acceptor()
    }
}

impl Source {
    fn pair(&self) -> Result<Pair, StartError> {
        match self {
            Self::Files(pair) => Ok(pair.clone()),
            Self::SelfSigned { listen, folder } => {
                let names = certificate::own_names(*listen);
                Ok(certificate::self_signed(
                    folder,
                    &names,
                    clock::now_unix_s(),
                )?)
            }
        }
    }
}

/// Reads the files again on SIGHUP, and now and then makes a self-signed pair that still holds.
async fn keep_fresh(
    certificate: Certificate,
    source: Source,
    mut hang_up: Signal,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = hang_up.recv() => {}
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            _ = stopped.changed() => return,
        }
        let fresh = source
            .pair()
            .and_then(|pair| Ok(certificate.reload(&pair)?));
        match fresh {
            Ok(()) => tracing::debug!("the certificate was read again"),
            Err(error) => tracing::error!(%error, "the certificate stays as it was"),
        }
    }
}
