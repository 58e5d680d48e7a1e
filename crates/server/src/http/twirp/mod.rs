//! LiveKit's RoomService (TwirP): what server SDKs call, in protobuf or JSON.
//!
//! One function per operation; each reads its right from the token, then either looks at the media
//! side or hands it a command, which `visio-meeting` authorises like any other.

mod authorise;
mod call;
mod command;
mod error;
mod look;
mod send_data;

use crate::state::AppState;
use axum::Router;
use axum::routing::{MethodRouter, post};
use call::{Call, Message};
use error::TwirpError;
use visio_protocol::token::Claims;

/// The operations, in one table.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(
            "/twirp/livekit.RoomService/ListRooms",
            operation(look::list_rooms),
        )
        .route(
            "/twirp/livekit.RoomService/ListParticipants",
            operation(look::list_participants),
        )
        .route(
            "/twirp/livekit.RoomService/GetParticipant",
            operation(look::get_participant),
        )
        .route(
            "/twirp/livekit.RoomService/CreateRoom",
            operation(look::create_room),
        )
        .route(
            "/twirp/livekit.RoomService/DeleteRoom",
            operation(command::delete_room),
        )
        .route(
            "/twirp/livekit.RoomService/RemoveParticipant",
            operation(command::remove),
        )
        .route(
            "/twirp/livekit.RoomService/MutePublishedTrack",
            operation(command::mute_track),
        )
        .route(
            "/twirp/livekit.RoomService/UpdateParticipant",
            operation(command::update_participant),
        )
        .route(
            "/twirp/livekit.RoomService/UpdateSubscriptions",
            operation(command::update_subscriptions),
        )
        .route(
            "/twirp/livekit.RoomService/UpdateRoomMetadata",
            operation(command::update_room_metadata),
        )
        .route(
            "/twirp/livekit.RoomService/SendData",
            operation(send_data::send_data),
        )
        .route("/twirp/{service}/{operation}", post(bad_route))
}

/// Reads the request, checks the token's signature and writes the answer in the form it came in.
fn operation<Request, Answer, Work, Working>(work: Work) -> MethodRouter<AppState>
where
    Request: Message,
    Answer: Message,
    Work: Fn(AppState, Claims, Request) -> Working + Clone + Send + Sync + 'static,
    Working: Future<Output = Result<Answer, TwirpError>> + Send + 'static,
{
    post(async move |call: Call| call.answer(work).await)
}

async fn bad_route() -> TwirpError {
    TwirpError::bad_route()
}

#[cfg(test)]
mod tests;
