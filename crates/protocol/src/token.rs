//! LiveKit access tokens: JSON Web Tokens signed with HMAC-SHA-256 by one of the server's API keys.

mod claims;
mod grant;
mod keys;
mod numeric_date;

pub use claims::Claims;
pub use grant::{GrantError, VideoGrant};
pub use keys::{ApiKeys, KeyError};

use crate::limits::{TOKEN_BYTES_MAX, TOKEN_LEEWAY_SECONDS};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Deserializer};

/// Why a token is refused (401), and what its maker should do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("no access token: pass one as ?access_token=… or as \"Authorization: Bearer …\"")]
    Missing,
    #[error(
        "the access token has {0} bytes, at most {TOKEN_BYTES_MAX} are read: put less metadata into it"
    )]
    TooLong(usize),
    #[error("the access token is not a JSON Web Token ({0}): check that it was copied whole")]
    Malformed(&'static str),
    #[error(
        "the access token is signed with \"{0}\", only HS256 is accepted: sign it with an API key of this server"
    )]
    WrongAlgorithm(String),
    #[error(
        "the access token was made with an API key that this server does not know: was it made for another server?"
    )]
    UnknownKey,
    #[error(
        "the signature of the access token is wrong: check the secret of the API key that signs it"
    )]
    BadSignature,
    #[error("the access token never expires: give it an \"exp\" claim")]
    NoExpiry,
    #[error(
        "the access token expired {seconds_ago} s ago: ask for a new one, or check the clock of its maker"
    )]
    Expired { seconds_ago: i64 },
    #[error(
        "the access token becomes valid in {seconds} s: check the clocks of its maker and of this server"
    )]
    NotYetValid { seconds: i64 },
}

/// Reads a token and checks its signature and its times against `now_unix`, seconds since 1970.
///
/// # Errors
/// Says why the token is refused.
pub fn verify(token: &str, keys: &ApiKeys, now_unix: i64) -> Result<Claims, TokenError> {
    let token = token.trim();
    if token.is_empty() {
        return Err(TokenError::Missing);
    }
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::TooLong(token.len()));
    }
    check_header(token)?;
    let secret = keys.secret(&issuer(token)?).ok_or(TokenError::UnknownKey)?;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &signature_only())
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::BadSignature,
            _ => TokenError::Malformed("its claims do not have LiveKit's types"),
        })?
        .claims;
    check_times(&claims, now_unix)?;
    Ok(claims)
}

/// Signs claims with an API key, whose name becomes the issuer.
///
/// # Errors
/// [`TokenError::UnknownKey`] if `keys` does not hold `key`.
pub fn sign(claims: &Claims, keys: &ApiKeys, key: &str) -> Result<String, TokenError> {
    let secret = keys.secret(key).ok_or(TokenError::UnknownKey)?;
    let claims = Claims {
        iss: key.to_owned(),
        ..claims.clone()
    };
    let encoding = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &encoding)
        .map_err(|_| TokenError::Malformed("its claims cannot be written as JSON"))
}

/// The header is read here rather than by the library, so that `none` or `RS256` get a clear
/// answer. Which key to try is never taken from it: `kid`, `jwk` and `x5u` are not looked at.
fn check_header(token: &str) -> Result<(), TokenError> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Malformed("it does not have three parts"));
    };
    let header: TokenHeader = part(header, "its header cannot be read")?;
    if header.alg != "HS256" {
        return Err(TokenError::WrongAlgorithm(
            header.alg.chars().take(16).collect(),
        ));
    }
    if header.crit.is_some() {
        // RFC 7515 section 4.1.11: what is critical and not understood must be refused.
        return Err(TokenError::Malformed(
            "its header names critical extensions",
        ));
    }
    Ok(())
}

fn issuer(token: &str) -> Result<String, TokenError> {
    let claims = token.split('.').nth(1).unwrap_or_default();
    let issuer: Issuer = part(claims, "it does not say which API key signed it")?;
    Ok(issuer.iss)
}

fn part<T: for<'de> Deserialize<'de>>(part: &str, problem: &'static str) -> Result<T, TokenError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed(problem))?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed(problem))
}

fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// `iat` is not looked at: RFC 7519 section 4.1.6 has it for information, and a clock that was set
/// back must not cost its tokens.
fn check_times(claims: &Claims, now_unix: i64) -> Result<(), TokenError> {
    let expiry = claims.exp.ok_or(TokenError::NoExpiry)?;
    let seconds_ago = now_unix.saturating_sub(expiry);
    if seconds_ago > TOKEN_LEEWAY_SECONDS {
        return Err(TokenError::Expired { seconds_ago });
    }
    let seconds = claims.nbf.unwrap_or(now_unix).saturating_sub(now_unix);
    if seconds > TOKEN_LEEWAY_SECONDS {
        return Err(TokenError::NotYetValid { seconds });
    }
    Ok(())
}

#[derive(Deserialize)]
struct TokenHeader {
    alg: String,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// Some token makers write `null` for what they leave out.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
