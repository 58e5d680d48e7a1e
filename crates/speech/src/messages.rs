//! What goes into a track and what comes out of it.

use crate::{EngineError, Job, JobId, Language, Line, Packet, Recognition};

#[derive(Debug, Clone)]
pub enum Input {
    Packet(Packet),
    /// A job has been run.
    Recognised {
        job: JobId,
        outcome: Result<Recognition, EngineError>,
    },
    /// A final pass will not be run: too much waits already.
    Dropped(JobId),
    /// The participant chose a language, or takes the choice back.
    LanguageChosen(Option<Language>),
    /// The deadline has passed.
    Tick,
    /// No more packets will come.
    Closed,
    /// No more jobs will be run: what was shown of unfinished lines is what is kept of them.
    GivenUp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A final pass to be run.
    Final(Job),
    /// A partial pass is worth its while: call [`crate::Track::partial`] when a thread is free.
    PartialDue,
    Line(Line),
    /// Something that was said stays without a line: no pass over it gave any text.
    Lost,
}
