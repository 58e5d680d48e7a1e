//! The `join_request` of `/rtc/v1`: base64 of a protobuf that may hold gzip of another.

use super::v0::BASE64;
use super::{ClientInfo, ConnectionMode, Join, JoinError, Offer, Resume};
use crate::ids::ParticipantSid;
use crate::limits::{JOIN_PARAMETER_BYTES_MAX, JOIN_REQUEST_BYTES_MAX};
use crate::wire;
use crate::wire::wrapped_join_request::Compression;
use base64::Engine as _;
use flate2::read::GzDecoder;
use prost::Message as _;
use std::io::Read as _;

pub(super) fn read(parameter: &str) -> Result<Join, JoinError> {
    if parameter.is_empty() {
        return Err(JoinError::Missing);
    }
    if parameter.len() > JOIN_PARAMETER_BYTES_MAX {
        return Err(JoinError::TooLong(parameter.len()));
    }
    let wrapped = BASE64.decode(parameter).map_err(|_| JoinError::NotBase64)?;
    let wrapped = wire::WrappedJoinRequest::decode(wrapped.as_slice());
    let wrapped = wrapped.map_err(|_| JoinError::NotProtobuf)?;
    let request = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => wrapped.join_request,
        Ok(Compression::Gzip) => inflate(&wrapped.join_request)?,
        Err(_) => return Err(JoinError::UnknownCompression),
    };
    let request = wire::JoinRequest::decode(request.as_slice());
    Ok(join(request.map_err(|_| JoinError::NotProtobuf)?))
}

/// Reads one byte more than is allowed, which tells a bomb from a request that just fits.
pub(super) fn inflate(gzip: &[u8]) -> Result<Vec<u8>, JoinError> {
    let mut inflated = Vec::new();
    let limit = JOIN_REQUEST_BYTES_MAX as u64 + 1;
    GzDecoder::new(gzip)
        .take(limit)
        .read_to_end(&mut inflated)
        .map_err(|_| JoinError::NotGzip)?;
    if inflated.len() > JOIN_REQUEST_BYTES_MAX {
        return Err(JoinError::Bomb);
    }
    Ok(inflated)
}

fn join(request: wire::JoinRequest) -> Join {
    let reason = request.reconnect_reason();
    let settings = request
        .connection_settings
        .unwrap_or(wire::ConnectionSettings {
            auto_subscribe: true,
            ..wire::ConnectionSettings::default()
        });
    Join {
        mode: ConnectionMode::Single,
        auto_subscribe: settings.auto_subscribe,
        client: client(request.client_info.unwrap_or_default()),
        resume: request.reconnect.then(|| Resume {
            sid: ParticipantSid::parse(&request.participant_sid),
            reason,
        }),
        metadata: request.metadata,
        attributes: request.participant_attributes.into_iter().collect(),
        publisher_offer: request.publisher_offer.map(|offer| Offer {
            id: offer.id,
            sdp: offer.sdp,
        }),
        add_tracks: request.add_track_requests,
        sync_state: request.sync_state.map(Box::new),
    }
}

fn client(info: wire::ClientInfo) -> ClientInfo {
    let sdk = info.sdk().as_str_name().to_lowercase().replace('_', "");
    ClientInfo {
        sdk,
        version: info.version,
        protocol: info.protocol,
        client_protocol: info.client_protocol,
        capabilities: info.capabilities,
        os: info.os,
        os_version: info.os_version,
        browser: info.browser,
        browser_version: info.browser_version,
        device_model: info.device_model,
        network: info.network,
    }
    .clipped()
}
