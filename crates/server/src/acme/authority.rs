//! The authority that the settings name: how to ask it, and whether it answers.

use super::client::Client;
use super::failure::Failure;
use crate::config::AcmePlan;
use crate::http::{pem, roots};
use hyper::Request;
use instant_acme::{BodyWrapper, Error, HttpClient as _};
use serde_json::Value;

/// Asks it, and believes whom the settings say.
pub(super) fn client(plan: &AcmePlan) -> Result<Client, Failure> {
    let roots = match &plan.root {
        None => roots::of_system(),
        Some(path) => {
            let root = pem::certificates(path);
            roots::trusting(root.map_err(|error| Failure::file(path, &error))?)
        }
    };
    Client::new(&plan.directory, roots).map_err(|error| Failure::of(&error))
}

/// Fetches the directory, as each order does first, and looks whether it is one.
pub(crate) async fn reach(plan: &AcmePlan) -> Result<(), Failure> {
    let failed = |error: Error| Failure::of(&error);
    let request = Request::get(&plan.directory).body(BodyWrapper::default());
    let request = request.map_err(|error| failed(error.into()))?;
    let mut answer = client(plan)?.request(request).await.map_err(failed)?;
    let body = answer.body.into_bytes().await;
    let body = body.map_err(|error| failed(Error::Other(error)))?;
    let directory: Value = serde_json::from_slice(&body).map_err(|error| failed(error.into()))?;
    match directory["newOrder"].is_string() {
        true => Ok(()),
        false => Err(Failure::no_directory()),
    }
}
