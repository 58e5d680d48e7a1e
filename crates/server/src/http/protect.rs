//! What surrounds every request: limits of size and time, headers that bind the browser, a log line
//! without anything personal, and a net under panics.

use crate::clock;
use crate::config::HttpPlan;
use crate::http::address::{Remote, is_encrypted};
use crate::http::error::ApiError;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tower::Layer as _;
use tower::util::MapRequestLayer;
use tower_http::catch_panic::CatchPanicLayer;

/// The largest body of the API is a name and a token; RoomService carries metadata.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Reading a body and answering it. A slower client is cut off, a slower database is overloaded.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Nothing may come from, or go to, any other server; nothing may be written into the page. `'self'`
/// covers the WebSocket of the page's own origin (CSP Level 3, Safari from 15.4 on).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' blob: data:; media-src 'self' blob:; \
     worker-src 'self' blob:; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'; connect-src 'self'; \
     require-trusted-types-for 'script'; trusted-types default";

/// A year, for this host alone: others under its domain may have no TLS.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), \
         usb=(), serial=(), hid=(), midi=(), browsing-topics=()",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Puts everything around the routes.
pub(crate) fn protect(router: Router, http: &Arc<HttpPlan>) -> Router {
    let protected = router
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(within_time))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn(observe))
        .layer(from_fn_with_state(Arc::clone(http), bind_browser));
    // Around the router, which has chosen a route before its own layers run.
    Router::new().fallback_service(MapRequestLayer::new(single_slash).layer(protected))
}

/// SDKs put their path behind the server's address, which some people end with a slash: `//rtc` is `/rtc`.
fn single_slash(mut request: Request) -> Request {
    let target = request.uri().path_and_query();
    let single = target
        .map(PathAndQuery::as_str)
        .filter(|target| target.starts_with("//"))
        .and_then(|target| format!("/{}", target.trim_start_matches('/')).parse().ok());
    if let Some(single) = single {
        *request.uri_mut() = single;
    }
    request
}

async fn within_time(request: Request, next: Next) -> Response<Body> {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::too_slow().into_response(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer gives the panic away"
)]
fn answer_panic(panic: Box<dyn Any + Send>) -> Response<Body> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let reason = format!("panic: {}", text.unwrap_or_default());
    ApiError::internal(&reason).into_response()
}

/// Logs and counts the route, never the path: paths hold codes and queries hold tokens.
async fn observe(request: Request, next: Next) -> Response<Body> {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "page".to_owned(), |route| route.as_str().to_owned());
    let method = method_name(request.method());
    let started = clock::now();
    let response = next.run(request).await;
    let duration = clock::now().duration_since(started);
    let status = response.status().as_u16();
    let labels = [
        ("route", route.clone()),
        ("method", method.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("visio_http_requests_total", &labels).increment(1);
    metrics::histogram!("visio_http_request_duration_seconds", "route" => route.clone())
        .record(duration.as_secs_f64());
    tracing::debug!(
        method,
        route,
        status,
        duration_ms = duration.as_millis(),
        "request"
    );
    response
}

/// A method may be any word, and each label that is ever seen is kept for the life of the process.
fn method_name(method: &Method) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let named = NAMES.into_iter().find(|name| *name == method.as_str());
    named.unwrap_or("other")
}

async fn bind_browser(
    State(http): State<Arc<HttpPlan>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let remote = request.extensions().get::<Remote>().copied();
    let encrypted = is_encrypted(&http, remote, request.headers());
    let mut response = next.run(request).await;
    add(response.headers_mut(), encrypted);
    // Answers hold tokens and what was said; files say themselves how long they hold.
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(no_store);
    response
}

fn add(headers: &mut HeaderMap, encrypted: bool) {
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    // RFC 6797 section 7.2: never over a connection without TLS.
    if encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
}
