//! How many files and sockets this process may have open at once.

use rustix::io;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Both public listeners and the relay at their limits, with room for media, files and the database. With less
/// the limits of the listeners cannot be reached: the system refuses connections before.
pub(crate) const WANTED: u64 = 38_000;

/// What an administrator allows: the hard limit.
pub(crate) fn allowed() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Takes all that is allowed. The soft limit is 1024 on most systems, for the sake of programs that
/// use `select`.
pub(crate) fn raise() -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let maximum = getrlimit(Resource::Nofile).maximum;
        let lower = Rlimit {
            current: Some(maximum.unwrap_or(1 << 20) - 1),
            maximum,
        };
        setrlimit(Resource::Nofile, lower).unwrap();
        assert_ne!(getrlimit(Resource::Nofile).current, maximum);
        raise().unwrap();
        assert_eq!(getrlimit(Resource::Nofile).current, maximum);
        assert_eq!(allowed(), maximum.unwrap_or(u64::MAX));
    }
}
