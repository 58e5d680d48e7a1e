//! What is meant to be started can be started.

use crate::{Complaint, File};

/// Files that begin with `#!` carry the mode that makes them programs.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let programs = files.iter().filter(|file| file.text.starts_with("#!/"));
    let locked = programs.filter(|file| !file.is_executable);
    locked
        .map(|file| format!("{}: type chmod +x, it begins with #!", file.path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_cannot_be_started_is_refused() {
        let mut script = File::new("scripts/test.sh", "#!/bin/sh\n# Tests.\n");
        assert_eq!(check(std::slice::from_ref(&script)).len(), 1);
        script.is_executable = true;
        assert!(check(&[script]).is_empty());
    }
}
