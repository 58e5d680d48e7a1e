//! All routes in one table, grouped by who uses them. No route is registered elsewhere.

use super::health;
use super::state::{AppState, Stopping};
use crate::config::HttpPlan;
use crate::features::{rooms, server, transcripts};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::{address, assets, challenges, protect};
use crate::roomservice::{self, command, operation, query, send_data};
use crate::signalling::{self, Signalling};
use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Visio",
        description = "Rooms, joining and transcripts. Codes are capabilities: who has one may use it.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    components(schemas(ErrorBody)),
    modifiers(&Security)
)]
struct Description;

/// The token of a call, which joining gives.
struct Security;

impl Modify for Security {
    fn modify(&self, description: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = scheme
            .description(Some("The token that joining gave"))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("participant", SecurityScheme::Http(scheme));
    }
}

/// Everything that the two public listeners answer.
pub(crate) fn router(app: AppState) -> Router {
    let (api, description) = api_routes().split_for_parts();
    let description = description.to_pretty_json().unwrap_or_default();
    let while_serving = from_fn_with_state(app.stopping.clone(), refuse_while_stopping);
    let router = Router::new()
        // The web client and programs
        .merge(api.layer(while_serving.clone()))
        .route(
            "/openapi.json",
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], description) }),
        )
        .route(
            server::config::OPERATOR_LOGO_PATH,
            get(server::config::operator_logo),
        )
        // Operators
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/.well-known/security.txt", get(health::security_txt))
        // Certificate authorities
        .route(
            "/.well-known/acme-challenge/{token}",
            get(challenges::answer),
        )
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        // LiveKit's clients and server SDKs, from any origin: their right is in the token
        .merge(
            signal_routes()
                .layer(from_fn_with_state(
                    Arc::clone(&app.http),
                    address::tell_client,
                ))
                .merge(room_service_routes())
                .layer(while_serving)
                .layer(any_origin()),
        )
        // Browsers
        .fallback(assets::serve);
    let http = Arc::clone(&app.http);
    protect::protect(router.with_state(app), &http)
}

/// Who comes while the server stops would be cut off in the middle.
async fn refuse_while_stopping(
    stopping: State<Stopping>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if stopping.has_begun() {
        return Err(ApiError::stopping());
    }
    Ok(next.run(request).await)
}

/// What Prometheus reads.
pub(crate) fn metrics_router(handle: PrometheusHandle, http: &Arc<HttpPlan>) -> Router {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let router = Router::new()
        .route(
            "/metrics",
            get(move || async move { (kind, handle.render()) }),
        )
        .fallback(async || ApiError::not_found());
    protect::protect(router, http)
}

/// The description of the API, generated from the code.
pub(crate) fn openapi() -> String {
    let (_, description) = api_routes().split_for_parts();
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn api_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(server::config::config))
        .routes(routes!(rooms::create_room::create_room))
        .routes(routes!(rooms::get_room::get_room))
        .routes(routes!(rooms::join_room::join_room))
        .routes(routes!(
            transcripts::current_transcript::current_transcript,
            transcripts::start_transcript::start_transcript,
            transcripts::stop_transcript::stop_transcript
        ))
        .routes(routes!(
            transcripts::transcript::transcript,
            transcripts::delete_transcript::delete_transcript
        ))
        .routes(routes!(transcripts::export_transcript::export_transcript))
}

/// LiveKit's WebSocket. Clients ask `validate` after one failed, to learn why.
pub(crate) fn signal_routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Signalling: FromRef<S>,
{
    Router::new()
        .route("/rtc", get(signalling::connect_v0))
        .route("/rtc/validate", get(signalling::validate_v0))
        .route("/rtc/v1", get(signalling::connect_v1))
        .route("/rtc/v1/validate", get(signalling::validate_v1))
}

/// LiveKit's RoomService, for server SDKs.
fn room_service_routes() -> Router<AppState> {
    let path = |operation: &str| format!("/twirp/livekit.RoomService/{operation}");
    Router::new()
        .route(&path("ListRooms"), operation(query::list_rooms))
        .route(
            &path("ListParticipants"),
            operation(query::list_participants),
        )
        .route(&path("GetParticipant"), operation(query::get_participant))
        .route(&path("CreateRoom"), operation(query::create_room))
        .route(&path("DeleteRoom"), operation(command::delete_room))
        .route(&path("RemoveParticipant"), operation(command::remove))
        .route(&path("MutePublishedTrack"), operation(command::mute_track))
        .route(
            &path("UpdateParticipant"),
            operation(command::update_participant),
        )
        .route(
            &path("UpdateSubscriptions"),
            operation(command::update_subscriptions),
        )
        .route(
            &path("UpdateRoomMetadata"),
            operation(command::update_room_metadata),
        )
        .route(&path("SendData"), operation(send_data::send_data))
        .route("/twirp/{*operation}", any(roomservice::no_operation))
        .method_not_allowed_fallback(roomservice::no_operation)
}

/// LiveKit's SDKs run on pages of any origin. No cookie is used, so none can be abused.
fn any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_description_is_fresh() {
        crate::generated::check("docs/openapi.json", &openapi());
    }
}
