//! CPU time and memory of a process, from outside, as Linux counts them.

use std::time::Duration;

/// `/proc/PID/stat` counts in hundredths of a second on every Linux that Rust supports.
const TICKS_PER_SECOND: u64 = 100;

/// What a process has used since it began.
#[derive(Debug, Clone, Copy, Default)]
pub struct CpuTime {
    pub user: Duration,
    pub system: Duration,
}

impl CpuTime {
    pub fn of(pid: u32) -> crate::Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or_else(|| format!("/proc/{pid}/stat is not understood").into())
    }

    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            user: self.user - earlier.user,
            system: self.system - earlier.system,
        }
    }

    pub fn total(&self) -> Duration {
        self.user + self.system
    }

    /// Fields 14 and 15 of proc(5); the name before them may hold spaces and brackets.
    fn parse(stat: &str) -> Option<Self> {
        let after_name = stat.rsplit_once(')')?.1;
        let mut fields = after_name.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        let duration = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND);
        Some(Self {
            user: duration(ticks()?),
            system: duration(ticks()?),
        })
    }
}

/// Resident memory in KiB, and how much of it belongs to the process alone (no mapped files).
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Memory {
    pub resident_kib: u64,
    pub anonymous_kib: u64,
}

impl Memory {
    pub fn of(pid: u32) -> crate::Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        match (field("VmRSS:"), field("RssAnon:")) {
            (Some(resident_kib), Some(anonymous_kib)) => Ok(Self {
                resident_kib,
                anonymous_kib,
            }),
            _ => Err(format!("/proc/{pid}/status is not understood").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b)) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 0 0 20 0 1 0 5";
        let cpu = CpuTime::parse(stat).unwrap();
        assert_eq!(
            (cpu.user, cpu.system),
            (Duration::from_millis(1500), Duration::from_millis(250))
        );
    }

    #[test]
    fn this_very_process_uses_memory() {
        let memory = Memory::of(std::process::id()).unwrap();
        assert!(memory.resident_kib >= memory.anonymous_kib && memory.anonymous_kib > 0);
    }
}
