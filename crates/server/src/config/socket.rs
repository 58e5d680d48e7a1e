//! An address and a port, as a setting gives them.

use super::ConfigError;
use std::net::SocketAddr;

pub(super) fn socket(key: &str, text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError(format!(
            "{key} is \"{text}\": write an address and a port, such as 0.0.0.0:8080 or [::]:8080"
        ))
    })
}
