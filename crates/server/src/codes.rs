//! Codes that open something: 125 random bits that people can read aloud and type.
//!
//! Crockford's base 32 in lower case, five groups of five characters: no `i`, `l`, `o` or `u`, so
//! that what is heard or read wrongly is still understood.

mod pasted;

use crate::entropy::random_bytes;
use aws_lc_rs::digest;
use std::fmt;

/// 25 characters of 5 bits: beyond guessing, however many are handed out.
const CODE_CHARS: usize = 25;
const GROUP_CHARS: usize = 5;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code that was drawn here or typed by somebody. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    pub fn random() -> Self {
        Self::from_bytes(&random_bytes::<CODE_CHARS>())
    }

    /// A code made of the low five bits of each byte; 25 bytes are expected.
    pub fn from_bytes(bytes: &[u8; CODE_CHARS]) -> Self {
        Self(
            bytes
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
                .collect(),
        )
    }

    /// Reads what somebody typed or pasted; forgives what stands around the code and how it is written.
    pub fn parse(typed: &str) -> Option<Self> {
        pasted::find(typed).map(Self)
    }

    /// What the database knows of the code: enough to find it, too little to use it.
    pub fn digest(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.0.as_bytes())
            .as_ref()
            .to_vec()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP_CHARS == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// The digest to look up for what somebody typed. What is no code at all gets a digest too, one
/// that is nobody's, so that a stranger cannot tell "malformed" from "unknown" by the clock.
pub fn digest_of_typed(typed: &str) -> Vec<u8> {
    Code::parse(typed).unwrap_or_else(Code::random).digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alice_reads_her_code_aloud_and_bob_types_it_his_way() {
        let code = Code::from_bytes(&std::array::from_fn(|i| u8::try_from(i).unwrap()));
        assert_eq!(code.to_string(), "01234-56789-abcde-fghjk-mnpqr");
        for typed in [
            "01234-56789-abcde-fghjk-mnpqr",
            " 01234 56789 ABCDE FGHJK MNPQR ",
            "0123456789abcdefghjkmnpqr",
            "ol234-56789-abcde-fghjk-mnpqr",
        ] {
            assert_eq!(Code::parse(typed), Some(code.clone()), "{typed}");
        }
    }

    #[test]
    fn eve_types_nonsense() {
        let long = "0".repeat(10_000);
        for typed in ["", "abc", "u1234-56789-abcde-fghjk-mnpqr", "é", "\0", &long] {
            assert_eq!(Code::parse(typed), None);
        }
    }

    #[test]
    fn a_code_is_never_printed_by_accident() {
        let code = Code::random();
        assert!(!format!("{code:?}").contains(&code.to_string()));
    }

    #[test]
    fn no_two_codes_are_alike_and_every_character_is_used() {
        let codes: std::collections::BTreeSet<String> =
            (0..1000).map(|_| Code::random().to_string()).collect();
        assert_eq!(codes.len(), 1000);
        let used: std::collections::BTreeSet<char> =
            codes.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(used.len(), 33, "32 characters and the dash");
    }
}
