//! One order: the names are proven in one way, then the certificate is made and fetched.

use super::failure::{Doors, Failure, Way, is_of_look};
use super::schedule::Cause;
use crate::config::AcmePlan;
use crate::http::challenges::Challenges;
use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeHandle, ChallengeType, Error,
    Identifier, NewOrder, Order, OrderStatus, RetryPolicy,
};
use std::net::IpAddr;
use std::time::Duration;

/// Authorities look at a name within seconds, from several places; a busy one takes a minute.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(120));

/// What an order gave, both PEM.
pub(super) struct Issued {
    pub(super) key: String,
    pub(super) chain: String,
}

/// Why it gave nothing.
pub(super) enum OrderError {
    /// The authority itself refused or was away.
    Authority(Error),
    /// A look at a name failed, or the authority does not look in this way.
    Look(Failure),
}

impl From<Error> for OrderError {
    fn from(error: Error) -> Self {
        Self::Authority(error)
    }
}

/// Orders a certificate for the names of the settings; `replaced` is the one that it follows.
pub(super) async fn order(
    account: &Account,
    plan: &AcmePlan,
    way: Way,
    (challenges, doors): (&Challenges, Doors),
    replaced: Option<CertificateIdentifier<'_>>,
) -> Result<Issued, OrderError> {
    let names: Vec<Identifier> = plan.names.iter().map(|name| identifier(name)).collect();
    let mut order = begin(account, plan, &names, replaced).await?;
    prove(&mut order, way, (challenges, doors)).await?;
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => {}
        ended => {
            let failed = failed_look(&mut order, way, doors).await;
            return Err(match (failed, ended) {
                (Some(failure), _) => OrderError::Look(failure),
                (None, Err(error)) => error.into(),
                (None, Ok(_)) => Error::Str("the reason for which the order ended").into(),
            });
        }
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(Issued { key, chain })
}

/// A new order. An authority that does not take it as the follower of the last certificate takes it
/// alone; which it follows only spares limits (RFC 9773 section 5).
async fn begin(
    account: &Account,
    plan: &AcmePlan,
    names: &[Identifier],
    replaced: Option<CertificateIdentifier<'_>>,
) -> Result<Order, Error> {
    let wanted = || {
        let order = NewOrder::new(names);
        match &plan.profile {
            Some(profile) => order.profile(profile),
            None => order,
        }
    };
    if let Some(replaced) = replaced {
        match account.new_order(&wanted().replaces(replaced)).await {
            Ok(order) => return Ok(order),
            Err(error) => tracing::debug!(%error, "the order is not taken as a renewal"),
        }
    }
    account.new_order(&wanted()).await
}

/// Answers the challenges of all names that are not proven yet, and asks the authority to look.
async fn prove(
    order: &mut Order,
    way: Way,
    (challenges, doors): (&Challenges, Doors),
) -> Result<(), OrderError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status != AuthorizationStatus::Pending {
            continue;
        }
        let Some(mut challenge) = authorization.challenge(wanted(way)) else {
            return Err(OrderError::Look(not_offered(way)));
        };
        answer(&challenge, way, challenges)?;
        let host = challenge.identifier().to_string();
        match challenge.set_ready().await {
            Ok(()) => {}
            // Some authorities look before they answer.
            Err(Error::Api(problem)) if is_of_look(&problem) => {
                let failure = Failure::of_look(&host, way, &problem, doors);
                return Err(OrderError::Look(failure));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn answer(
    challenge: &ChallengeHandle<'_>,
    way: Way,
    challenges: &Challenges,
) -> Result<(), OrderError> {
    let authorization = challenge.key_authorization();
    match way {
        Way::Http => challenges.answer_http(&challenge.token, authorization.as_str()),
        Way::Tls => {
            let host = challenge.identifier().to_string();
            let answered = challenges.answer_tls(&host, authorization.digest().as_ref());
            answered.map_err(|error| OrderError::Authority(Error::Other(error.into())))?;
        }
    }
    Ok(())
}

/// What the authority says of the name that it did not find here.
async fn failed_look(order: &mut Order, way: Way, doors: Doors) -> Option<Failure> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.ok()?;
        authorization.refresh().await.ok()?;
        let host = authorization.identifier().to_string();
        let mut tried = authorization.challenges.iter();
        if let Some(problem) = tried.find_map(|challenge| challenge.error.as_ref()) {
            return Some(Failure::of_look(&host, way, problem, doors));
        }
    }
    None
}

fn wanted(way: Way) -> ChallengeType {
    match way {
        Way::Tls => ChallengeType::TlsAlpn01,
        Way::Http => ChallengeType::Http01,
    }
}

fn not_offered(way: Way) -> Failure {
    let (kind, other) = match way {
        Way::Tls => ("TLS-ALPN-01", "server.listen on TCP port 80"),
        Way::Http => ("HTTP-01", "tls.listen on TCP port 443"),
    };
    Failure::new(
        Cause::Unproven,
        format!("the authority does not look at names by {kind}"),
        format!("let it reach {other}, or use another authority"),
    )
}

fn identifier(name: &str) -> Identifier {
    match name.parse::<IpAddr>() {
        Ok(address) => Identifier::Ip(address),
        Err(_) => Identifier::Dns(name.to_owned()),
    }
}
