//! Figures on their way out: a Markdown table on the screen, JSON lines in `target/bench`.

use std::fs;
use std::path::Path;

use serde::Serialize;

/// Writes one result as JSON and its table as Markdown; `columns` names what `cells` gives.
#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
pub fn publish<R: Serialize>(
    name: &str,
    columns: &[&str],
    rows: &[R],
    cells: impl Fn(&R) -> Vec<String>,
) -> crate::Result<()> {
    println!("| {} |", columns.join(" | "));
    println!("|{}", "---|".repeat(columns.len()));
    for row in rows {
        println!("| {} |", cells(row).join(" | "));
    }
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, serde_json::to_string_pretty(rows)?)?;
    println!("\n{}", file.display());
    Ok(())
}
