//! A certificate from an authority (ACME, RFC 8555): ordered, kept in the data folder and renewed.

mod account;
mod attempt;
mod authority;
mod client;
mod failure;
mod keeper;
mod order;
mod schedule;
mod store;

use std::path::{Path, PathBuf};

pub(crate) use attempt::last_failure;
pub(crate) use authority::reach;
pub(crate) use keeper::{Keeper, Standing};
pub(crate) use store::pair;

/// Who reaches these files can take the place of this server.
pub(crate) fn secret_files(folder: &Path) -> [PathBuf; 2] {
    [account::file(folder), pair(folder).key]
}
