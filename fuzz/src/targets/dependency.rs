//! Dependency descriptors of AV1 and VP9: the first of a stream and one that relies on it.

use crate::Target;
use visio_fixtures::svc::SVC_STRUCTURE;
use visio_rtc::packet::dependency::{self, Descriptor};

pub(super) const TARGET: Target = Target {
    name: "dependency",
    seeds,
    check,
    share: 1,
};

/// A later descriptor has at most that many bytes; what is before them is the first.
const LATER_BYTES: usize = 3;

fn seeds() -> Vec<Vec<u8>> {
    let laters: [&[u8]; 2] = [&[0x85, 0, 2], &[0x4e, 0, 13]];
    laters
        .map(|later| [&SVC_STRUCTURE[..], later].concat())
        .into()
}

/// A frame has layers within limits and refers to frames before it; another number for it changes
/// nothing else.
fn check(input: &[u8]) {
    let (first, later) = input.split_at(input.len().saturating_sub(LATER_BYTES));
    let first_read = Descriptor::parse(first, None);
    let structure = first_read.as_ref().and_then(|one| one.structure.as_ref());
    let later_read = Descriptor::parse(later, structure);
    assert!(later_read.is_none() || structure.is_some());
    for (bytes, read) in [(first, &first_read), (later, &later_read)] {
        let Some(read) = read else { continue };
        assert!(read.frame.spatial_id < 4 && read.frame.references().all(|back| back > 0));
        assert!(structure.is_none_or(|one| (1..=4).contains(&one.spatial_layers())));
        let mut renumbered = bytes.to_vec();
        dependency::set_frame_number(&mut renumbered, !read.frame_number);
        let mut expected = read.clone();
        expected.frame_number = !read.frame_number;
        assert_eq!(Descriptor::parse(&renumbered, structure), Some(expected));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_read() {
        for seed in seeds() {
            let (first, later) = seed.split_at(seed.len() - LATER_BYTES);
            let structure = Descriptor::parse(first, None).unwrap().structure.unwrap();
            assert_eq!(structure.spatial_layers(), 3);
            assert!(Descriptor::parse(later, Some(&structure)).is_some());
        }
    }
}
