//! Alice's token opens the door; Eve's forgeries do not, and each is told why.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "secret_secret_secret_secret_secret";

fn keys() -> ApiKeys {
    ApiKeys::parse(&format!("devkey: {SECRET}")).unwrap()
}

fn alice() -> Claims {
    Claims {
        sub: "alice".into(),
        name: "Alice".into(),
        exp: Some(NOW + 600),
        nbf: Some(NOW),
        attributes: BTreeMap::from([("visio.language".into(), "fr".into())]),
        video: Some(VideoGrant {
            room_join: true,
            room: "tea".into(),
            ..VideoGrant::default()
        }),
        ..Claims::default()
    }
}

fn signed(claims: &Claims) -> String {
    sign(claims, &keys(), "devkey").unwrap()
}

/// A token of any header and claims, signed with the right secret: what an insider could make.
fn forged(header: &str, claims: &str) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn refusal(token: &str) -> TokenError {
    verify(token, &keys(), NOW).unwrap_err()
}

#[test]
fn alice_joins_with_what_she_was_given() {
    let claims = verify(&signed(&alice()), &keys(), NOW).unwrap();
    assert_eq!(
        claims,
        Claims {
            iss: "devkey".into(),
            ..alice()
        }
    );
    let (room, grant) = claims.room_to_join().unwrap();
    assert_eq!(room, "tea");
    assert!(grant.may_publish() && grant.may_subscribe() && grant.may_publish_data());
    assert!(!grant.may_update_own_metadata());
}

#[test]
fn a_token_of_livekits_own_making_is_read() {
    let claims = r#"{"exp":1800000600,"iss":"devkey","nbf":1800000000,"sub":"bob","name":null,
        "kind":"agent","metadata":"{}","attributes":null,"sip":{"admin":true},
        "video":{"room":"tea","roomJoin":true,"canPublish":false,"canPublishSources":null,
                 "canUpdateOwnMetadata":true,"newGrantOfNextYear":true},
        "roomConfig":{"maxParticipants":3,"agents":[{}]}}"#;
    let bob = verify(
        &forged(r#"{"alg":"HS256","typ":"JWT"}"#, claims),
        &keys(),
        NOW,
    )
    .unwrap();
    assert_eq!(bob.kind, "agent");
    assert_eq!(bob.room_config.as_ref().unwrap()["maxParticipants"], 3);
    let (_, grant) = bob.room_to_join().unwrap();
    assert!(!grant.may_publish() && !grant.may_publish_data() && grant.may_subscribe());
    assert!(grant.may_update_own_metadata());
}

#[test]
fn cve_03_eve_cannot_choose_the_algorithm() {
    let claims = serde_json::to_string(&Claims {
        iss: "devkey".into(),
        ..alice()
    })
    .unwrap();
    for algorithm in ["none", "None", "RS256", "HS384", "ES256", "hs256", ""] {
        let header = format!(r#"{{"alg":"{algorithm}"}}"#);
        assert_eq!(
            refusal(&forged(&header, &claims)),
            TokenError::WrongAlgorithm(algorithm.into())
        );
    }
    let unsigned = forged(r#"{"alg":"none"}"#, &claims);
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    assert!(matches!(
        refusal(&format!("{unsigned}.")),
        TokenError::WrongAlgorithm(_)
    ));
    assert!(verify(&forged(r#"{"alg":"HS256"}"#, &claims), &keys(), NOW).is_ok());
}

#[test]
fn cve_03_eve_cannot_bring_her_own_key() {
    let header = r#"{"alg":"HS256","kid":"../../dev/null","jwk":{"kty":"oct","k":"AAAA"}}"#;
    let hers = ApiKeys::parse("devkey: eve_eve_eve_eve_eve_eve_eve_eve_eve").unwrap();
    let token = sign(&alice(), &hers, "devkey").unwrap();
    assert_eq!(refusal(&token), TokenError::BadSignature);
    let (_, rest) = token.split_once('.').unwrap();
    let with_jwk = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
    assert_eq!(refusal(&with_jwk), TokenError::BadSignature);
    let unknown = ApiKeys::parse("evekey: eve_eve_eve_eve_eve_eve_eve_eve_eve").unwrap();
    assert_eq!(
        refusal(&sign(&alice(), &unknown, "evekey").unwrap()),
        TokenError::UnknownKey
    );
    let critical = r#"{"alg":"HS256","crit":["b64"],"b64":false}"#;
    assert!(matches!(
        refusal(&forged(critical, r#"{"iss":"devkey"}"#)),
        TokenError::Malformed(_)
    ));
}

#[test]
fn two_clocks_may_differ_by_a_minute_either_way() {
    let at = |exp, nbf| {
        let token = signed(&Claims {
            exp,
            nbf,
            ..alice()
        });
        verify(&token, &keys(), NOW).map(|_| ())
    };
    let expired = |seconds_ago| Err(TokenError::Expired { seconds_ago });
    let early = |seconds| Err(TokenError::NotYetValid { seconds });
    for (exp, nbf, expected) in [
        (Some(NOW + 1), None, Ok(())),
        (Some(NOW), None, Ok(())),
        (Some(NOW - 5), None, Ok(())),
        (Some(NOW - 60), None, Ok(())),
        (Some(NOW - 61), None, expired(61)),
        (Some(0), None, expired(NOW)),
        (None, None, Err(TokenError::NoExpiry)),
        (Some(NOW + 600), Some(NOW + 30), Ok(())),
        (Some(NOW + 600), Some(NOW + 60), Ok(())),
        (Some(NOW + 600), Some(NOW + 61), early(61)),
        (Some(NOW + 600), Some(NOW + 3_600), early(3_600)),
        (Some(NOW + 600), Some(0), Ok(())),
    ] {
        assert_eq!(at(exp, nbf), expected, "exp {exp:?}, nbf {nbf:?}");
    }
}

#[test]
fn times_may_have_fractions_and_must_be_times() {
    let at = |times: &str| {
        let claims = format!(r#"{{"iss":"devkey","sub":"alice",{times}}}"#);
        verify(&forged(r#"{"alg":"HS256"}"#, &claims), &keys(), NOW)
    };
    for times in [
        r#""exp":1893456000.5"#,
        r#""exp":1800000000.999,"nbf":1799999999.001"#,
        r#""exp":1.8000006e9"#,
        r#""exp":1800000600.0,"nbf":null"#,
        r#""exp":1800000600,"iat":1800003600"#,
        r#""exp":1800000600,"iat":"yesterday""#,
        r#""exp":253402300799"#,
        r#""exp":1800000600,"nbf":0"#,
    ] {
        assert!(at(times).is_ok(), "{times}: {:?}", at(times));
    }
    for times in [
        r#""exp":"1800000600""#,
        r#""exp":1800000600000"#,
        r#""exp":1e300"#,
        r#""exp":-1"#,
        r#""exp":-0.5"#,
        r#""exp":9223372036854775807"#,
        r#""exp":18446744073709551615"#,
        r#""exp":true"#,
        r#""exp":[1800000600]"#,
        r#""exp":1800000600,"nbf":1e19"#,
        r#""exp":1800000600,"nbf":{}"#,
    ] {
        assert!(
            matches!(at(times), Err(TokenError::Malformed(_))),
            "{times}: {:?}",
            at(times)
        );
    }
    assert_eq!(
        at(r#""exp":1799999939.9"#),
        Err(TokenError::Expired { seconds_ago: 61 })
    );
    assert_eq!(at(r#""nbf":1"#), Err(TokenError::NoExpiry));
    assert_eq!(at(r#""exp":null"#), Err(TokenError::NoExpiry));
}

#[test]
fn broken_tokens_say_what_is_broken() {
    assert_eq!(refusal("  "), TokenError::Missing);
    assert_eq!(
        refusal(&"x".repeat(TOKEN_BYTES_MAX + 1)),
        TokenError::TooLong(TOKEN_BYTES_MAX + 1)
    );
    for token in ["x", "a.b", "a.b.c.d", "é.é.é", "..", "e30.e30.e30"] {
        assert!(
            matches!(refusal(token), TokenError::Malformed(_)),
            "{token}"
        );
    }
    let twice = r#"{"iss":"devkey","exp":1800000600,"sub":"eve","sub":"alice"}"#;
    assert!(matches!(
        refusal(&forged(r#"{"alg":"HS256"}"#, twice)),
        TokenError::Malformed(_)
    ));
}

#[test]
fn cve_45_a_token_without_grant_opens_no_room() {
    let grant = |video| Claims { video, ..alice() }.room_to_join().map(|_| ());
    assert_eq!(grant(None), Err(GrantError::NoGrant));
    assert_eq!(
        grant(Some(VideoGrant::default())),
        Err(GrantError::NoRoomJoin)
    );
    let nowhere = VideoGrant {
        room_join: true,
        ..VideoGrant::default()
    };
    assert_eq!(grant(Some(nowhere)), Err(GrantError::NoRoom));
    let nobody = Claims {
        sub: String::new(),
        ..alice()
    };
    assert!(matches!(
        nobody.room_to_join(),
        Err(GrantError::Text { .. })
    ));
    let turned = Claims {
        sub: "\u{202E}ecila".into(),
        ..alice()
    };
    let told = turned.room_to_join().unwrap_err().to_string();
    assert!(
        told.starts_with("the identity (\"sub\") in the access token contains U+202E"),
        "{told}"
    );
    let pasted = Claims {
        name: "\u{202E}Alice\t".into(),
        ..alice()
    };
    assert!(pasted.room_to_join().is_ok(), "a name is cleaned");
}

proptest! {
    #[test]
    fn cve_28_a_changed_token_is_never_accepted(at in 0_usize..400, to in any::<u8>()) {
        let token = signed(&alice());
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = to;
        if let Ok(changed) = String::from_utf8(bytes) && changed.trim() != token {
            prop_assert!(verify(&changed, &keys(), NOW).is_err());
        }
    }

    #[test]
    fn cve_28_a_wrong_secret_is_never_accepted(secret in "[a-z]{32,64}") {
        let hers = ApiKeys::new([("devkey".to_owned(), secret)]).unwrap();
        let token = sign(&alice(), &hers, "devkey").unwrap();
        prop_assert_eq!(refusal(&token), TokenError::BadSignature);
    }

    #[test]
    fn cve_29_no_text_makes_the_reader_panic(token in any::<String>()) {
        prop_assert!(verify(&token, &keys(), NOW).is_err());
    }
}
