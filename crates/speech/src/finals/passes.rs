//! Utterances that have ended and wait for their final pass.

use crate::{Job, JobId, Language};
use std::collections::BTreeMap;
use std::time::Instant;

/// A final pass that failed is tried this often in all.
const ATTEMPTS_MAX: u32 = 2;

/// An utterance that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) utterance: u64,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) voiced_ms: usize,
    /// What clients see of it so far.
    pub(crate) shown: String,
    pub(crate) shown_language: Option<Language>,
}

/// The pass over an ended utterance.
struct UnderWay {
    job: Job,
    of: Ended,
    attempts: u32,
}

/// All that wait, by the job that is over them.
#[derive(Default)]
pub(crate) struct FinalPasses(BTreeMap<JobId, UnderWay>);

impl FinalPasses {
    pub(crate) fn begin(&mut self, job: Job, of: Ended) {
        let id = job.id;
        let pass = UnderWay {
            job,
            of,
            attempts: 1,
        };
        self.0.insert(id, pass);
    }

    /// The utterance whose pass was `job`; it waits no more.
    pub(crate) fn take(&mut self, job: JobId) -> Option<Ended> {
        self.0.remove(&job).map(|pass| pass.of)
    }

    /// The same pass once more, numbered `next`; `None` when it was tried often enough.
    pub(crate) fn again(&mut self, job: JobId, next: JobId) -> Option<Job> {
        let tried_enough = |pass: &UnderWay| pass.attempts >= ATTEMPTS_MAX;
        if self.0.get(&job).is_none_or(tried_enough) {
            return None;
        }
        let mut pass = self.0.remove(&job)?;
        pass.attempts += 1;
        pass.job.id = next;
        let again = pass.job.clone();
        self.0.insert(next, pass);
        Some(again)
    }

    /// All that wait, in the order in which they ended; none waits any more.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Ended> + use<> {
        std::mem::take(&mut self.0)
            .into_values()
            .map(|pass| pass.of)
    }

    pub(crate) fn contains(&self, job: JobId) -> bool {
        self.0.contains_key(&job)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
