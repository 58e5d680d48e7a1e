//! `GET /api/v1/config`: what this server can do, before anybody joins anything.

use crate::config::{HttpPlan, OperatorPlan};
use crate::http::error::ApiError;
use crate::transcription::CaptionsStatus;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::ToSchema;
use visio_protocol::limits::DISPLAY_NAME_CHARS_MAX;

/// The log and `visio doctor` say more; who asks here is a stranger, and the reason may name files.
const CAPTIONS_OFF: &str = "This server recognises no speech at the moment; its log says why.";

#[derive(Serialize, ToSchema)]
pub struct ServerConfig {
    version: &'static str,
    captions: Captions,
    limits: Limits,
    operator: Operator,
}

#[derive(Serialize, ToSchema)]
struct Captions {
    available: bool,
    /// Why there are none, for people.
    #[schema(required)]
    reason: Option<String>,
    /// ISO 639-1 codes, or those of ISO 639-3 where there is no shorter one.
    languages: Vec<String>,
}

/// Who runs this server; what was not set is null.
#[derive(Serialize, ToSchema)]
struct Operator {
    #[schema(required)]
    name: Option<String>,
    /// The path of the logo on this server.
    #[schema(required)]
    logo: Option<&'static str>,
    /// A mail address, a URL or a telephone number.
    #[schema(required)]
    contact: Option<String>,
    #[schema(required)]
    legal_url: Option<String>,
    #[schema(required)]
    privacy_url: Option<String>,
    #[schema(required)]
    accessibility_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Limits {
    name_chars_max: usize,
}

/// What this server can do.
#[utoipa::path(get, path = "/api/v1/config", tag = "server",
    responses((status = 200, body = ServerConfig)))]
pub(crate) async fn config(
    State(captions): State<watch::Receiver<CaptionsStatus>>,
    State(http): State<Arc<HttpPlan>>,
) -> Json<ServerConfig> {
    let captions = match captions.borrow().clone() {
        CaptionsStatus::Available { languages } => Captions {
            available: true,
            reason: None,
            languages,
        },
        CaptionsStatus::Unavailable { .. } => Captions {
            available: false,
            reason: Some(CAPTIONS_OFF.to_owned()),
            languages: Vec::new(),
        },
    };
    let limits = Limits {
        name_chars_max: DISPLAY_NAME_CHARS_MAX,
    };
    Json(ServerConfig {
        version: env!("CARGO_PKG_VERSION"),
        captions,
        limits,
        operator: operator(&http.operator),
    })
}

fn operator(plan: &OperatorPlan) -> Operator {
    Operator {
        name: plan.name.clone(),
        logo: plan.logo.as_ref().map(|_| OPERATOR_LOGO_PATH),
        contact: plan.contact.clone(),
        legal_url: plan.legal_url.clone(),
        privacy_url: plan.privacy_url.clone(),
        accessibility_url: plan.accessibility_url.clone(),
    }
}

pub(crate) const OPERATOR_LOGO_PATH: &str = "/operator/logo";

/// The operator's logo, on every page: pages ask again after an hour.
pub(crate) async fn operator_logo(State(http): State<Arc<HttpPlan>>) -> Response {
    match &http.operator.logo {
        Some(logo) => {
            let head = [
                (header::CONTENT_TYPE, logo.kind),
                (header::CACHE_CONTROL, "max-age=3600"),
            ];
            (head, logo.bytes.clone()).into_response()
        }
        None => ApiError::not_found().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use crate::app::testing::Server;

    #[tokio::test]
    async fn without_a_model_it_says_why_there_are_no_captions() {
        let server = Server::start().await;
        let answer = server.get("/api/v1/config").await;
        insta::assert_snapshot!(answer.json_text(), @r#"
        {
          "captions": {
            "available": false,
            "languages": [],
            "reason": "This server recognises no speech at the moment; its log says why."
          },
          "limits": {
            "name_chars_max": 64
          },
          "operator": {
            "accessibility_url": null,
            "contact": null,
            "legal_url": null,
            "logo": null,
            "name": null,
            "privacy_url": null
          },
          "version": "0.1.0"
        }
        "#);
    }

    #[tokio::test]
    async fn it_says_who_runs_the_server_and_shows_the_logo() {
        let folder = tempfile::tempdir().unwrap();
        let logo = folder.path().join("logo.svg");
        std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
        let server = Server::start_with(|settings| {
            settings.operator.name = "Ville de Lyon".to_owned();
            settings.operator.logo = logo.to_string_lossy().into_owned();
            settings.operator.contact = "visio@example.org".to_owned();
        })
        .await;
        let answer = server.get("/api/v1/config").await;
        assert_eq!(answer.body["operator"]["name"], "Ville de Lyon");
        assert_eq!(answer.body["operator"]["contact"], "visio@example.org");
        let path = answer.body["operator"]["logo"].as_str().unwrap();
        let picture = server.get(path).await;
        assert_eq!(picture.status, 200);
        assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
        assert!(picture.text.starts_with("<svg"));
        let without = Server::start().await;
        assert_eq!(without.get(path).await.status, 404);
    }
}
