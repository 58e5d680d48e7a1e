//! `GET /api/v1/config`: what this server can do, before anybody joins anything.

use crate::transcription::CaptionsStatus;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use visio_protocol::limits::DISPLAY_NAME_CHARS_MAX;

/// The log and `visio doctor` say more; who asks here is a stranger, and the reason may name files.
const CAPTIONS_OFF: &str =
    "This server recognises no speech at the moment; whoever runs it learns why from its log.";

#[derive(Serialize, ToSchema)]
pub struct ServerConfig {
    version: &'static str,
    captions: Captions,
    limits: Limits,
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

#[derive(Serialize, ToSchema)]
struct Limits {
    name_chars_max: usize,
}

/// What this server can do.
#[utoipa::path(get, path = "/api/v1/config", tag = "server",
    responses((status = 200, body = ServerConfig)))]
pub(crate) async fn config(
    State(captions): State<watch::Receiver<CaptionsStatus>>,
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
    })
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
            "reason": "This server recognises no speech at the moment; whoever runs it learns why from its log."
          },
          "limits": {
            "name_chars_max": 64
          },
          "version": "0.1.0"
        }
        "#);
    }
}
