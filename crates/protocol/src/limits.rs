//! Every limit of the wire, with its unit and what happens when it is reached.

/// Longest signal message, one WebSocket binary frame. A join with 100 m-lines is about 250 kB;
/// a longer frame ends that connection.
pub const SIGNAL_MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// Longest session description. 100 m-lines are about 230 kB; a longer one ends that connection.
pub const SDP_BYTES_MAX: usize = 512 * 1024;

/// Longest `join_request` after inflating: a gzip bomb is refused with 400 when it gets here.
pub const JOIN_REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Longest `join_request` as it stands in the URL, base64 included. Browsers send 2 to 3 kB; hyper
/// refuses a request line above 64 KiB anyway.
pub const JOIN_PARAMETER_BYTES_MAX: usize = 64 * 1024;

/// Longest access token. It travels in a query string; a longer one is answered with 401.
pub const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// Shortest secret of an API key: HMAC-SHA-256 wants 256 bits (RFC 7518 section 3.2). A shorter
/// one stops the server at its start.
pub const SECRET_CHARS_MIN: usize = 32;

/// How far the clocks of a token's maker and of this server may differ, either way: a token is taken
/// that long before its `nbf` and after its `exp`, as by livekit-server.
pub const TOKEN_LEEWAY_SECONDS: i64 = 60;

/// Latest time in a token: the last second of the year 9999. A token with a later one is refused: its
/// maker counts in milliseconds or something else.
pub const TOKEN_TIME_UNIX_MAX: i64 = 253_402_300_799;

/// Longest display name typed by a person; a longer one is refused with a text that says so.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;

/// Longest name in a token or a metadata update of a LiveKit client, and longest topic, method, file
/// name or media type in a data packet; a longer one is refused.
pub const NAME_BYTES_MAX: usize = 256;

/// Longest participant identity; a token with a longer one is refused with 403.
pub const IDENTITY_BYTES_MAX: usize = 256;

/// Longest room name in a token; a longer one is refused with 403.
pub const ROOM_NAME_BYTES_MAX: usize = 256;

/// Longest participant metadata; an update beyond is answered with `LIMIT_EXCEEDED`.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;

/// Keys and values of all attributes of a participant together; an update beyond is answered
/// with `LIMIT_EXCEEDED`.
pub const ATTRIBUTES_BYTES_MAX: usize = 64 * 1024;

/// Longest metadata of somebody who came by a link, and all their attributes together: pages write
/// a language there. A change beyond is answered with `LIMIT_EXCEEDED`.
pub const GUEST_PROFILE_BYTES_MAX: usize = 4 * 1024;

/// Most tracks announced inside one join request; the rest of a longer list is a refusal.
pub const JOIN_TRACKS_MAX: usize = 64;

/// Longest data packet. str0m receives at most 256 KiB per SCTP message; a longer one is dropped.
pub const DATA_PACKET_BYTES_MAX: usize = 256 * 1024;

/// Most receivers named in one data packet; a packet naming more is dropped.
pub const DATA_DESTINATIONS_MAX: usize = 1024;

/// Longest name of a stream; clients send UUIDs of 36 characters. A packet with a longer one is dropped.
pub const STREAM_ID_BYTES_MAX: usize = 128;

/// Longest piece of a text stream: LiveKit clients use 15 kB so that every browser's SCTP
/// passes it whole. A longer text takes more pieces.
pub const STREAM_CHUNK_BYTES_MAX: usize = 15_000;

/// Longest free text a client says about itself (browser, operating system, device …); the rest
/// is cut off, it is shown to nobody.
pub const CLIENT_TEXT_BYTES_MAX: usize = 128;

/// Most capabilities a client may claim; further ones are ignored.
pub const CLIENT_CAPABILITIES_MAX: usize = 32;
