//! A folder of the web client's features without a test is unfinished.

use std::collections::BTreeMap;

use crate::{Complaint, File};

const FEATURES: &str = "web/src/features/";

/// Each `web/src/features/<name>/` holds at least one `*.test.ts(x)`.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let mut tested: BTreeMap<&str, bool> = BTreeMap::new();
    for file in files {
        let Some((feature, _)) = file
            .path
            .strip_prefix(FEATURES)
            .and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        *tested.entry(feature).or_default() |= file.path.contains(".test.");
    }
    let bare = tested.into_iter().filter(|(_, tested)| !tested);
    bare.map(|(feature, _)| format!("{FEATURES}{feature}: has no test"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_without_a_test_is_refused() {
        let view = File::new("web/src/features/lobby/Lobby.tsx", "");
        assert_eq!(check(std::slice::from_ref(&view)).len(), 1);
        assert!(check(&[view, File::new("web/src/features/lobby/Lobby.test.tsx", "")]).is_empty());
    }
}
