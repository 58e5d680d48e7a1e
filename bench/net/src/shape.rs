//! What a line does to the packets of one direction, and the words that say so.

use std::time::Duration;

/// How a direction treats packets; the default lets all of them through at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    /// Time that every packet is on its way.
    pub(crate) delay: Duration,
    /// The delay wanders between `delay - jitter` and `delay + jitter`; packets keep their order.
    pub(crate) jitter: Duration,
    /// Share of packets that are lost, each on its own: 0 to 1.
    pub(crate) loss: f64,
    /// Gilbert and Elliott's two states: the chance that a packet begins a burst, in which all are lost…
    pub(crate) burst_in: f64,
    /// …and that one ends it.
    pub(crate) burst_out: f64,
    pub(crate) duplicate: f64,
    /// Share of packets that are late by `reorder_delay`, while those behind them are not.
    pub(crate) reorder: f64,
    pub(crate) reorder_delay: Duration,
    /// Bits a second at the bottleneck, IP header included; none: no bottleneck.
    pub(crate) rate_bps: Option<u64>,
    /// Time that the bottleneck needs for its full queue; what comes then is dropped.
    pub(crate) queue: Duration,
    /// Largest packet in bytes, IP header included; larger ones vanish without an ICMP message.
    pub(crate) mtu: Option<usize>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            burst_in: 0.0,
            burst_out: 1.0,
            duplicate: 0.0,
            reorder: 0.0,
            reorder_delay: Duration::from_millis(40),
            rate_bps: None,
            queue: Duration::from_millis(300),
            mtu: None,
        }
    }
}

impl Shape {
    /// Sets one value, given as `loss=10`: milliseconds, percent, kbit/s and bytes.
    pub(crate) fn set(&mut self, word: &str) -> Result<(), String> {
        let refuse = || format!("`{word}` is no setting of a line");
        let (key, value) = word.split_once('=').ok_or_else(refuse)?;
        let number: f64 = value.parse().map_err(|_| refuse())?;
        if !(0.0..=1e9).contains(&number) {
            return Err(refuse());
        }
        let time = Duration::from_secs_f64(number / 1000.0);
        let share = number / 100.0;
        match key {
            "delay" => self.delay = time,
            "jitter" => self.jitter = time,
            "reorder_delay" => self.reorder_delay = time,
            "queue" => self.queue = time,
            "loss" if share <= 1.0 => self.loss = share,
            "burst_in" if share <= 1.0 => self.burst_in = share,
            "burst_out" if share <= 1.0 => self.burst_out = share,
            "duplicate" if share <= 1.0 => self.duplicate = share,
            "reorder" if share <= 1.0 => self.reorder = share,
            "rate" => self.rate_bps = Some(whole(number * 1000.0)).filter(|rate| *rate > 0),
            "mtu" => {
                self.mtu = usize::try_from(whole(number)).ok().filter(|mtu| *mtu > 0);
            }
            _ => return Err(refuse()),
        }
        Ok(())
    }

    /// Bytes that may wait at the bottleneck.
    pub(crate) fn queue_bytes(&self, rate_bps: u64) -> usize {
        let bytes = u128::from(rate_bps) * self.queue.as_millis() / 8000;
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
}

/// Whole units of a number that is known to be between 0 and 10^12.
fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    let whole = number as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_set_what_they_name() {
        let mut shape = Shape::default();
        for word in ["delay=15", "loss=10", "rate=300", "mtu=1280", "jitter=0.5"] {
            shape.set(word).unwrap();
        }
        assert_eq!(shape.delay, Duration::from_millis(15));
        assert_eq!(shape.jitter, Duration::from_micros(500));
        assert!((shape.loss - 0.1).abs() < 1e-9);
        assert_eq!((shape.rate_bps, shape.mtu), (Some(300_000), Some(1280)));
        shape.set("rate=0").unwrap();
        assert_eq!(shape.rate_bps, None);
    }

    #[test]
    fn what_is_no_setting_is_refused_with_its_word() {
        for word in [
            "loss", "loss=", "loss=-1", "loss=101", "los=1", "rate=NaN", "mtu=inf",
        ] {
            let answer = Shape::default().set(word);
            assert!(answer.unwrap_err().contains(word), "{word}");
        }
    }

    #[test]
    fn a_queue_is_as_long_as_the_rate_times_its_time() {
        assert_eq!(Shape::default().queue_bytes(300_000), 11_250);
    }
}
