//! The program: command line, start and stop, and the one table of routes. It knows all parts;
//! none knows it.

pub mod cli;
#[cfg(test)]
mod flows;
mod health;
pub(crate) mod router;
mod serve;
mod state;
#[cfg(test)]
pub(crate) mod testing;
