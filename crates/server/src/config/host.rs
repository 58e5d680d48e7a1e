//! What may stand as a host in settings, headers and links.

/// Longer than any host name (RFC 1035, section 2.3.4) with a port.
const HOST_BYTES_MAX: usize = 262;

/// Whether a text is a host with or without a port, and nothing that could end a header or a link.
pub fn is_host(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= HOST_BYTES_MAX && text.bytes().all(allowed)
}
