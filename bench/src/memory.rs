//! Memory of the server at rest, without speech models and with them.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::meeting::mib;
use crate::report;
use crate::server::{Server, Setup};

/// Threads have started and lazy parts are loaded by then.
const SETTLE: Duration = Duration::from_secs(5);

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub models: bool,
    pub resident_mib: f64,
    pub anonymous_mib: f64,
}

/// Measures an idle server; the line with models is left out where `models` does not exist.
pub fn run(setup: &Setup, models: &Path) -> crate::Result<()> {
    let mut rows = vec![measure(&Setup {
        captions: false,
        models: None,
        ..setup.clone()
    })?];
    if models.is_dir() {
        let models = Some(models.canonicalize()?);
        rows.push(measure(&Setup {
            captions: true,
            models,
            ..setup.clone()
        })?);
    }
    report::publish(
        "memory",
        &["server at rest", "resident", "of it its own"],
        &rows,
        |row| {
            vec![
                if row.models {
                    "with models"
                } else {
                    "without models"
                }
                .to_owned(),
                format!("{:.1} MiB", row.resident_mib),
                format!("{:.1} MiB", row.anonymous_mib),
            ]
        },
    )
}

fn measure(setup: &Setup) -> crate::Result<Row> {
    let server = Server::start(setup)?;
    std::thread::sleep(SETTLE);
    let memory = server.memory()?;
    Ok(Row {
        models: setup.captions,
        resident_mib: mib(memory.resident_kib),
        anonymous_mib: mib(memory.anonymous_kib),
    })
}
