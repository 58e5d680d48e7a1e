//! The name of a participant as others see it, and how long they have had it.

use visio_protocol::text::Look;

/// The name somebody has taken, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TakenName {
    pub(crate) look: Look,
    /// Counts up with every name that is taken in the meeting: the first to have a look keeps it.
    pub(crate) number: u64,
    /// Whether somebody else had a name that looks like it before.
    pub(crate) is_lookalike: bool,
}

impl TakenName {
    pub(crate) fn new(name: &str, number: u64) -> Self {
        Self {
            look: Look::of(name),
            number,
            is_lookalike: false,
        }
    }

    /// The same where its bearer was called `former` until now: who only adds a space, or comes back,
    /// has had it for as long as before. A name that is merely like the former is another: step by
    /// step one would arrive at that of somebody else.
    pub(crate) fn after(self, former: &Self) -> Self {
        let number = if self.look == former.look {
            former.number
        } else {
            self.number
        };
        Self { number, ..self }
    }
}
