//! The account with the authority: made once, kept in the data folder, found again.

use super::client::Client;
use super::failure::{Failure, kind};
use crate::config::{AcmePlan, ExternalAccount};
use crate::files;
use instant_acme::{Account, AccountCredentials, Error, ExternalAccountKey, NewAccount};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is kept of it; whoever has it can order certificates for the names of this server.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    contact: Option<String>,
    eab_key_id: Option<String>,
    credentials: AccountCredentials,
}

/// Where the account is kept.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("acme-account.json")
}

/// The account that the settings mean; made where there is none, or only that of another authority.
pub(super) async fn open(
    plan: &AcmePlan,
    folder: &Path,
    client: Client,
) -> Result<Account, Failure> {
    let builder = Account::builder_with_http(Box::new(client.clone()));
    let Some(kept) = kept(folder).filter(|kept| is_meant(kept, plan)) else {
        return create(plan, folder, client).await;
    };
    let is_same_contact = kept.contact == plan.contact;
    let opened = builder.from_credentials(kept.credentials).await;
    let account = opened.map_err(|error| Failure::of(&error))?;
    if is_same_contact {
        return Ok(account);
    }
    let contact: Vec<&str> = plan.contact.as_deref().into_iter().collect();
    match account.update_contacts(&contact).await {
        Ok(()) => {
            note_contact(plan, folder)?;
            Ok(account)
        }
        Err(error) if is_unknown(&error) => create(plan, folder, client).await,
        Err(error) => Err(Failure::of(&error)),
    }
}

/// Whether the authority has forgotten the account.
pub(super) fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Api(problem) if kind(problem) == "accountDoesNotExist")
}

/// A new one, in place of any that is kept.
pub(super) async fn create(
    plan: &AcmePlan,
    folder: &Path,
    client: Client,
) -> Result<Account, Failure> {
    let contact: Vec<&str> = plan.contact.as_deref().into_iter().collect();
    let wanted = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let binding = plan.external_account.as_ref().map(binding);
    let builder = Account::builder_with_http(Box::new(client));
    let created = builder.create(&wanted, plan.directory.clone(), binding.as_ref());
    let (account, credentials) = created.await.map_err(|error| Failure::of(&error))?;
    keep(plan, folder, credentials)?;
    tracing::info!("an account with the certificate authority was made");
    Ok(account)
}

fn binding(account: &ExternalAccount) -> ExternalAccountKey {
    ExternalAccountKey::new(account.key_id.clone(), &account.key)
}

fn keep(plan: &AcmePlan, folder: &Path, credentials: AccountCredentials) -> Result<(), Failure> {
    let kept = Kept {
        directory: plan.directory.clone(),
        contact: plan.contact.clone(),
        eab_key_id: key_id(plan),
        credentials,
    };
    let path = file(folder);
    let text = serde_json::to_vec(&kept).map_err(|error| Failure::file(&path, &error))?;
    files::create_private_folder(folder)
        .and_then(|()| files::write_private(&path, &text))
        .map_err(|error| Failure::file(&path, &error))
}

fn note_contact(plan: &AcmePlan, folder: &Path) -> Result<(), Failure> {
    match kept(folder) {
        Some(kept) => keep(plan, folder, kept.credentials),
        None => Ok(()),
    }
}

fn kept(folder: &Path) -> Option<Kept> {
    let path = file(folder);
    let text = std::fs::read(&path).ok()?;
    let kept = serde_json::from_slice(&text);
    if kept.is_err() {
        let path = path.display();
        tracing::warn!(%path, "the account with the certificate authority cannot be read: another is made");
    }
    kept.ok()
}

fn is_meant(kept: &Kept, plan: &AcmePlan) -> bool {
    kept.directory == plan.directory && kept.eab_key_id == key_id(plan)
}

fn key_id(plan: &AcmePlan) -> Option<String> {
    let account = plan.external_account.as_ref();
    account.map(|account| account.key_id.clone())
}
