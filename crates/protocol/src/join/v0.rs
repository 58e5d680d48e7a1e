//! The query of `/rtc`, whose parameters are texts and flags.

use super::{ClientInfo, ConnectionMode, Join, JoinError, Resume};
use crate::ids::ParticipantSid;
use crate::wire;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::collections::BTreeMap;

/// Url-safe base64 with or without padding: clients differ.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn read(query: &BTreeMap<String, String>) -> Result<Join, JoinError> {
    let text = |name: &str| query.get(name).map_or("", String::as_str);
    let flag = |name: &str| match text(name) {
        "" => None,
        value => Some(matches!(value, "1" | "true" | "t" | "TRUE" | "True")),
    };
    Ok(Join {
        mode: ConnectionMode::Dual,
        auto_subscribe: flag("auto_subscribe").unwrap_or(true),
        client: client(&text),
        resume: flag("reconnect").unwrap_or(false).then(|| Resume {
            sid: ParticipantSid::parse(text("sid")),
            reason: reason(text("reconnect_reason")),
        }),
        metadata: String::new(),
        attributes: attributes(text("attributes"))?,
        publisher_offer: None,
        add_tracks: Vec::new(),
        sync_state: None,
    })
}

fn client<'a>(text: &impl Fn(&str) -> &'a str) -> ClientInfo {
    let number = |name: &str| text(name).parse().unwrap_or_default();
    let own = |name: &str| text(name).to_owned();
    ClientInfo {
        sdk: if text("sdk").is_empty() {
            "unknown".to_owned()
        } else {
            own("sdk")
        },
        version: own("version"),
        protocol: number("protocol"),
        client_protocol: number("client_protocol"),
        capabilities: text("capabilities")
            .split(',')
            .filter_map(capability)
            .collect(),
        os: own("os"),
        os_version: own("os_version"),
        browser: own("browser"),
        browser_version: own("browser_version"),
        device_model: own("device_model"),
        network: own("network"),
    }
    .clipped()
}

/// A capability as its number or its name.
fn capability(text: &str) -> Option<i32> {
    let named = wire::client_info::Capability::from_str_name;
    text.parse().ok().or_else(|| named(text).map(i32::from))
}

fn reason(text: &str) -> wire::ReconnectReason {
    let number = text.parse::<i32>().unwrap_or_default();
    wire::ReconnectReason::try_from(number).unwrap_or(wire::ReconnectReason::RrUnknown)
}

fn attributes(text: &str) -> Result<BTreeMap<String, String>, JoinError> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    let json = BASE64.decode(text).map_err(|_| JoinError::Attributes)?;
    serde_json::from_slice(&json).map_err(|_| JoinError::Attributes)
}
