//! A library that is to be exchanged some day is named by one module only.

use crate::purity::contains_word;
use crate::{Complaint, File, code};

/// The crate by its name in code, and where it may be named.
const HIDDEN: &[(&str, &[&str])] = &[(
    "str0m",
    &["crates/sfu/src/transport", "crates/sim/", "fuzz/", "bench/"],
)];

/// Looks for hidden libraries in Rust code outside comments, strings and tests.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let sources = files
        .iter()
        .filter(|file| file.extension() == "rs" && !file.is_test());
    sources.flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Complaint> {
    let text = code::without_tests(&code::blank(&file.text));
    let named = HIDDEN.iter().filter(|(library, allowed)| {
        let is_allowed = allowed.iter().any(|folder| file.path.starts_with(folder));
        !is_allowed && contains_word(&text, library)
    });
    named
        .map(|(library, allowed)| {
            let home = allowed.first().unwrap_or(&"");
            format!(
                "{}: {library} is named only below {home}: give it a type of our own there",
                file.path
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> usize {
        check(&[File::new(path, text)]).len()
    }

    #[test]
    fn a_library_is_named_at_home_and_in_words_only() {
        let code = "use str0m::Rtc;";
        assert_eq!(complaints("crates/sfu/src/transport.rs", code), 0);
        assert_eq!(complaints("crates/sfu/src/transport/ids.rs", code), 0);
        assert_eq!(complaints("crates/sim/src/client.rs", code), 0);
        assert_eq!(complaints("crates/sfu/src/call.rs", code), 1);
        assert_eq!(complaints("crates/server/src/media/port.rs", code), 1);
        assert_eq!(
            complaints("crates/sfu/src/call.rs", "//! As str0m does."),
            0
        );
    }
}
