//! Every limit of a signal connection, with its unit and what reaching it means.

use visio_protocol::limits::SIGNAL_MESSAGE_BYTES_MAX;

/// Open signal connections of this server. The next one is answered with 503; at two threads'
/// worth of media a server is full long before.
pub(super) const CONNECTIONS_MAX: usize = 10_000;

/// Longest WebSocket message that is taken off the network at all. Between
/// [`SIGNAL_MESSAGE_BYTES_MAX`] and this one the client is told in a close frame what it did.
pub(super) const FRAME_BYTES_MAX: usize = 2 * SIGNAL_MESSAGE_BYTES_MAX;

/// Bytes of a client's messages that may wait for its worker; what is beyond is read when the worker has
/// taken some. One message of any length always may.
pub(super) const UNREAD_BYTES_MAX: usize = SIGNAL_MESSAGE_BYTES_MAX;

/// The worker takes something of what waits within that time; else the client is to come again.
pub(super) const UNREAD_SECONDS_MAX: u64 = 10;

/// Read from the network at once. Kept for as long as a connection lives, so small: most messages
/// have a few hundred bytes, and a longer one gets what it needs while it is read.
pub(super) const READ_BYTES: usize = 4 * 1024;

/// One message takes at most that long to leave; a client whose connection is stuck longer is closed.
pub(super) const WRITE_SECONDS_MAX: u64 = 10;

/// The close frame takes at most that long to leave; then the connection is dropped without it.
pub(super) const GOODBYE_SECONDS_MAX: u64 = 1;

/// Between two WebSocket pings of the server, which every browser answers, also in the background.
pub(super) const TICK_SECONDS: u64 = 5;

/// Ticks without any frame before a connection counts as dead: 20 s, LiveKit's 15 and one more.
pub(super) const SILENT_TICKS_MAX: u32 = 4;

/// Ticks before the worker must have said its first word. Clients give up after 5 s.
pub(super) const WORDLESS_TICKS_MAX: u32 = 2;

/// The database takes at most that long to say what a room is like. Clients give up after 5 s.
pub(super) const JOIN_SECONDS_MAX: u64 = 10;

/// A Go client may take that long to set the offer of its join request; its answer waits.
pub(super) const SETTLING_MS_MAX: u64 = 200;

/// Messages a client may send at once; a new layout of a hundred tiles takes a hundred.
pub(super) const BURST_MESSAGES_MAX: u32 = 2_000;

/// Messages a client may send for each tick in the long run. Who floods is disconnected.
pub(super) const MESSAGES_PER_TICK_MAX: u32 = 500;

/// What a session description counts for that nobody asked for, in messages: with hundreds of
/// sections it keeps a worker busy for milliseconds, where a ping costs it nothing.
pub(super) const DESCRIPTION_COST: u32 = 50;

/// Descriptions that the server asked for and that are still to come; each is one plain message,
/// because a crowd coming in makes the server ask often. Further questions of the server's lend
/// no more: a client that left so many unanswered answers only the last ones.
pub(super) const DESCRIPTIONS_ASKED_MAX: u32 = 4;

/// Ticks between two new tokens: 5 minutes, as LiveKit does.
pub(super) const REFRESH_TICKS: u32 = 60;

/// How long a token lives that a connection hands out: long enough to miss one refresh.
pub(super) const REFRESHED_TOKEN_SECONDS: i64 = 600;
