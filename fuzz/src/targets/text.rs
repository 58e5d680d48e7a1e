//! Names that people type: nothing invisible and nothing that turns the text around it gets in.

use visio_protocol::text::{check_identity, check_name, clean_name, confusable, display_name};

use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "text",
    seeds,
    check,
    share: 1,
};

/// Marks that reverse or isolate the text around them (Unicode Standard Annex 9).
const DIRECTION_MARKS: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

fn seeds() -> Vec<Vec<u8>> {
    let trick = format!("invoice{}gnp.exe", DIRECTION_MARKS[4]);
    [
        "Alice",
        " Zoë de la Tour ",
        "محمد",
        "\u{200b}",
        "a\u{0}b",
        &trick,
    ]
    .map(|name| name.as_bytes().to_vec())
    .into()
}

fn check(input: &[u8]) {
    let typed = String::from_utf8_lossy(input);
    if let Ok(name) = display_name(&typed) {
        let hidden = |c: char| c.is_control() || DIRECTION_MARKS.contains(&c);
        assert!(
            !name.is_empty() && !name.contains(hidden),
            "an invisible name was accepted"
        );
        assert!(
            check_name(&name).is_ok(),
            "a name that people may have is refused on the wire"
        );
        assert_eq!(clean_name(&name), name, "a clean name is cleaned again");
        assert!(confusable(&name, &name), "a name does not look like itself");
    }
    if check_identity(&typed).is_ok() {
        assert!(!typed.trim().is_empty(), "an empty identity was accepted");
    }
}
