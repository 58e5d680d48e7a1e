//! Reads the paths in Rust's text: use trees, and what is named in full where it is used.

/// Every path in a text that begins at the crate or above its module.
pub(super) fn paths(text: &str) -> Vec<Vec<String>> {
    let starts = ["crate::", "super::"].iter();
    let starts = starts.flat_map(|start| text.match_indices(start));
    let inside_word = |at: usize| {
        let before = text.get(..at).and_then(|text| text.chars().last());
        before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':')
    };
    starts
        .filter(|(at, _)| !inside_word(*at))
        .flat_map(|(at, _)| tree(text.get(at..).unwrap_or_default()).0)
        .collect()
}

/// Reads `a::b::{c, d::e as f}` as its paths; returns how many bytes it took.
pub(super) fn tree(text: &str) -> (Vec<Vec<String>>, usize) {
    let text_start = text.trim_start();
    let mut at = text.len() - text_start.len();
    if let Some(inside) = text_start.strip_prefix('{') {
        let (paths, used) = list(inside);
        return (paths, at + 1 + used);
    }
    let name: String = text_start
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    at += name.len();
    if name.is_empty() {
        return (Vec::new(), at);
    }
    let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix("::")) else {
        return (vec![vec![name]], at);
    };
    let (tails, used) = tree(rest);
    let paths = if tails.is_empty() {
        vec![vec![name]]
    } else {
        let one = |tail: Vec<String>| [vec![name.clone()], tail].concat();
        tails.into_iter().map(one).collect()
    };
    (paths, at + 2 + used)
}

/// Reads `b, c::d}` as its paths; returns how many bytes it took.
fn list(text: &str) -> (Vec<Vec<String>>, usize) {
    let mut at = 0;
    let mut rest = text;
    let mut paths = Vec::new();
    while !rest.is_empty() {
        let (found, used) = tree(rest);
        paths.extend(found);
        let end = rest.get(used..).unwrap_or_default();
        let stop = end.find([',', '}']).unwrap_or(end.len());
        let closes = end.get(stop..).is_none_or(|end| !end.starts_with(','));
        let step = (used + stop + 1).min(rest.len());
        at += step;
        rest = rest.get(step..).unwrap_or_default();
        if closes {
            break;
        }
    }
    (paths, at)
}
