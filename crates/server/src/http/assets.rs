//! The web client, built into the program.

use crate::http::error::ApiError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse as _;
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Web;

const PAGE: &str = "index.html";
/// Vite puts a hash of the content into the names under here.
const HASHED: &str = "assets/";
/// Links that people pass on: whatever a mail program or a hurried hand left behind the code, the page answers and
/// finds the code.
const PAGES: [&str; 2] = ["/r/", "/t/"];
/// What LiveKit's programs ask for, which is never answered with a page.
const NOT_PAGES: [&str; 6] = ["/agent", "/api/", "/rtc", "/settings/", "/twirp", "/whip/"];
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>Visio</title>\
    <h1>The web client is not built into this program</h1>\
    <p>The server runs, but it has no page to show. Build it with <code>make run</code>, or with \
    <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and then \
    <code>cargo build</code>.</p></html>";

/// Answers everything that is no route: a file, or the page, which routes by itself.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path();
    if NOT_PAGES.iter().any(|prefix| path.starts_with(prefix)) {
        return ApiError::not_found().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::method_not_allowed().into_response();
    }
    let name = path.trim_start_matches('/');
    if !name.is_empty() && Web::get(name).is_some() {
        return file(name, &headers);
    }
    if !is_page(path) && !is_visit(&headers) {
        return ApiError::not_found().into_response();
    }
    if Web::get(PAGE).is_none() {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return (StatusCode::SERVICE_UNAVAILABLE, kind, NOT_BUILT).into_response();
    }
    file(PAGE, &headers)
}

fn is_page(path: &str) -> bool {
    let begins = |page: &&str| {
        path.get(..page.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(page))
    };
    path == "/" || PAGES.iter().any(begins)
}

/// Whether somebody opens the address in a browser, as opposed to a program or a page that loads its parts.
fn is_visit(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accepted.is_some_and(|kinds| kinds.contains("text/html"))
}

fn file(name: &str, headers: &HeaderMap) -> Response<Body> {
    let (encoding, found) = smallest(name, headers);
    let Some(found) = found else {
        return ApiError::not_found().into_response();
    };
    let tag = tag(&found, encoding);
    let known = headers.get(header::IF_NONE_MATCH);
    let unchanged = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match unchanged {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => found.data.into_owned().into_response(),
    };
    let out = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(lifetime(name)),
    );
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file as it travels best: compressed when it was built, if the browser reads that.
fn smallest(name: &str, headers: &HeaderMap) -> (Option<&'static str>, Option<EmbeddedFile>) {
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if reads(headers, encoding)
            && let Some(file) = Web::get(&format!("{name}.{suffix}"))
        {
            return (Some(encoding), Some(file));
        }
    }
    (None, Web::get(name))
}

/// Whether `Accept-Encoding` names this encoding and does not refuse it (RFC 9110, 12.5.3).
fn reads(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|q| q.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight.unwrap_or(1.0) > 0.0
    })
}

fn tag(file: &EmbeddedFile, encoding: Option<&str>) -> String {
    let hash = file.metadata.sha256_hash();
    let short: String = hash
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{short}{}\"", encoding.unwrap_or_default())
}

fn lifetime(name: &str) -> &'static str {
    if name.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())])
    }

    #[test]
    fn browsers_get_what_they_read() {
        assert!(reads(&accepting("gzip, deflate, br"), "br"));
        assert!(reads(&accepting("gzip;q=0.5"), "gzip"));
        assert!(!reads(&accepting("gzip, br;q=0"), "br"));
        assert!(!reads(&HeaderMap::new(), "br"));
    }

    #[tokio::test]
    async fn what_programs_ask_for_is_never_a_page() {
        for path in [
            "/api/v1/nothing",
            "/twirp/livekit.Nothing/Nothing",
            "/rtc/none",
            "/agent",
            "/settings/regions",
            "/whip/v1",
            "/healthz",
            "/metrics",
            "/v1/rooms",
            "/a.js",
        ] {
            let uri = path.parse().unwrap();
            let answer = serve(Method::GET, uri, HeaderMap::new()).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let html = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html"))]);
        for path in ["/agent", "/settings/regions", "/twirp", "/whip/v1"] {
            let answer = serve(Method::GET, path.parse().unwrap(), html.clone()).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let posted = serve(Method::POST, "/r/x".parse().unwrap(), HeaderMap::new()).await;
        assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn cve_17_no_path_leads_out_of_the_built_files() {
        for path in [
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/assets/../../../Cargo.toml",
        ] {
            let answer = serve(Method::GET, path.parse().unwrap(), HeaderMap::new()).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn any_page_address_shows_the_page_or_says_how_to_build_it() {
        let built = Web::get(PAGE).is_some();
        let expected = match built {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        for (path, accept) in [
            ("/", "*/*"),
            ("/r/some-code", "*/*"),
            ("/r/some-code.", "*/*"),
            ("/r/some-code.Thanks,%20Alice", "*/*"),
            ("/R/SOME-CODE).", "*/*"),
            ("/t/some-code.html", "*/*"),
            ("/no.such.page", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            let answer = serve(Method::GET, path.parse().unwrap(), headers).await;
            assert_eq!(answer.status(), expected, "{path}");
            let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
            assert!(kind.contains("html"), "{path} {kind}");
        }
    }
}
