//! Settings: read once at the edge from file, environment and flags, then turned into plain values.

mod environment;
mod given;
mod host;
mod livekit;
mod load;
mod operator;
mod plan;
mod proxies;
mod reference;
mod settings;
mod socket;
mod tls;
mod turn;

pub use host::is_host;
pub use load::{Flags, Origins, load};
pub use operator::{Logo, OperatorPlan};
pub use plan::{
    CaptionsPlan, HttpPlan, LogFormat, LogPlan, MediaPlan, Plan, generated_key_file, plan,
};
pub use proxies::TrustedProxies;
pub use reference::{markdown, printed};
pub use settings::Settings;
pub use tls::{AcmePlan, ExternalAccount, TlsPlan};
pub use turn::TurnPlan;

/// What is wrong with the settings and what to do about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);
