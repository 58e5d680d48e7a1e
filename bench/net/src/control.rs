//! What is said to a line while it runs: a line of text for each change, at once or after some seconds.
//!
//! ```text
//! both delay=15 loss=10      milliseconds, percent, kbit/s, bytes; what is not named stays
//! in 20 down rate=300        the same in 20 seconds
//! up clear                   nothing but a wire
//! both outage=5              all is lost for 5 seconds
//! rebind                     the router gives every flow another port
//! counters                   are printed as one line of JSON
//! ```

use std::time::Duration;

use crate::direction::Direction;
use crate::shape::Shape;
use crate::translation::Translation;

/// Changes that may wait for their time; one more ends the program.
const WAITING_MAX: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

#[derive(Debug, Clone, PartialEq)]
enum Change {
    Shape { ways: Vec<Way>, words: Vec<String> },
    Rebind,
    Counters,
}

/// The line: two directions, and the router at the client's end.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) up: Direction,
    pub(crate) down: Direction,
    pub(crate) router: Translation,
    waiting: Vec<(Duration, Change)>,
}

impl Line {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            up: Direction::new(seed),
            down: Direction::new(seed.wrapping_add(1)),
            router: Translation::default(),
            waiting: Vec::new(),
        }
    }

    /// Takes one line of text; what is due comes with `due`.
    pub(crate) fn hear(&mut self, now: Duration, text: &str) -> Result<(), String> {
        let (after, change) = parse(text)?;
        if self.waiting.len() == WAITING_MAX {
            return Err(format!("more than {WAITING_MAX} changes wait"));
        }
        self.waiting.push((now + after, change));
        self.waiting.sort_by_key(|(at, _)| *at);
        Ok(())
    }

    /// Does what is due by now; answers what is to be printed.
    pub(crate) fn due(&mut self, now: Duration) -> Result<Vec<String>, String> {
        let count = self.waiting.iter().take_while(|(at, _)| *at <= now).count();
        let due: Vec<Change> = self
            .waiting
            .drain(..count)
            .map(|(_, change)| change)
            .collect();
        let mut printed = Vec::new();
        for change in due {
            match change {
                Change::Rebind => self.router.forget(),
                Change::Counters => printed.push(self.counters(now)),
                Change::Shape { ways, words } => {
                    for way in ways {
                        reshape(self.direction(way), now, &words)?;
                    }
                }
            }
        }
        Ok(printed)
    }

    /// When there is something to do.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let changes = self.waiting.first().map(|(at, _)| *at);
        let packets = self.up.deadline().into_iter().chain(self.down.deadline());
        changes.into_iter().chain(packets).min()
    }

    fn direction(&mut self, way: Way) -> &mut Direction {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn counters(&self, now: Duration) -> String {
        let (up, down) = (self.up.counters(), self.down.counters());
        serde_json::json!({ "seconds": now.as_secs_f64(), "up": up, "down": down }).to_string()
    }
}

fn parse(text: &str) -> Result<(Duration, Change), String> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut after = Duration::ZERO;
    if let ["in", seconds, ..] = words[..] {
        let refuse = |_| format!("`{seconds}` is no number of seconds");
        after = Duration::try_from_secs_f64(seconds.parse().map_err(|_| refuse(()))?)
            .map_err(|_| refuse(()))?;
        words.drain(..2);
    }
    let change = match words[..] {
        ["rebind"] => Change::Rebind,
        ["counters"] => Change::Counters,
        [way, _, ..] => shape_change(way, &words[1..])?,
        _ => return Err(format!("`{text}` says nothing to a line")),
    };
    Ok((after, change))
}

fn shape_change(way: &str, words: &[&str]) -> Result<Change, String> {
    let ways = match way {
        "up" => vec![Way::Up],
        "down" => vec![Way::Down],
        "both" => vec![Way::Up, Way::Down],
        _ => return Err(format!("`{way}` is no direction: up, down or both")),
    };
    // Said wrongly, it is refused when it is said and not when it is due.
    reshape(&mut Direction::new(0), Duration::ZERO, words)?;
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Ok(Change::Shape { ways, words })
}

fn reshape(
    direction: &mut Direction,
    now: Duration,
    words: &[impl AsRef<str>],
) -> Result<(), String> {
    let mut shape = direction.shape().clone();
    for word in words {
        match word.as_ref().split_once('=') {
            None if word.as_ref() == "clear" => shape = Shape::default(),
            Some(("outage", seconds)) => {
                let length = seconds
                    .parse()
                    .ok()
                    .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                direction.fail_until(now + length.ok_or("an outage lasts some seconds")?);
            }
            _ => shape.set(word.as_ref())?,
        }
    }
    direction.reshape(shape);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_change_holds_at_once_or_when_it_is_due() {
        let mut line = Line::new(1);
        line.hear(SECOND, "both rate=2000 delay=15").unwrap();
        line.hear(SECOND, "in 20 down rate=300").unwrap();
        line.due(SECOND).unwrap();
        assert_eq!(line.down.shape().rate_bps, Some(2_000_000));
        assert_eq!(line.deadline(), Some(21 * SECOND));
        line.due(21 * SECOND).unwrap();
        assert_eq!(line.down.shape().rate_bps, Some(300_000));
        assert_eq!(line.down.shape().delay, Duration::from_millis(15));
        assert_eq!(line.up.shape().rate_bps, Some(2_000_000));
    }

    #[test]
    fn clear_makes_it_a_wire_again() {
        let mut line = Line::new(1);
        line.hear(SECOND, "up loss=5").unwrap();
        line.hear(SECOND, "up clear delay=1").unwrap();
        line.due(SECOND).unwrap();
        let delay = Duration::from_millis(1);
        assert_eq!(
            *line.up.shape(),
            Shape {
                delay,
                ..Shape::default()
            }
        );
    }

    #[test]
    fn an_outage_begins_when_it_is_due() {
        let mut line = Line::new(1);
        line.hear(Duration::ZERO, "in 1 down outage=5").unwrap();
        line.down.accept(Duration::ZERO, &[0; 50]);
        line.due(SECOND).unwrap();
        line.down.accept(5 * SECOND, &[0; 50]);
        line.down.accept(6 * SECOND, &[0; 50]);
        assert_eq!(line.down.counters().outage, 1);
    }

    #[test]
    fn counters_are_one_line_of_json() {
        let mut line = Line::new(1);
        line.up.accept(SECOND, &[0; 50]);
        line.hear(SECOND, "counters").unwrap();
        let printed = line.due(SECOND).unwrap().join("");
        assert!(printed.contains(r#""offered_bytes":50"#), "{printed}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "",
            "up",
            "left loss=1",
            "in x rebind",
            "in -1 rebind",
            "both los=1",
            "up outage=x",
            "in 5",
        ] {
            assert!(Line::new(1).hear(SECOND, text).is_err(), "{text}");
        }
    }
}
