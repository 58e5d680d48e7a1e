//! What people paste where a code is asked for: mails, links, codes read aloud.

use visio_server::codes::Code;

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "code",
    seeds,
    check,
    share: 1,
};

fn seeds() -> Vec<Vec<u8>> {
    let code = code().to_string();
    assert!(Code::parse(&code).is_some(), "a valid code is the seed");
    vec![
        code.clone().into_bytes(),
        code.to_uppercase().replace('-', " ").into_bytes(),
        format!("Come to <https://meet.example.org/r/{code}?utm_source=mail#x>, please.")
            .into_bytes(),
        format!(
            "\u{ab}\u{a0}{}\u{a0}\u{bb}",
            code.replace('-', "\u{ad}\u{2011}")
        )
        .into_bytes(),
    ]
}

fn code() -> Code {
    Code::from_bytes(&std::array::from_fn(|at| {
        u8::try_from(at).unwrap_or_default()
    }))
}

/// Whatever a code is found in, it is a code: written down and typed again it opens the same.
fn check(input: &[u8]) {
    let pasted = String::from_utf8_lossy(input);
    let Some(found) = Code::parse(&pasted) else {
        return;
    };
    let again = Code::parse(&found.to_string());
    assert_eq!(
        again.map(|code| code.digest()),
        Some(found.digest()),
        "a code that was found is not found again"
    );
}
