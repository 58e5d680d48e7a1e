//! RoomService's messages in JSON, as LiveKit's server reads and writes them: fields under their names of the
//! protocol, and written whether they are set or not.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use visio_protocol::wire::client_info::Capability;
use visio_protocol::wire::participant_info::{Kind, KindDetail, State};
use visio_protocol::wire::{
    AudioTrackFeature, BackupCodecPolicy, Codec, DeleteRoomResponse, DisconnectReason,
    ListParticipantsResponse, ListRoomsResponse, MuteRoomTrackResponse, PacketTrailerFeature,
    ParticipantInfo, ParticipantPermission, RemoveParticipantResponse, Room, SendDataResponse,
    SimulcastCodecInfo, TimedVersion, TrackInfo, TrackSource, TrackType,
    UpdateSubscriptionsResponse, VideoLayer, VideoQuality, encryption, video_layer,
};

/// Reads a request. Names may be written in either way, numbers as texts, and `null` is nothing.
///
/// # Errors
/// Says what is no such message.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    let mut value = serde_json::from_slice(body)?;
    drop_nulls(&mut value);
    serde_json::from_value(value)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// What RoomService answers with.
pub trait Answer: prost::Message {
    fn json(&self) -> Value;
}

macro_rules! empty_answers {
    ($($answer:ident),*) => {
        $(impl Answer for $answer {
            fn json(&self) -> Value {
                json!({})
            }
        })*
    };
}
empty_answers!(
    DeleteRoomResponse,
    RemoveParticipantResponse,
    UpdateSubscriptionsResponse,
    SendDataResponse
);

impl Answer for ListRoomsResponse {
    fn json(&self) -> Value {
        json!({ "rooms": all(&self.rooms, Room::json) })
    }
}

impl Answer for ListParticipantsResponse {
    fn json(&self) -> Value {
        json!({ "participants": all(&self.participants, ParticipantInfo::json) })
    }
}

impl Answer for MuteRoomTrackResponse {
    fn json(&self) -> Value {
        json!({ "track": self.track.as_ref().map(track) })
    }
}

impl Answer for Room {
    fn json(&self) -> Value {
        json!({
            "sid": self.sid,
            "name": self.name,
            "empty_timeout": self.empty_timeout,
            "departure_timeout": self.departure_timeout,
            "max_participants": self.max_participants,
            "creation_time": self.creation_time.to_string(),
            "creation_time_ms": self.creation_time_ms.to_string(),
            "turn_password": self.turn_password,
            "enabled_codecs": all(&self.enabled_codecs, codec),
            "metadata": self.metadata,
            "num_participants": self.num_participants,
            "num_publishers": self.num_publishers,
            "active_recording": self.active_recording,
            "version": self.version.as_ref().map(version),
        })
    }
}

impl Answer for ParticipantInfo {
    fn json(&self) -> Value {
        json!({
            "sid": self.sid,
            "identity": self.identity,
            "state": named(&self.state, State::as_str_name),
            "tracks": all(&self.tracks, track),
            "metadata": self.metadata,
            "joined_at": self.joined_at.to_string(),
            "joined_at_ms": self.joined_at_ms.to_string(),
            "name": self.name,
            "version": self.version,
            "permission": self.permission.as_ref().map(permission),
            "region": self.region,
            "is_publisher": self.is_publisher,
            "kind": named(&self.kind, Kind::as_str_name),
            "attributes": self.attributes,
            "disconnect_reason": named(&self.disconnect_reason, DisconnectReason::as_str_name),
            "kind_details": all(&self.kind_details, |one| named(one, KindDetail::as_str_name)),
            // Nobody has any: this server carries none.
            "data_tracks": [],
            "client_protocol": self.client_protocol,
            "capabilities": all(&self.capabilities, |one| named(one, Capability::as_str_name)),
        })
    }
}

#[expect(deprecated, reason = "LiveKit's server writes these too")]
fn permission(permission: &ParticipantPermission) -> Value {
    let sources = &permission.can_publish_sources;
    json!({
        "can_subscribe": permission.can_subscribe,
        "can_publish": permission.can_publish,
        "can_publish_data": permission.can_publish_data,
        "can_publish_sources": all(sources, |one| named(one, TrackSource::as_str_name)),
        "hidden": permission.hidden,
        "recorder": permission.recorder,
        "can_update_metadata": permission.can_update_metadata,
        "agent": permission.agent,
        "can_subscribe_metrics": permission.can_subscribe_metrics,
        "can_manage_agent_session": permission.can_manage_agent_session,
    })
}

#[expect(deprecated, reason = "LiveKit's server writes these too")]
fn track(track: &TrackInfo) -> Value {
    let (features, trailers) = (&track.audio_features, &track.packet_trailer_features);
    json!({
        "sid": track.sid,
        "type": named(&track.r#type, TrackType::as_str_name),
        "name": track.name,
        "muted": track.muted,
        "width": track.width,
        "height": track.height,
        "simulcast": track.simulcast,
        "disable_dtx": track.disable_dtx,
        "source": named(&track.source, TrackSource::as_str_name),
        "layers": all(&track.layers, layer),
        "mime_type": track.mime_type,
        "mid": track.mid,
        "codecs": all(&track.codecs, simulcast_codec),
        "stereo": track.stereo,
        "disable_red": track.disable_red,
        "encryption": named(&track.encryption, encryption::Type::as_str_name),
        "stream": track.stream,
        "version": track.version.as_ref().map(version),
        "audio_features": all(features, |one| named(one, AudioTrackFeature::as_str_name)),
        "backup_codec_policy": named(&track.backup_codec_policy, BackupCodecPolicy::as_str_name),
        "packet_trailer_features": all(trailers, |one| named(one, PacketTrailerFeature::as_str_name)),
    })
}

fn simulcast_codec(codec: &SimulcastCodecInfo) -> Value {
    json!({
        "mime_type": codec.mime_type,
        "mid": codec.mid,
        "cid": codec.cid,
        "layers": all(&codec.layers, layer),
        "video_layer_mode": named(&codec.video_layer_mode, video_layer::Mode::as_str_name),
        "sdp_cid": codec.sdp_cid,
    })
}

fn layer(layer: &VideoLayer) -> Value {
    json!({
        "quality": named(&layer.quality, VideoQuality::as_str_name),
        "width": layer.width,
        "height": layer.height,
        "bitrate": layer.bitrate,
        "ssrc": layer.ssrc,
        "spatial_layer": layer.spatial_layer,
        "rid": layer.rid,
        "repair_ssrc": layer.repair_ssrc,
    })
}

fn codec(codec: &Codec) -> Value {
    json!({ "mime": codec.mime, "fmtp_line": codec.fmtp_line })
}

fn version(version: &TimedVersion) -> Value {
    json!({ "unix_micro": version.unix_micro.to_string(), "ticks": version.ticks })
}

fn all<T>(items: &[T], one: impl Fn(&T) -> Value) -> Vec<Value> {
    items.iter().map(one).collect()
}

/// The name of a choice; the number of one that only newer clients know.
fn named<E: TryFrom<i32>>(number: &i32, name: impl Fn(&E) -> &'static str) -> Value {
    let known = E::try_from(*number);
    known.map_or_else(|_| json!(number), |known| json!(name(&known)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::value::Error;
    use serde::de::{Deserializer, Error as _, Visitor};
    use serde::forward_to_deserialize_any;
    use std::collections::BTreeSet;
    use visio_protocol::wire::{CreateRoomRequest, RoomParticipantIdentity, SendDataRequest};

    /// Learns the names under which a message is read.
    struct Names<'a>(&'a mut BTreeSet<String>);

    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("a message is a struct"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            self.0.extend(fields.iter().map(|&name| name.to_owned()));
            Err(Error::custom("the names are known"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn lower_camel(name: &str) -> String {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |camel, word| {
            camel + &word[..1].to_uppercase() + &word[1..]
        })
    }

    /// Every field that LiveKit's protocol has is written, set or not, and what is written says the same.
    fn whole<T>(written: &Value, message: &T)
    where
        T: DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let mut read = BTreeSet::new();
        assert!(T::deserialize(Names(&mut read)).is_err());
        let keys: BTreeSet<String> = written.as_object().unwrap().keys().cloned().collect();
        let both = keys
            .iter()
            .cloned()
            .chain(keys.iter().map(|key| lower_camel(key)));
        assert_eq!(both.collect::<BTreeSet<_>>(), read);
        assert_eq!(
            &super::read::<T>(written.to_string().as_bytes()).unwrap(),
            message
        );
    }

    fn whole_answer<T>(message: &T)
    where
        T: Answer + DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        whole(&message.json(), message);
    }

    #[test]
    fn what_is_not_set_is_written() {
        whole_answer(&ListRoomsResponse::default());
        whole_answer(&ListParticipantsResponse::default());
        whole_answer(&MuteRoomTrackResponse::default());
        whole_answer(&Room::default());
        whole_answer(&ParticipantInfo::default());
        whole(
            &permission(&Default::default()),
            &ParticipantPermission::default(),
        );
        whole(&track(&Default::default()), &TrackInfo::default());
        whole(
            &simulcast_codec(&Default::default()),
            &SimulcastCodecInfo::default(),
        );
        whole(&layer(&Default::default()), &VideoLayer::default());
        whole(&codec(&Default::default()), &Codec::default());
        whole(&version(&Default::default()), &TimedVersion::default());
    }

    #[test]
    fn what_is_set_is_read_as_it_was_written() {
        let room: Room = read(
            br#"{"sid":"RM_a","name":"demo","empty_timeout":1,"departure_timeout":2,"max_participants":3,
            "creation_time":"4","creation_time_ms":"5","turn_password":"p","metadata":"m","num_participants":6,
            "num_publishers":7,"active_recording":true,"enabled_codecs":[{"mime":"video/VP8","fmtp_line":"x"}],
            "version":{"unix_micro":"8","ticks":9}}"#,
        )
        .unwrap();
        assert_eq!((room.creation_time, room.creation_time_ms), (4, 5));
        whole_answer(&room);
        let alice: ParticipantInfo = read(
            br#"{"sid":"PA_a","identity":"alice","state":"ACTIVE","metadata":"m","joined_at":"1","joined_at_ms":"2",
            "name":"Alice","version":3,"region":"r","is_publisher":true,"kind":"AGENT","attributes":{"a_b":"c_d"},
            "disconnect_reason":"MIGRATION","kind_details":["CLOUD_AGENT"],"client_protocol":4,
            "capabilities":["CAP_PACKET_TRAILER"],
            "permission":{"can_subscribe":true,"can_publish":true,"can_publish_data":true,"hidden":true,
            "can_publish_sources":["MICROPHONE"],"recorder":true,"can_update_metadata":true,"agent":true,
            "can_subscribe_metrics":true,"can_manage_agent_session":true},
            "tracks":[{"sid":"TR_a","type":"VIDEO","name":"n","muted":true,"width":1,"height":2,"simulcast":true,
            "disable_dtx":true,"source":"CAMERA","mime_type":"video/VP8","mid":"0","stereo":true,
            "disable_red":true,"encryption":"GCM","stream":"s","version":{"unix_micro":"3","ticks":4},
            "audio_features":["TF_STEREO"],"backup_codec_policy":"SIMULCAST",
            "packet_trailer_features":["PTF_USER_TIMESTAMP"],
            "layers":[{"quality":"HIGH","width":5,"height":6,"bitrate":7,"ssrc":8,"spatial_layer":9,"rid":"f",
            "repair_ssrc":10}],
            "codecs":[{"mime_type":"video/VP8","mid":"1","cid":"c","video_layer_mode":"ONE_SPATIAL_LAYER_PER_STREAM",
            "sdp_cid":"d","layers":[{"quality":"OFF"}]}]}]}"#,
        )
        .unwrap();
        assert_eq!(alice.attributes["a_b"], "c_d");
        whole_answer(&alice);
        whole(&track(&alice.tracks[0]), &alice.tracks[0]);
        whole_answer(&ListParticipantsResponse {
            participants: vec![alice],
        });
    }

    #[test]
    fn what_only_newer_clients_know_is_written_as_its_number() {
        let newer = ParticipantInfo {
            capabilities: vec![1, 4_711],
            ..ParticipantInfo::default()
        };
        assert_eq!(newer.json()["capabilities"][1], 4_711);
    }

    #[test]
    fn requests_are_read_in_every_way_in_which_they_may_be_written() {
        for body in [
            r#"{"name":"demo","empty_timeout":60,"max_participants":3}"#,
            r#"{"name":"demo","emptyTimeout":60,"maxParticipants":3}"#,
            r#"{"name":"demo","empty_timeout":"60","maxParticipants":"3"}"#,
            r#"{"name":"demo","emptyTimeout":60,"maxParticipants":3,"metadata":null,"agents":null,"egress":null}"#,
            r#"{"name":"demo","emptyTimeout":60,"maxParticipants":3,"newer":{"than":["this"]}}"#,
        ] {
            let request: CreateRoomRequest = read(body.as_bytes()).unwrap();
            let read = (
                request.name.as_str(),
                request.empty_timeout,
                request.max_participants,
            );
            assert_eq!(read, ("demo", 60, 3), "{body}");
        }
        for (body, at) in [
            (r#"{"revokeTokenTs":"1800000000"}"#, 1_800_000_000),
            (r#"{"revoke_token_ts":1800000000}"#, 1_800_000_000),
            (r#"{"revoke_token_ts":null}"#, 0),
        ] {
            let request: RoomParticipantIdentity = read(body.as_bytes()).unwrap();
            assert_eq!(request.revoke_token_ts, at, "{body}");
        }
        let said: SendDataRequest =
            read(br#"{"data":"aGk=","kind":"LOSSY","topic":null}"#).unwrap();
        assert_eq!(
            (said.data.as_slice(), said.kind, said.topic),
            (&b"hi"[..], 1, None)
        );
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "7",
            r#"{"name":7}"#,
            r#"{"empty_timeout":"x"}"#,
        ] {
            assert!(
                read::<CreateRoomRequest>(body.as_bytes()).is_err(),
                "{body}"
            );
        }
    }
}
