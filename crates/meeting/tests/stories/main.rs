//! Stories of a meeting: coming and going, speaking and listening, hosts and their limits.

#![expect(
    clippy::expect_used,
    reason = "a story that cannot begin should say where"
)]

mod backups;
mod coming_and_going;
mod hosts;
mod listening;
mod names;
mod people;
mod profiles;
mod resuming;
