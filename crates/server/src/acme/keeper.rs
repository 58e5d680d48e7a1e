//! The task that keeps the certificate of an authority in use: it orders the first, renews each in its
//! time, and waits longer each time that fails.

use super::account;
use super::attempt::Attempts;
use super::authority;
use super::failure::{Doors, Failure, Way};
use super::order::{Issued, OrderError, order};
use super::schedule::{Cause, Span, earliest_unix_s, renewal_unix_s};
use super::store::{self, Held};
use crate::clock;
use crate::config::AcmePlan;
use crate::entropy::random_bytes;
use crate::http::certificate;
use crate::http::pem::Pair;
use crate::http::tls::Certificate;
use crate::start_error::StartError;
use instant_acme::{Account, Error};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::sync::watch;

/// How often it is looked at least, also for addresses that this machine has got.
const LOOK_INTERVAL_S: i64 = 600;
/// Two orders, in each of which the authority has its time.
const ORDER_TIMEOUT: Duration = Duration::from_secs(600);
/// How often the authority is asked when it wants renewals: as it says, within these bounds (RFC 9773
/// section 4.3), and so often where it does not answer that.
const ASK_S_MIN: i64 = 3_600;
const ASK_S_MAX: i64 = 86_400;
const ASK_AGAIN_S: i64 = 6 * 3_600;

/// What there is of a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    #[default]
    Good,
    /// A self-signed one is shown until the authority gives the first.
    Awaited,
    /// The last one has ended.
    Ended,
}

pub(crate) struct Keeper {
    plan: AcmePlan,
    doors: Doors,
    folder: PathBuf,
    certificate: Certificate,
    standing: watch::Sender<Standing>,
    held: Option<Renewing>,
    attempts: Attempts,
    /// Somebody has asked for what is due.
    is_hurried: bool,
}

/// A certificate and what decides when it is renewed.
struct Renewing {
    held: Held,
    luck: u16,
    suggested: Option<Span>,
    ask_unix_s: i64,
}

impl Keeper {
    /// Uses what is in the folder, or a self-signed certificate until there is something.
    pub(crate) fn new(
        plan: AcmePlan,
        (tls, http): (SocketAddr, SocketAddr),
        folder: PathBuf,
    ) -> Result<Self, StartError> {
        let held = store::held(&plan, &folder).map(Renewing::new);
        let pair = match held {
            Some(_) => store::pair(&folder),
            None => self_signed(&plan, tls, &folder)?,
        };
        let certificate = Certificate::load(&pair)?;
        let keeper = Self {
            attempts: Attempts::before(&plan, &folder),
            is_hurried: false,
            standing: watch::Sender::new(Standing::default()),
            certificate,
            doors: Doors { tls, http },
            plan,
            folder,
            held,
        };
        keeper.tell(clock::now_unix_s());
        Ok(keeper)
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Goes on until the server stops. SIGHUP asks for an attempt at once.
    pub(crate) async fn run(&mut self, hang_up: &mut Signal, mut stopped: watch::Receiver<bool>) {
        loop {
            let pause = tokio::select! {
                pause = self.round() => pause,
                _ = stopped.changed() => return,
            };
            tokio::select! {
                _ = hang_up.recv() => self.hurry(),
                () = tokio::time::sleep(pause) => {}
                _ = stopped.changed() => return,
            }
        }
    }

    fn hurry(&mut self) {
        self.is_hurried = true;
        self.attempts.retry_now();
        if let Some(renewing) = &mut self.held {
            renewing.ask_unix_s = 0;
        }
    }

    /// Does what is due; how long to wait for what is due next.
    async fn round(&mut self) -> Duration {
        self.ask_when(clock::now_unix_s()).await;
        let now_s = clock::now_unix_s();
        if self.due_unix_s(now_s) <= now_s {
            self.attempt().await;
        } else if self.held.is_none() {
            self.refresh_self_signed();
        }
        self.is_hurried = false;
        let now_s = clock::now_unix_s();
        self.tell(now_s);
        let pause_s = (self.due_unix_s(now_s) - now_s).clamp(1, LOOK_INTERVAL_S);
        Duration::from_secs(pause_s.unsigned_abs())
    }

    /// When the next order is due.
    fn due_unix_s(&self, now_unix_s: i64) -> i64 {
        let renewal = self.held.as_ref().map_or(0, |one| {
            let validity = one.held.validity();
            let due = renewal_unix_s(validity, one.suggested, one.luck);
            match self.is_hurried {
                true => due,
                // A clock that was ahead when it came is not believed.
                false => due.max(earliest_unix_s(
                    validity,
                    one.held.kept_unix_s.min(now_unix_s),
                )),
            }
        });
        renewal.max(self.attempts.next_unix_s(now_unix_s))
    }

    fn tell(&self, now_unix_s: i64) {
        let standing = match &self.held {
            None => Standing::Awaited,
            Some(one) if one.held.facts.not_after_unix_s <= now_unix_s => Standing::Ended,
            Some(_) => Standing::Good,
        };
        self.standing.send_replace(standing);
        self.certificate.count_days_left(now_unix_s);
    }

    /// Asks the authority when it wants the renewal, if that is due.
    async fn ask_when(&mut self, now_unix_s: i64) {
        let Some(renewing) = &mut self.held else {
            return;
        };
        let Some(id) = renewing.held.identifier() else {
            return;
        };
        if renewing.ask_unix_s > now_unix_s {
            return;
        }
        renewing.ask_unix_s = now_unix_s + ASK_AGAIN_S;
        let account = match open(&self.plan, &self.folder).await {
            Ok(account) => account,
            Err(failure) => {
                let problem = failure.problem;
                tracing::debug!(problem, "the authority cannot be asked about renewals");
                return;
            }
        };
        match account.renewal_info(&id).await {
            Ok((info, again)) => {
                let again_s = i64::try_from(again.as_secs()).unwrap_or(ASK_S_MAX);
                renewing.ask_unix_s = now_unix_s + again_s.clamp(ASK_S_MIN, ASK_S_MAX);
                renewing.suggested = Some(Span {
                    from_unix_s: info.suggested_window.start.unix_timestamp(),
                    until_unix_s: info.suggested_window.end.unix_timestamp(),
                });
            }
            Err(error) => tracing::debug!(%error, "the authority suggests no time for renewals"),
        }
    }

    async fn attempt(&mut self) {
        // After a panic this is what is left: an order that panics is not made again at once.
        let before = self.attempts.clone();
        let interrupted = Failure::of(&Error::Str("the end of an order: it was interrupted"));
        self.attempts
            .failed(interrupted, clock::now_unix_s(), luck());
        let obtained = tokio::time::timeout(ORDER_TIMEOUT, self.obtain()).await;
        self.attempts = before;
        self.certificate.challenges().clear();
        let silent = || Err(Failure::of(&Error::Timeout(None)));
        let kept = obtained.unwrap_or_else(|_| silent());
        let kept = kept.and_then(|issued| store::keep(&self.plan, &self.folder, &issued));
        match kept.and_then(|held| self.use_it(held)) {
            Ok(()) => self.attempts.succeeded(&self.folder),
            Err(failure) => self.failed(failure),
        }
    }

    fn use_it(&mut self, held: Held) -> Result<(), Failure> {
        let pair = store::pair(&self.folder);
        self.certificate
            .reload(&pair)
            .map_err(|error| Failure::file(&pair.certificate, &error))?;
        let until = clock::rfc3339(held.facts.not_after_unix_s.saturating_mul(1000));
        tracing::info!(until, "the authority gave a certificate, and it is in use");
        self.held = Some(Renewing::new(held));
        Ok(())
    }

    fn failed(&mut self, failure: Failure) {
        let now_s = clock::now_unix_s();
        let (problem, remedy) = (failure.problem.clone(), failure.remedy.clone());
        self.attempts.failed(failure, now_s, luck());
        self.attempts.keep(&self.folder);
        let next_attempt_s = self.attempts.next_unix_s(now_s) - now_s;
        let shown = match &self.held {
            Some(_) => "the last one",
            None => "a self-signed one, of which browsers warn",
        };
        tracing::warn!(
            problem,
            remedy,
            next_attempt_s,
            shown,
            "there is no new certificate; SIGHUP (systemctl reload) tries again at once"
        );
    }

    /// One order in each way, until one leads here.
    async fn obtain(&self) -> Result<Issued, Failure> {
        let mut account = open(&self.plan, &self.folder).await?;
        let mut failed: Option<Failure> = None;
        for way in self.doors.ways() {
            let mut ordered = self.order(&account, way).await;
            if matches!(&ordered, Err(OrderError::Authority(error)) if account::is_unknown(error)) {
                let client = authority::client(&self.plan)?;
                account = account::create(&self.plan, &self.folder, client).await?;
                ordered = self.order(&account, way).await;
            }
            let failure = match ordered {
                Ok(issued) => return Ok(issued),
                Err(OrderError::Authority(error)) => return Err(Failure::of(&error)),
                Err(OrderError::Look(failure)) => failure,
            };
            let is_last = !failure.is_of_this_way_alone();
            let all = match failed.take() {
                Some(before) => before.and(&failure),
                None => failure,
            };
            if is_last {
                return Err(all);
            }
            failed = Some(all);
        }
        let none = || Failure::new(Cause::Refused, "there is no way to be looked at", "");
        Err(failed.unwrap_or_else(none))
    }

    async fn order(&self, account: &Account, way: Way) -> Result<Issued, OrderError> {
        // Only an authority that suggests times knows which certificate is renewed.
        let renewed = self.held.as_ref().filter(|one| one.suggested.is_some());
        let replaced = renewed.and_then(|one| one.held.identifier());
        let answering = (self.certificate.challenges(), self.doors);
        order(account, &self.plan, way, answering, replaced).await
    }

    fn refresh_self_signed(&self) {
        let fresh = self_signed(&self.plan, self.doors.tls, &self.folder);
        let used = fresh.and_then(|pair| Ok(self.certificate.reload(&pair)?));
        if let Err(error) = used {
            tracing::error!(%error, "the self-signed certificate stays as it was");
        }
    }
}

impl Renewing {
    fn new(held: Held) -> Self {
        Self {
            held,
            luck: luck(),
            suggested: None,
            ask_unix_s: 0,
        }
    }
}

fn luck() -> u16 {
    u16::from_be_bytes(random_bytes())
}

async fn open(plan: &AcmePlan, folder: &Path) -> Result<Account, Failure> {
    account::open(plan, folder, authority::client(plan)?).await
}

fn self_signed(plan: &AcmePlan, listen: SocketAddr, folder: &Path) -> Result<Pair, StartError> {
    let mut names = certificate::own_names(listen);
    names.extend(plan.names.iter().cloned());
    Ok(certificate::self_signed(
        folder,
        &names,
        clock::now_unix_s(),
    )?)
}
