//! What the system allows this process.

use super::Finding;
use crate::open_files;

pub(super) fn open_files(allowed: u64) -> Finding {
    let what = "Open files";
    if allowed >= open_files::WANTED {
        return Finding::ok(what, format!("{allowed} allowed"));
    }
    Finding::warning(
        what,
        format!(
            "{allowed} allowed, and each connection takes one: with {} both listeners can be full, \
             with less people are refused before",
            open_files::WANTED
        ),
        "raise LimitNOFILE= in the unit of systemd, nofile in limits.conf, or --ulimit of the \
         container",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_open_files_are_told_with_a_remedy() {
        let few = format!("{:?}", open_files(1024));
        assert!(
            few.contains("Warning") && few.contains("LimitNOFILE"),
            "{few}"
        );
        assert!(format!("{:?}", open_files(u64::MAX)).contains("Ok"));
    }
}
