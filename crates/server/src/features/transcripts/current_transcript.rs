//! `GET /api/v1/meeting/transcript`: whether the meeting that one is in keeps a transcript.

use super::Transcripts;
use crate::http::bearer::Bearer;
use crate::http::error::{ApiError, ErrorBody};
use crate::storage::transcripts as rows;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct CurrentTranscript {
    /// Whether what is said is being kept.
    kept: bool,
    /// Opens the transcript, for this participant; null where none was started in this meeting.
    #[schema(required)]
    transcript: Option<String>,
}

/// Says whether a transcript is kept, and gives the code that opens it.
#[utoipa::path(get, path = "/api/v1/meeting/transcript", tag = "transcripts",
    security(("participant" = [])),
    responses(
        (status = 200, body = CurrentTranscript),
        (status = 401, body = ErrorBody, description = "No token of a call, or one that has expired"),
        (status = 403, body = ErrorBody, description = "You are not in the meeting"),
    ))]
pub(crate) async fn current_transcript(
    State(transcripts): State<Transcripts>,
    bearer: Bearer,
) -> Result<Json<CurrentTranscript>, ApiError> {
    let caller = transcripts.caller(&bearer).await?;
    let transcript = match &caller.presence.meeting {
        Some(meeting) if rows::exists(&transcripts.database, meeting).await? => {
            Some(transcripts.grant(&caller, meeting).await?.to_string())
        }
        _ => None,
    };
    Ok(Json(CurrentTranscript {
        kept: caller.presence.is_transcript_kept,
        transcript,
    }))
}

#[cfg(test)]
mod tests {
    use crate::app::testing::{Answer, Server};
    use crate::clock;
    use crate::storage::{lines, meetings};
    use serde_json::json;
    use visio_protocol::names::{Identity, RoomName, SegmentId};
    use visio_protocol::token::{Claims, VideoGrant};

    const CURRENT: &str = "/api/v1/meeting/transcript";

    /// A server with one room, and the ways of its people.
    struct Story {
        server: Server,
        code: String,
    }

    impl Story {
        async fn begin() -> Self {
            let server = Server::start().await;
            let code = server.make_room("Team").await;
            Self { server, code }
        }

        /// The token of somebody at the door.
        async fn token(&self, name: &str) -> String {
            let joined = self.server.join(&self.code, &json!({"name": name})).await;
            joined.token().to_owned()
        }

        async fn read(&self, transcript: &str, token: &str) -> Answer {
            let path = format!("/api/v1/transcripts/{transcript}");
            self.server.ask_as("GET", &path, token).await
        }

        fn room(&self, token: &str) -> RoomName {
            RoomName::new(self.server.claims(&json!(token)).video.unwrap().room)
        }

        /// A line of the meeting that goes on in the room.
        async fn say(&self, token: &str, text: &str) {
            let (database, room) = (&self.server.app.database, self.room(token));
            let meeting = meetings::current(database, &room).await.unwrap().unwrap();
            let now_ms = clock::now_unix_ms();
            let line = lines::NewLine {
                meeting: meeting.id,
                segment: SegmentId::new(text),
                identity: Identity::new("alice"),
                name: "Alice".to_owned(),
                track: "TR_1".to_owned(),
                started_at_ms: now_ms,
                ended_at_ms: now_ms,
                language: "en".to_owned(),
                text: text.to_owned(),
            };
            lines::insert(database, &[line]).await.unwrap();
        }

        /// What an application's server asks with its API key.
        async fn administer(&self, operation: &str, room: &str, body: &serde_json::Value) {
            let grant = VideoGrant {
                room_admin: true,
                room_create: true,
                room: room.to_owned(),
                ..VideoGrant::default()
            };
            let token = self.server.sign(&Claims {
                video: Some(grant),
                ..Claims::default()
            });
            let bearer = format!("Bearer {token}");
            let headers = [
                ("content-type", "application/json"),
                ("authorization", bearer.as_str()),
            ];
            let path = format!("/twirp/livekit.RoomService/{operation}");
            let server = &self.server;
            let done = server
                .send("POST", &path, &headers, &body.to_string())
                .await;
            assert_eq!(done.status, 200, "{}", done.text);
        }
    }

    #[tokio::test]
    async fn who_only_has_the_link_gets_no_code_and_starts_nothing() {
        let story = Story::begin().await;
        let alices = story.token("Alice").await;
        let _alice = story.server.enter(&alices).await;
        let spys = story.token("Eve").await;
        for method in ["GET", "POST", "DELETE"] {
            for (token, status, code) in [
                (spys.as_str(), 403, "not_in_meeting"),
                ("", 401, "token_refused"),
                ("nonsense", 401, "token_refused"),
            ] {
                let refused = story.server.ask_as(method, CURRENT, token).await;
                assert_eq!((refused.status, refused.error_code()), (status, code));
            }
        }
        let alices = story.server.ask_as("GET", CURRENT, &alices).await;
        assert_eq!(alices.body, json!({"kept": false, "transcript": null}));
    }

    #[tokio::test]
    async fn of_a_room_that_only_a_token_names_nothing_is_kept_and_nobody_is_told_so() {
        let server = Server::start().await;
        let grant = VideoGrant {
            room_join: true,
            room: "made up".to_owned(),
            ..VideoGrant::default()
        };
        let alices = server.sign(&Claims {
            sub: "alice".to_owned(),
            video: Some(grant),
            ..Claims::default()
        });
        let _alice = server.enter(&alices).await;
        for method in ["POST", "DELETE"] {
            let refused = server.ask_as(method, CURRENT, &alices).await;
            let answer = (refused.status, refused.error_code());
            assert_eq!(answer, (409, "cannot_be_kept"), "{method}");
        }
        let current = server.ask_as("GET", CURRENT, &alices).await;
        assert_eq!(current.body, json!({"kept": false, "transcript": null}));
    }

    #[tokio::test]
    async fn alice_starts_a_transcript_and_everybody_there_reads_it_by_a_code_of_their_own() {
        let story = Story::begin().await;
        let (alices, bobs) = (story.token("Alice").await, story.token("Bob").await);
        let _alice = story.server.enter(&alices).await;
        let _bob = story.server.enter(&bobs).await;
        let started = story.server.ask_as("POST", CURRENT, &alices).await;
        assert_eq!(started.status, 200, "{}", started.text);
        assert!(started.body["deletion_code"].is_string());
        let again = story.server.ask_as("POST", CURRENT, &bobs).await;
        assert_eq!(again.body["deletion_code"], json!(null), "Alice started it");
        let bob = story.server.ask_as("GET", CURRENT, &bobs).await;
        assert_eq!(bob.body["kept"], true);
        assert_ne!(bob.body["transcript"], started.body["transcript"]);
        story.say(&bobs, "Good morning").await;
        let code = bob.body["transcript"].as_str().unwrap();
        let read = story.read(code, &bobs).await;
        assert_eq!(read.body["lines"][0]["text"], "Good morning");
        assert_eq!(read.body["reads"], 1);
        let stopped = story.server.ask_as("DELETE", CURRENT, &bobs).await;
        assert_eq!(stopped.status, 204);
        story.say(&bobs, "Off the record").await;
        let read = story.read(code, &bobs).await;
        assert_eq!(read.body["lines"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_transcript_that_is_written_is_read_by_those_in_the_meeting_alone() {
        let story = Story::begin().await;
        let (alices, bobs) = (story.token("Alice").await, story.token("Bob").await);
        let _alice = story.server.enter(&alices).await;
        let bob = story.server.enter(&bobs).await;
        story.server.ask_as("POST", CURRENT, &alices).await;
        let given = story.server.ask_as("GET", CURRENT, &bobs).await;
        let code = given.body["transcript"].as_str().unwrap();
        assert_eq!(story.read(code, &bobs).await.status, 200);
        drop(bob);
        let elsewhere = Story {
            code: story.server.make_room("Other").await,
            server: story.server,
        };
        let eves = elsewhere.token("Eve").await;
        let _eve = elsewhere.server.enter(&eves).await;
        for token in [eves.as_str(), "", "nonsense"] {
            let refused = elsewhere.read(code, token).await;
            let answer = (refused.status, refused.error_code());
            assert_eq!(answer, (403, "meeting_goes_on"));
        }
        let room = elsewhere.room(&alices);
        elsewhere
            .administer("DeleteRoom", &room, &json!({"room": *room}))
            .await;
        let mut read = elsewhere.read(code, "").await;
        while read.error_code() == "meeting_goes_on" {
            read = elsewhere.read(code, "").await;
        }
        assert_eq!(read.status, 200, "it is over: {}", read.text);
    }

    #[tokio::test]
    async fn dave_is_removed_and_reads_nothing_then_or_later() {
        let story = Story::begin().await;
        let (alices, daves) = (story.token("Alice").await, story.token("Dave").await);
        let _alice = story.server.enter(&alices).await;
        let _dave = story.server.enter(&daves).await;
        story.server.ask_as("POST", CURRENT, &alices).await;
        let given = story.server.ask_as("GET", CURRENT, &daves).await;
        let code = given.body["transcript"].as_str().unwrap();
        assert_eq!(story.read(code, &daves).await.status, 200, "he is there");
        let room = story.room(&daves);
        let identity = story.server.claims(&json!(daves)).sub;
        let dave = json!({"room": *room, "identity": identity});
        story.administer("RemoveParticipant", &room, &dave).await;
        story.say(&alices, "Dave is gone").await;
        let mut read = story.read(code, &daves).await;
        assert_ne!(read.status, 200);
        story
            .administer("DeleteRoom", &room, &json!({"room": *room}))
            .await;
        while read.error_code() == "meeting_goes_on" {
            read = story.read(code, &daves).await;
        }
        assert_eq!(
            (read.status, read.error_code()),
            (404, "transcript_not_found")
        );
    }

    #[tokio::test]
    async fn yesterdays_guest_reads_nothing_of_todays_meeting() {
        let story = Story::begin().await;
        let yesterdays = story.token("Carol").await;
        let _carol = story.server.enter(&yesterdays).await;
        story.server.ask_as("POST", CURRENT, &yesterdays).await;
        story.say(&yesterdays, "yesterday").await;
        let given = story.server.ask_as("GET", CURRENT, &yesterdays).await;
        let code = given.body["transcript"].as_str().unwrap();
        let room = story.room(&yesterdays);
        story
            .administer("DeleteRoom", &room, &json!({"room": *room}))
            .await;
        let database = &story.server.app.database;
        while meetings::current(database, &room).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
        // Asking to join changes nothing.
        story.token("Carol").await;
        assert_eq!(meetings::current(database, &room).await.unwrap(), None);
        let todays = story.token("Alice").await;
        let _alice = story.server.enter(&todays).await;
        story.server.ask_as("POST", CURRENT, &todays).await;
        story.say(&todays, "today").await;
        let read = story.read(code, "").await;
        assert_eq!(read.status, 200);
        let lines = read.body["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["text"], "yesterday");
    }
}
