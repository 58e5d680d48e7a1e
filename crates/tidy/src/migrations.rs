//! A migration is one file that both databases run, or a pair of them.

use std::collections::BTreeMap;

use crate::{Complaint, File};

/// Names are `0001_rooms.sql`, or `0001_rooms.sqlite.sql` beside `0001_rooms.postgres.sql`.
pub fn check(files: &[File]) -> Vec<Complaint> {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut complaints = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.path.starts_with("migrations/") && file.extension() == "sql")
    {
        let name = file.path.trim_start_matches("migrations/");
        let Some((number, rest)) = name
            .split_once('_')
            .filter(|(number, _)| number.parse::<u32>().is_ok())
        else {
            complaints.push(format!(
                "{}: begin its name with a number and `_`",
                file.path
            ));
            continue;
        };
        kinds
            .entry(number)
            .or_default()
            .push(rest.trim_end_matches(".sql"));
    }
    complaints.extend(
        kinds
            .iter()
            .filter_map(|(number, names)| unpaired(number, names)),
    );
    complaints
}

fn unpaired(number: &str, names: &[&str]) -> Option<Complaint> {
    let base = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let dialect = |wanted: &str| names.iter().any(|name| name.ends_with(wanted));
    let neutral = names.len() == 1 && !dialect(".sqlite") && !dialect(".postgres");
    let pair = names.len() == 2
        && dialect(".sqlite")
        && dialect(".postgres")
        && base(names[0]) == base(names[1]);
    (!neutral && !pair)
        .then(|| format!("migrations/{number}: {names:?} is neither one neutral file nor a pair"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_names(names: &[&str]) -> usize {
        let files: Vec<File> = names
            .iter()
            .map(|name| File::new(&format!("migrations/{name}"), ""))
            .collect();
        check(&files).len()
    }

    #[test]
    fn one_neutral_file_or_a_pair_passes() {
        assert_eq!(
            check_names(&[
                "0001_rooms.sql",
                "0002_lines.sqlite.sql",
                "0002_lines.postgres.sql"
            ]),
            0
        );
    }

    #[test]
    fn half_a_pair_a_shared_number_and_no_number_are_refused() {
        assert_eq!(check_names(&["0001_rooms.sqlite.sql"]), 1);
        assert_eq!(check_names(&["0001_rooms.sql", "0001_lines.sql"]), 1);
        assert_eq!(check_names(&["rooms.sql"]), 1);
    }
}
