//! Stories of a meeting: coming and going, speaking and listening, hosts and their limits.

mod coming_and_going;
mod hosts;
mod listening;
mod people;
