//! Whether the server lives and whether it can take new meetings.

use crate::acme::Standing;
use crate::app::state::AppState;
use crate::files;
use crate::storage::{self, Trouble};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// The process answers.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// The parts that a new meeting needs, one a line; 503 if one of them does not work.
pub(super) async fn readyz(State(app): State<AppState>) -> Response {
    let parts = [
        (
            "server",
            if app.stopping.has_begun() {
                Err("is stopping")
            } else {
                Ok(())
            },
        ),
        (
            "database",
            storage::rehearse_join(&app.database)
                .await
                .map_err(Trouble::words),
        ),
        ("disk", disk(&app)),
        ("workers", workers(&app).await),
    ];
    let ready = parts.iter().all(|(_, state)| state.is_ok());
    let mut text: String = parts
        .iter()
        .map(|(part, state)| format!("{part}: {}\n", state.map_or_else(|what| what, |()| "ok")))
        .collect();
    if let Some(standing) = app.certificate {
        text.push_str(&format!("certificate: {}\n", words(*standing.borrow())));
    }
    (
        if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        text,
    )
        .into_response()
}

/// A server without a good certificate is asked all the same: how else should an authority look at it?
fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Good => "ok",
        Standing::Awaited => {
            "is self-signed until the authority gives one; `visio doctor` says what is in the way"
        }
        Standing::Ended => {
            "has ended and could not be renewed; `visio doctor` says what is in the way"
        }
    }
}

/// RFC 9116: where to report security problems, if the operator said so.
pub(super) async fn security_txt(State(app): State<AppState>) -> Response {
    let Some(contact) = &app.http.security_contact else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let contact = match contact.contains(':') {
        true => contact.clone(),
        false => format!("mailto:{contact}"),
    };
    // RFC 9116, section 2.5.5 wants a date less than a year away.
    let expires = crate::clock::rfc3339(crate::clock::system_unix_ms() + 180 * 86_400_000);
    let text = format!("Contact: {contact}\nExpires: {expires}\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// A worker that does not answer at once does not forward media either.
const WORKER_TIMEOUT: Duration = Duration::from_secs(2);

async fn workers(app: &AppState) -> Result<(), &'static str> {
    match tokio::time::timeout(WORKER_TIMEOUT, app.calls.workers_answering()).await {
        Ok((answering, workers)) if answering == workers => Ok(()),
        _ => Err("do not all answer"),
    }
}

fn disk(app: &AppState) -> Result<(), &'static str> {
    match files::free_bytes(&app.data_folder) {
        Ok(free) if free >= files::FREE_BYTES_MIN => Ok(()),
        Ok(_) => Err("has less than 100 MB left"),
        Err(_) => Err("cannot be asked: is the data folder still there?"),
    }
}
