//! `POST /api/v1/rooms/{code}/join`: a guest gives a name and gets the token for the call.

use super::Rooms;
use crate::clock;
use crate::entropy::random_bytes;
use crate::http::address::{BaseUrl, ClientAddress};
use crate::http::bearer::Bearer;
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::typed_code::TypedCode;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use visio_protocol::data::LANGUAGE_ATTRIBUTE;
use visio_protocol::text;
use visio_protocol::token::{self, Claims, VideoGrant};
use visio_speech::Language;

/// A working day: the token is renewed over the WebSocket while the call goes on.
const TOKEN_LIFETIME_S: i64 = 6 * 3600;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// What others see, 1 to 64 characters.
    name: String,
    /// Code of the language you speak, one of those in the configuration; null: it is detected.
    #[serde(default)]
    language: Option<String>,
    /// Who you were before you lost the line; needs your former token as bearer.
    #[serde(default)]
    identity: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Joined {
    /// Where LiveKit's client connects to.
    signal_url: String,
    token: String,
    identity: String,
}

/// Lets a guest into a room.
#[utoipa::path(post, path = "/api/v1/rooms/{code}/join", tag = "rooms", request_body = Join,
    params(("code" = String, Path, description = "Spaces, capitals and missing dashes are forgiven")),
    responses(
        (status = 200, body = Joined),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "Unknown and malformed codes alike"),
        (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "The name or language cannot be used"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn join_room(
    State(rooms): State<Rooms>,
    ClientAddress(address): ClientAddress,
    base: BaseUrl,
    TypedCode(typed): TypedCode,
    bearer: Bearer,
    JsonBody(join): JsonBody<Join>,
) -> Result<Json<Joined>, ApiError> {
    let now_ms = clock::now_unix_ms();
    let room = rooms.opened_by(&typed, address).await?;
    rooms
        .limits
        .join
        .take_for(address, &room.id, now_ms)
        .map_err(ApiError::too_many_requests)?;
    // Who is let in may start a transcript: it must not be written where nobody finds it again.
    rooms.database.check_kept()?;
    let name = text::display_name(&join.name)?;
    let language = checked_language(join.language)?;
    let kept = join
        .identity
        .filter(|identity| is_theirs(&rooms, &bearer, identity, &room.id));
    let identity = kept.unwrap_or_else(new_identity);
    let claims = claims(&room.id, &identity, name, language, clock::now_unix_s());
    Ok(Json(Joined {
        signal_url: base.signal(),
        token: sign(&rooms, &claims)?,
        identity,
    }))
}

fn checked_language(language: Option<String>) -> Result<Option<String>, ApiError> {
    let tag = language.filter(|tag| !tag.is_empty());
    let language = tag.map(|tag| Language::parse(&tag).ok_or_else(ApiError::language_refused));
    Ok(language
        .transpose()?
        .map(|language| language.code().to_owned()))
}

/// Whether the bearer was that participant of that room, by a token of ours that still holds.
fn is_theirs(rooms: &Rooms, Bearer(former): &Bearer, identity: &str, room: &str) -> bool {
    token::verify(former, &rooms.keys, clock::now_unix_s()).is_ok_and(|claims| {
        claims.sub == identity && claims.video.is_some_and(|grant| grant.room == room)
    })
}

/// 96 random bits: nobody can take the place of somebody else by guessing who they are.
fn new_identity() -> String {
    random_bytes::<12>()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn claims(
    room: &str,
    identity: &str,
    name: String,
    language: Option<String>,
    now_s: i64,
) -> Claims {
    let grant = VideoGrant {
        room_join: true,
        room: room.to_owned(),
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        can_update_own_metadata: Some(true),
        ..VideoGrant::default()
    };
    let language = language.map(|code| (LANGUAGE_ATTRIBUTE.to_owned(), code));
    // Without `nbf`: a clock that is set back would make the token worthless until then.
    Claims {
        sub: identity.to_owned(),
        exp: Some(now_s + TOKEN_LIFETIME_S),
        name,
        attributes: BTreeMap::from_iter(language),
        guest: true,
        video: Some(grant),
        ..Claims::default()
    }
}

fn sign(rooms: &Rooms, claims: &Claims) -> Result<String, ApiError> {
    let key = rooms.keys.first().unwrap_or_default();
    token::sign(claims, &rooms.keys, key).map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use crate::app::testing::Server;
    use crate::storage::meetings;
    use serde_json::json;
    use visio_protocol::names::RoomName;
    use visio_protocol::token;

    #[tokio::test]
    async fn bob_joins_by_name_and_may_speak_and_hear() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        let bob = server
            .join(&code, &json!({"name": " Bob ", "language": "fr"}))
            .await;
        assert_eq!(bob.status, 200);
        assert_eq!(bob.body["signal_url"], server.url().replace("http", "ws"));
        let claims = server.claims(&bob.body["token"]);
        assert_eq!(claims.name, "Bob");
        assert_eq!(bob.body["identity"], claims.sub);
        assert_eq!(claims.attributes["visio.language"], "fr");
        let grant = claims.video.unwrap();
        assert!(grant.room_join && grant.may_publish() && grant.may_subscribe());
        assert!(!grant.room_admin && !grant.room_create && !grant.room_list);
        assert!(
            !code.contains(&grant.room),
            "the token does not hold the code of the room"
        );
        assert!(claims.exp.unwrap() > crate::clock::now_unix_s() + 5 * 3600);
    }

    #[tokio::test]
    async fn asking_to_join_opens_no_meeting_and_no_transcript() {
        let server = Server::start_with(|s| s.transcripts.default = "on".to_owned()).await;
        let code = server.make_room("Team").await;
        let bob = server.join(&code, &json!({"name": "Bob"})).await;
        let given: Vec<_> = bob.body.as_object().unwrap().keys().collect();
        assert_eq!(given, ["identity", "signal_url", "token"]);
        let headers = [("authorization", format!("Bearer {}", bob.token()))];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let asked = server.send("GET", "/api/v1/meeting/transcript", &headers, "");
        let asked = asked.await;
        assert_eq!((asked.status, asked.error_code()), (403, "not_in_meeting"));
        let room = RoomName::new(server.claims(&bob.body["token"]).video.unwrap().room);
        let next = meetings::open_or_find(&server.app.database, &room, 7).await;
        assert_eq!(next.unwrap().started_at_ms, 7, "there was none before");
    }

    #[tokio::test]
    async fn bob_comes_back_as_himself_and_eve_cannot_come_as_bob() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        let bob = server.join(&code, &json!({"name": "Bob"})).await;
        let again = json!({"name": "Bob", "identity": bob.body["identity"]});
        let back = server
            .join_as(&code, &again, bob.body["token"].as_str().unwrap())
            .await;
        assert_eq!(back.body["identity"], bob.body["identity"]);

        let eve = server.join(&code, &json!({"name": "Eve"})).await;
        let eves = eve.body["token"].as_str().unwrap();
        for token in ["", "nonsense", eves] {
            let taken = server.join_as(&code, &again, token).await;
            assert_eq!(taken.status, 200);
            assert_ne!(taken.body["identity"], bob.body["identity"]);
        }
        let elsewhere = server.make_room("Other").await;
        let bobs = bob.body["token"].as_str().unwrap();
        let moved = server.join_as(&elsewhere, &again, bobs).await;
        assert_ne!(moved.body["identity"], bob.body["identity"]);
    }

    #[tokio::test]
    async fn bob_stays_himself_when_the_clock_of_the_server_is_set_back_or_forward() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        let bob = server.join(&code, &json!({"name": "Bob"})).await;
        let now_s = crate::clock::now_unix_s();
        let token = bob.body["token"].as_str().unwrap();
        for seconds in [-86_400, -3_600, -30, 30, 3_600] {
            let claims = token::verify(token, &server.app.keys, now_s + seconds);
            assert!(claims.is_ok(), "{seconds} s: {claims:?}");
        }
        let tomorrow = token::verify(token, &server.app.keys, now_s + 86_400);
        assert!(tomorrow.is_err());
    }

    #[tokio::test]
    async fn names_and_languages_that_cannot_be_used_are_refused_with_a_reason() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        let cases = [
            (json!({"name": "  "}), "name_refused"),
            (json!({"name": "\u{202E}\u{200B}"}), "name_refused"),
            (json!({"name": "\t\n"}), "name_refused"),
            (json!({"name": "\u{3164}\u{2800}"}), "name_refused"),
            (json!({"name": "x".repeat(65)}), "name_refused"),
            (
                json!({"name": "Eve", "language": "french"}),
                "language_refused",
            ),
        ];
        for (body, code_expected) in cases {
            let refused = server.join(&code, &body).await;
            assert_eq!(
                (refused.status, refused.error_code()),
                (422, code_expected),
                "{body}"
            );
        }
        let hidden = server.join(&code, &json!({"name": "Ali\u{202E}ce"})).await;
        assert_eq!(server.claims(&hidden.body["token"]).name, "Alice");
    }

    #[tokio::test]
    async fn a_name_that_joins_opens_the_door_too() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        for (typed, name) in [
            ("👩‍👩‍👧", "👩‍👩‍👧"),
            ("علی‌رضا", "علی‌رضا"),
            ("Bob\u{3164}\u{034F}", "Bob"),
            ("Alice\tSmith", "Alice Smith"),
            ("שרה\u{200F}", "שרה"),
            ("അനില്‍", "അനില്‍"),
        ] {
            let joined = server.join(&code, &json!({"name": typed})).await;
            let claims = server.claims(&joined.body["token"]);
            assert_eq!(claims.name, name);
            assert!(claims.room_to_join().is_ok(), "{typed}");
        }
    }

    #[tokio::test]
    async fn every_language_that_is_offered_is_taken() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        for language in visio_speech::Language::all().map(visio_speech::Language::code) {
            let bob = server
                .join(&code, &json!({"name": "Bob", "language": language}))
                .await;
            let claims = server.claims(&bob.body["token"]);
            assert_eq!(claims.attributes["visio.language"], language);
        }
        let unknown = server
            .join(&code, &json!({"name": "Bob", "language": "jp"}))
            .await;
        assert_eq!(unknown.error_code(), "language_refused");
    }

    #[tokio::test]
    async fn a_stranger_learns_nothing_from_a_wrong_code() {
        let server = Server::start().await;
        let wrong = crate::codes::Code::random().to_string();
        for code in [wrong.as_str(), "x"] {
            let refused = server.join(code, &json!({"name": "Eve"})).await;
            assert_eq!(
                (refused.status, refused.error_code()),
                (404, "room_not_found")
            );
        }
    }

    #[tokio::test]
    async fn the_token_is_worth_nothing_under_another_key() {
        let server = Server::start().await;
        let code = server.make_room("Team").await;
        let bob = server.join(&code, &json!({"name": "Bob"})).await;
        let secret = "another secret of thirty-two characters";
        let others = token::ApiKeys::new([("test".to_owned(), secret.to_owned())]).unwrap();
        let now = crate::clock::now_unix_s();
        assert!(token::verify(bob.body["token"].as_str().unwrap(), &others, now).is_err());
    }
}
