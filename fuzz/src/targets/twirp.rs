//! What server SDKs ask in JSON, and how it is answered.

use prost::Message;
use serde::de::DeserializeOwned;
use visio_livekit::json::{self, Answer};
use visio_livekit::limits::DATA_BYTES_MAX;
use visio_livekit::room_service::{
    self, CreateRoomRequest, DeleteRoomRequest, ListParticipantsRequest, ListRoomsRequest,
    MuteRoomTrackRequest, ParticipantInfo, Room, RoomParticipantIdentity, SendDataRequest,
    UpdateParticipantRequest, UpdateRoomMetadataRequest, UpdateSubscriptionsRequest,
};
use visio_protocol::limits::METADATA_BYTES_MAX;

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "twirp-json",
    seeds,
    check,
    share: 1,
};

const REQUESTS: [&str; 6] = [
    r#"{"name":"demo","emptyTimeout":"60","max_participants":3,"metadata":null,"tags":{"a":"b"}}"#,
    r#"{"room":"demo","identity":"bob","trackSid":"TR_AMabcdefghijkl","muted":true,"newer":[{}]}"#,
    r#"{"room":"demo","identity":"bob","permission":{"canPublishSources":["CAMERA",2]},"attributes":{"a":"b"}}"#,
    r#"{"room":"demo","identity":"bob","participantTracks":[{"trackSids":["TR_VCabcdefghijkl"]}]}"#,
    r#"{"room":"demo","data":"aGk=","kind":"LOSSY","destinationIdentities":["bob"],"topic":"tea"}"#,
    r#"{"names":["demo"],"revokeTokenTs":"1800000000"}"#,
];

fn seeds() -> Vec<Vec<u8>> {
    let room = json::read::<CreateRoomRequest>(REQUESTS[0].as_bytes()).unwrap_or_default();
    assert_eq!(room.empty_timeout, 60, "a valid request is among the seeds");
    let answers = [Room::default().json(), ParticipantInfo::default().json()];
    let requests = REQUESTS.map(|request| request.as_bytes().to_vec());
    let answers = answers.map(|answer| answer.to_string().into_bytes());
    requests.into_iter().chain(answers).collect()
}

/// What is read fits into the limits, says the same in protobuf, and answers are read as they were written.
fn check(input: &[u8]) {
    let created = read::<CreateRoomRequest>(input);
    if let Some(Ok(options)) = created.as_ref().map(room_service::room_options) {
        let metadata = options.metadata.unwrap_or_default();
        assert!(
            metadata.len() <= METADATA_BYTES_MAX,
            "metadata beyond the limit"
        );
    }
    if let Some(Ok((packet, _))) = same::<SendDataRequest>(input).map(room_service::data) {
        assert!(
            packet.len() <= DATA_BYTES_MAX + input.len(),
            "more is sent than was given"
        );
    }
    same::<UpdateParticipantRequest>(input).map(room_service::update_participant);
    same::<UpdateSubscriptionsRequest>(input).map(room_service::update_subscriptions);
    same::<DeleteRoomRequest>(input);
    same::<ListParticipantsRequest>(input);
    same::<ListRoomsRequest>(input);
    same::<MuteRoomTrackRequest>(input);
    same::<RoomParticipantIdentity>(input);
    same::<UpdateRoomMetadataRequest>(input);
    written_again::<Room>(input, |_| {});
    // Nobody has a data track: none is written.
    written_again::<ParticipantInfo>(input, |participant| participant.data_tracks.clear());
}

fn read<T: DeserializeOwned>(input: &[u8]) -> Option<T> {
    json::read(input).ok()
}

fn same<T: DeserializeOwned + Message + Default + PartialEq>(input: &[u8]) -> Option<T> {
    let request = read::<T>(input)?;
    let again = T::decode(request.encode_to_vec().as_slice());
    assert!(
        again.is_ok_and(|again| again == request),
        "another request in protobuf"
    );
    Some(request)
}

fn written_again<T: DeserializeOwned + Answer + PartialEq>(input: &[u8], change: impl Fn(&mut T)) {
    let Some(mut answer) = read::<T>(input) else {
        return;
    };
    change(&mut answer);
    let again = read::<T>(answer.json().to_string().as_bytes());
    assert!(again == Some(answer), "an answer is read as another");
}
