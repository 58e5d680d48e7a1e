//! How busy a worker is: how much of a processor core its thread took in the last seconds.

use crate::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How often it is measured. Longer than a burst of keyframes, shorter than people take to join.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// What a worker last said of itself, in thousandths of a core; read by who places rooms.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuLoad(Arc<AtomicU32>);

/// The worker's end.
pub(super) struct CpuLoadMeter {
    load: CpuLoad,
    measured_at: Instant,
    cpu_time: Duration,
}

impl CpuLoad {
    pub(super) fn permille(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn set(&self, permille: u32) {
        self.0.store(permille, Ordering::Relaxed);
    }
}

impl CpuLoadMeter {
    /// Made on the thread that is measured.
    pub(super) fn new(load: CpuLoad) -> Self {
        Self {
            load,
            measured_at: clock::now(),
            cpu_time: clock::thread_cpu_time(),
        }
    }

    /// Called often; measures when it is time to.
    pub(super) fn measure(&mut self) {
        let now = clock::now();
        if now.duration_since(self.measured_at) >= INTERVAL {
            self.measured(now, clock::thread_cpu_time());
        }
    }

    /// How long the worker may sleep: who was busy must say that it is not any more.
    pub(super) fn sleep_max(&self, idle: Duration) -> Duration {
        match self.load.permille() {
            0 => idle,
            _ => INTERVAL.min(idle),
        }
    }

    /// The mean of this measurement and the former, so that the last seconds count and none alone.
    fn measured(&mut self, now: Instant, cpu_time: Duration) {
        let passed = now.duration_since(self.measured_at).as_micros().max(1);
        let spent = cpu_time.saturating_sub(self.cpu_time).as_micros();
        let share = u32::try_from(spent * 1_000 / passed).unwrap_or(u32::MAX);
        let mean = u32::midpoint(self.load.permille(), share);
        self.load.0.store(mean, Ordering::Relaxed);
        (self.measured_at, self.cpu_time) = (now, cpu_time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_seconds_count_and_a_worker_that_rests_is_idle_again() {
        let load = CpuLoad::default();
        let mut meter = CpuLoadMeter::new(load.clone());
        let idle = Duration::from_secs(10);
        assert_eq!(meter.sleep_max(idle), idle);
        let mut said = Vec::new();
        for spent_ms in [800, 800, 800, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] {
            let spent = meter.cpu_time + Duration::from_millis(spent_ms);
            meter.measured(meter.measured_at + INTERVAL, spent);
            said.push(load.permille());
        }
        assert_eq!(said, [400, 600, 700, 350, 175, 87, 43, 21, 10, 5, 2, 1, 0]);
        assert_eq!(meter.sleep_max(idle), idle);
    }

    #[test]
    fn a_worker_that_was_busy_wakes_to_say_that_it_rests() {
        let load = CpuLoad::default();
        let meter = CpuLoadMeter::new(load.clone());
        load.set(1);
        assert_eq!(meter.sleep_max(Duration::from_secs(10)), INTERVAL);
    }
}
