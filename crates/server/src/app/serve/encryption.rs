//! The certificate of the listener with TLS, kept valid while the server runs.

use crate::acme::{Keeper, Standing};
use crate::background::keep_running;
use crate::clock;
use crate::config::{Plan, TlsPlan};
use crate::http::certificate;
use crate::http::challenges::Challenges;
use crate::http::pem::{Pair, TlsError};
use crate::http::tls::Certificate;
use crate::start_error::StartError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::sync::{Mutex, watch};
use tokio_rustls::TlsAcceptor;

/// How often it is looked whether this machine has new addresses or the certificate ends soon.
const LOOK_INTERVAL: Duration = Duration::from_secs(600);

pub(super) struct Encryption {
    pub(super) listen: SocketAddr,
    certificate: Certificate,
    upkeep: Upkeep,
}

/// Who keeps the certificate fresh.
enum Upkeep {
    Source(Source),
    Authority(Box<Keeper>),
}

/// Where a certificate comes from that is in files.
enum Source {
    SelfSigned { listen: SocketAddr, folder: PathBuf },
    Files(Pair),
}

impl Encryption {
    /// Reads or makes the certificate; none where TLS is off.
    pub(super) fn prepare(plan: &Plan) -> Result<Option<Self>, StartError> {
        let folder = plan.data_folder.join("tls");
        let (listen, source) = match plan.tls.clone() {
            TlsPlan::Off => return Ok(None),
            TlsPlan::SelfSigned { listen } => (listen, Source::SelfSigned { listen, folder }),
            TlsPlan::Files {
                listen,
                certificate,
                key,
            } => (listen, Source::Files(Pair { certificate, key })),
            TlsPlan::Acme { listen, acme } => {
                let keeper = Keeper::new(acme, (listen, plan.http.listen), folder)?;
                return Ok(Some(Self {
                    listen,
                    certificate: keeper.certificate().clone(),
                    upkeep: Upkeep::Authority(Box::new(keeper)),
                }));
            }
        };
        Ok(Some(Self {
            listen,
            certificate: Certificate::load(&source.pair()?)?,
            upkeep: Upkeep::Source(source),
        }))
    }

    /// Keeps the certificate fresh until the server stops. An authority looks at once: the listeners
    /// must be there.
    pub(super) fn keep_fresh(self, hang_up: Signal, stopped: watch::Receiver<bool>) {
        let certificate = self.certificate;
        let upkeep = Arc::new(Mutex::new((self.upkeep, hang_up)));
        let work = move || {
            let (certificate, upkeep) = (certificate.clone(), Arc::clone(&upkeep));
            let stopped = stopped.clone();
            async move {
                let mut upkeep = upkeep.lock().await;
                let (upkeep, hang_up) = &mut *upkeep;
                match upkeep {
                    Upkeep::Source(source) => {
                        keep_fresh(&certificate, source, hang_up, stopped).await;
                    }
                    Upkeep::Authority(keeper) => keeper.run(hang_up, stopped).await,
                }
            }
        };
        tokio::spawn(keep_running("upkeep of the certificate", work));
    }

    /// What is to be told of the certificate.
    pub(super) fn standing(&self) -> watch::Receiver<Standing> {
        match &self.upkeep {
            Upkeep::Source(_) => watch::channel(Standing::default()).1,
            Upkeep::Authority(keeper) => keeper.standing(),
        }
    }

    /// What an authority is answered that looks at this server.
    pub(super) fn challenges(&self) -> &Challenges {
        self.certificate.challenges()
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
    certificate: &Certificate,
    source: &Source,
    hang_up: &mut Signal,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        certificate.count_days_left(clock::now_unix_s());
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
