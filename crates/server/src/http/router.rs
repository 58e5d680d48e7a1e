//! All routes in one table, grouped by who uses them. No route is registered elsewhere but those of
//! LiveKit's WebSocket, which come as one group from `signal`.

use super::{api, assets, health, protect, twirp};
use crate::http::error::{ApiError, ErrorBody};
use crate::state::AppState;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Visio",
        description = "Rooms, joining and transcripts. Codes are capabilities: whoever has one may use it.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    components(schemas(ErrorBody))
)]
struct Description;

/// Everything that the two public listeners answer.
pub fn router(app: AppState) -> Router {
    let (api, description) = api_routes().split_for_parts();
    let description = description.to_pretty_json().unwrap_or_default();
    let router = Router::new()
        // The web client and programs
        .merge(api)
        .route(
            "/openapi.json",
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], description) }),
        )
        // Operators
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/.well-known/security.txt", get(health::security_txt))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        // LiveKit's clients and server SDKs, from any origin: their right is in the token
        .merge(
            crate::signal::routes::<AppState>()
                .merge(twirp::routes())
                .layer(any_origin()),
        )
        // Browsers
        .fallback(assets::serve);
    let http = Arc::clone(&app.http);
    protect::protect(router.with_state(app), &http)
}

/// What Prometheus reads.
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    Router::new().route(
        "/metrics",
        get(move || async move { (kind, handle.render()) }),
    )
}

/// The description of the API, generated from the code.
pub fn openapi() -> String {
    let (_, description) = api_routes().split_for_parts();
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn api_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(api::config::config))
        .routes(routes!(api::create_room::create_room))
        .routes(routes!(api::get_room::get_room))
        .routes(routes!(api::join_room::join_room))
        .routes(routes!(api::transcript::transcript))
        .routes(routes!(api::export_transcript::export_transcript))
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
