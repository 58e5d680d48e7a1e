//! LiveKit's wire on one side, our commands and notices on the other: what clients and server SDKs
//! send is read, checked and bounded here, and what they are sent is written here.
//!
//! Contract: every function is a plain translation of its arguments. It knows the types of
//! `visio-meeting` and `visio-sfu`, but no meeting, no socket, no clock and no database.

pub mod captions;
pub mod decode;
pub mod encode;
pub mod join;
pub mod json;
pub mod limits;
pub mod room_service;
pub mod visitor;
