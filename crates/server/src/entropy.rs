//! The one place that draws randomness from the system.

/// Bytes that nobody can guess.
///
/// # Panics
/// Never in practice: the system's generator fails only where the process may not ask it at all,
/// and a server without randomness must not hand out keys.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    let drawn = aws_lc_rs::rand::fill(&mut bytes);
    #[expect(
        clippy::expect_used,
        reason = "keys without randomness are worse than no server"
    )]
    drawn.expect("the system gives random bytes");
    bytes
}
