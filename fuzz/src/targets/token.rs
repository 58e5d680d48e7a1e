//! Access tokens: without a key nobody can make one, whatever they change in a genuine one.

use visio_protocol::token::{ApiKeys, Claims, VideoGrant, sign, verify};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "token",
    seeds,
    check,
    share: 1,
};

const NOW_UNIX: i64 = 1_800_000_000;

fn keys() -> ApiKeys {
    ApiKeys::parse("alice: a-secret-of-the-fuzzer-0123456789abcdef").unwrap_or_default()
}

fn genuine() -> Claims {
    let grant = VideoGrant {
        room_join: true,
        room: "room".to_owned(),
        ..VideoGrant::default()
    };
    Claims {
        iss: "alice".to_owned(),
        sub: "bob".to_owned(),
        exp: Some(NOW_UNIX + 60),
        video: Some(grant),
        ..Claims::default()
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let token = sign(&genuine(), &keys(), "alice").unwrap_or_default();
    let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhbGljZSIsInN1YiI6ImV2ZSJ9.".to_owned();
    vec![token.into_bytes(), unsigned.into_bytes()]
}

/// A token that is accepted says what was signed, word for word.
fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(claims) = verify(text, &keys(), NOW_UNIX) {
        assert_eq!(claims, genuine(), "a forged token was accepted");
    }
}
